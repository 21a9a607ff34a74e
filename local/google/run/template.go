package run

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machinery/status"
)

// fillService sets what Google sets where a service says nothing.
func fillService(v *runapi.GoogleCloudRunV2Service, number string) {
	if v.Ingress == "" {
		v.Ingress = "INGRESS_TRAFFIC_ALL"
	}
	if v.LaunchStage == "" {
		v.LaunchStage = "GA"
	}
	if len(v.Traffic) == 0 {
		v.Traffic = []*runapi.GoogleCloudRunV2TrafficTarget{{Type: latest, Percent: 100}}
	}
	if v.Scaling != nil && v.Scaling.MinInstanceCount == 0 && v.Scaling.MaxInstanceCount == 0 &&
		v.Scaling.ScalingMode == "" {
		v.Scaling = nil
	}
	t := v.Template
	if t.Timeout == "" {
		t.Timeout = "300s"
	}
	if t.ServiceAccount == "" {
		t.ServiceAccount = number + "-compute@developer.gserviceaccount.com"
	}
	if t.MaxInstanceRequestConcurrency == 0 {
		t.MaxInstanceRequestConcurrency = 80
	}
	if t.Scaling == nil {
		t.Scaling = &runapi.GoogleCloudRunV2RevisionScaling{}
	}
	fillContainer(t.Containers[0])
	if t.Scaling.MaxInstanceCount == 0 {
		t.Scaling.MaxInstanceCount = defaultInstances(t)
	}
}

func fillContainer(c *runapi.GoogleCloudRunV2Container) {
	if c.Resources == nil {
		c.Resources = &runapi.GoogleCloudRunV2ResourceRequirements{CpuIdle: true}
	}
	limits := map[string]string{"cpu": "1000m", "memory": "512Mi"}
	for k, v := range c.Resources.Limits {
		limits[k] = v
	}
	c.Resources.Limits = limits
	if len(c.Ports) == 0 {
		c.Ports = []*runapi.GoogleCloudRunV2ContainerPort{{}}
	}
	if c.Ports[0].ContainerPort == 0 {
		c.Ports[0].ContainerPort = 8080
	}
	if c.Ports[0].Name == "" {
		c.Ports[0].Name = "http1"
	}
	if c.StartupProbe == nil {
		c.StartupProbe = &runapi.GoogleCloudRunV2Probe{TimeoutSeconds: 240, PeriodSeconds: 240, FailureThreshold: 1}
	}
	for _, probe := range []*runapi.GoogleCloudRunV2Probe{c.StartupProbe, c.LivenessProbe} {
		if probe != nil {
			fillProbe(probe, c.Ports[0].ContainerPort)
		}
	}
}

func fillProbe(p *runapi.GoogleCloudRunV2Probe, port int64) {
	if p.TimeoutSeconds == 0 {
		p.TimeoutSeconds = 1
	}
	if p.PeriodSeconds == 0 {
		p.PeriodSeconds = 10
	}
	if p.FailureThreshold == 0 {
		p.FailureThreshold = 3
	}
	if p.HttpGet == nil && p.Grpc == nil && p.TcpSocket == nil {
		p.TcpSocket = &runapi.GoogleCloudRunV2TCPSocketAction{}
	}
	if p.TcpSocket != nil && p.TcpSocket.Port == 0 {
		p.TcpSocket.Port = port
	}
	if p.HttpGet != nil {
		if p.HttpGet.Path == "" {
			p.HttpGet.Path = "/"
		}
		if p.HttpGet.Port == 0 {
			p.HttpGet.Port = port
		}
	}
}

const (
	latest     = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
	byRevision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"
)

// check refuses what Cloud Run refuses, and loudly what the local cloud does not do.
func check(v *runapi.GoogleCloudRunV2Service) error {
	if v.Template == nil || len(v.Template.Containers) == 0 {
		return violation("template.containers", "at least one container is required")
	}
	t, c := v.Template, v.Template.Containers[0]
	if c.Image == "" {
		return violation("template.containers[0].image", "an image is required")
	}
	for what, asked := range map[string]bool{
		"several containers (sidecars)":                             len(t.Containers) > 1,
		"volumes (template.volumes)":                                len(t.Volumes) > 0 || len(c.VolumeMounts) > 0,
		"VPC access (template.vpcAccess)":                           t.VpcAccess != nil,
		"customer-managed encryption keys (template.encryptionKey)": t.EncryptionKey != "",
		"session affinity (template.sessionAffinity)":               t.SessionAffinity,
		"service mesh and node selectors":                           t.ServiceMesh != nil || t.NodeSelector != nil,
		"binary authorization (binaryAuthorization)": v.BinaryAuthorization != nil &&
			(v.BinaryAuthorization.UseDefault || v.BinaryAuthorization.Policy != ""),
		"Identity-Aware Proxy (iapEnabled)":               v.IapEnabled,
		"services without IAM check (invokerIamDisabled)": v.InvokerIamDisabled,
		"disabled default URLs (defaultUriDisabled)":      v.DefaultUriDisabled,
		"manual scaling (scaling)": v.Scaling != nil &&
			(v.Scaling.ScalingMode == "MANUAL" || v.Scaling.ManualInstanceCount != 0),
		"multi-region services":                        v.MultiRegionSettings != nil,
		"builds from source (buildConfig, sourceCode)": v.BuildConfig != nil || c.SourceCode != nil,
		"readiness probes":                             c.ReadinessProbe != nil,
		"disabled health checks":                       t.HealthCheckDisabled,
		"gRPC probes": (c.StartupProbe != nil && c.StartupProbe.Grpc != nil) ||
			(c.LivenessProbe != nil && c.LivenessProbe.Grpc != nil),
		"ingress through load balancers only": v.Ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
	} {
		if asked {
			return status.NotModelled("%s of Cloud Run services", what)
		}
	}
	for _, e := range c.Env {
		switch {
		case e.ValueSource != nil:
			return status.NotModelled("environment variables from secrets (env %s)", e.Name)
		case e.Name == "PORT" || strings.HasPrefix(e.Name, "K_"):
			return violation("template.containers[0].env", "The following reserved env names were provided: "+e.Name+
				". These values are automatically set by the system.")
		}
	}
	if d, err := time.ParseDuration(t.Timeout); err != nil || d <= 0 || d > time.Hour {
		return violation("template.timeout", "must be between 1s and 3600s")
	}
	if t.MaxInstanceRequestConcurrency < 1 || t.MaxInstanceRequestConcurrency > 1000 {
		return violation("template.max_instance_request_concurrency", "must be between 1 and 1000")
	}
	if t.Scaling.MinInstanceCount > t.Scaling.MaxInstanceCount {
		return violation("template.scaling", "min_instance_count must not be greater than max_instance_count")
	}
	if err := checkSize(t); err != nil {
		return err
	}
	if err := checkQuota(t); err != nil {
		return err
	}
	return checkTraffic(v)
}

func checkTraffic(v *runapi.GoogleCloudRunV2Service) error {
	var percent int64
	for _, t := range v.Traffic {
		if t.Tag != "" {
			return status.NotModelled("traffic tags")
		}
		if t.Type != latest && t.Type != byRevision {
			return violation("traffic.type", "invalid value "+t.Type)
		}
		percent += t.Percent
	}
	if percent != 100 {
		return violation("traffic", fmt.Sprintf("Traffic must add up to 100%%, but adds up to %d%%.", percent))
	}
	return nil
}

func violation(field, description string) error {
	e := status.Errorf(status.InvalidArgument, "Violation in UpdateServiceRequest.service.%s: %s", field, description)
	e.Details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []map[string]string{{"field": "service." + field, "description": description}}}}
	return e
}

// bytesOf reads a Kubernetes quantity of memory, for example 512Mi or 1G.
func bytesOf(quantity string) (int64, error) {
	units := []struct {
		suffix string
		size   int64
	}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}
	for _, u := range units {
		if number, ok := strings.CutSuffix(quantity, u.suffix); ok {
			n, err := strconv.ParseFloat(number, 64)
			return int64(n * float64(u.size)), err
		}
	}
	return strconv.ParseInt(quantity, 10, 64)
}

// cpuOf reads a Kubernetes quantity of CPUs, for example 1 or 1000m.
func cpuOf(quantity string) (float64, error) {
	if milli, ok := strings.CutSuffix(quantity, "m"); ok {
		n, err := strconv.ParseFloat(milli, 64)
		return n / 1000, err
	}
	return strconv.ParseFloat(quantity, 64)
}
