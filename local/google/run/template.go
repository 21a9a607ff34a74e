package run

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

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
	// The whole service's scaling is answered though nobody asked for any.
	// https://github.com/hashicorp/terraform-provider-google-beta/pull/11132
	if v.Scaling == nil {
		v.Scaling = &runapi.GoogleCloudRunV2ServiceScaling{}
	}
	v.Scaling.ScalingMode = cmp.Or(v.Scaling.ScalingMode, "AUTOMATIC")
	t := v.Template
	if t.Timeout == "" {
		t.Timeout = "300s"
	}
	if t.ServiceAccount == "" {
		t.ServiceAccount = defaultAccount(number)
	}
	if t.MaxInstanceRequestConcurrency == 0 {
		t.MaxInstanceRequestConcurrency = 80
	}
	if t.Scaling == nil {
		t.Scaling = &runapi.GoogleCloudRunV2RevisionScaling{}
	}
	fillNetwork(t.VpcAccess)
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

// modelled refuses, loudly, what the local cloud does not do.
func modelled(v *runapi.GoogleCloudRunV2Service) error {
	t, c := v.Template, v.Template.Containers[0]
	for what, asked := range map[string]bool{
		"several containers (sidecars)": len(t.Containers) > 1,
		"volumes (template.volumes)":    len(t.Volumes) > 0 || len(c.VolumeMounts) > 0,
		"VPC access but by one interface of the network default (template.vpcAccess)": t.VpcAccess != nil &&
			!throughTheNetwork(t.VpcAccess),
		"session affinity (template.sessionAffinity)": t.SessionAffinity,
		"service mesh and node selectors":             t.ServiceMesh != nil || t.NodeSelector != nil,
		"another wait for the end of instances whose key is revoked (template.encryptionKeyShutdownDuration)": t.
			EncryptionKeyShutdownDuration != "" || t.EncryptionKeyRevocationAction != "",
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
	} {
		if asked {
			return status.NotModelled("%s of Cloud Run services", what)
		}
	}
	for _, e := range c.Env {
		if e.ValueSource != nil {
			return status.NotModelled("environment variables from secrets (env %s)", e.Name)
		}
	}
	for _, target := range v.Traffic {
		if target.Tag != "" {
			return status.NotModelled("traffic tags")
		}
	}
	return nil
}

// check refuses a service whose fields do not go together; request is the name of the call's message.
func check(v *runapi.GoogleCloudRunV2Service, request string) error {
	if v.Template.Scaling.MinInstanceCount > v.Template.Scaling.MaxInstanceCount {
		return Refusals.Refuse("services", "template.scaling", "order", nil, "request", request)
	}
	if err := checkSize(v.Template, request); err != nil {
		return err
	}
	if err := checkQuota(v.Template); err != nil {
		return err
	}
	return checkTraffic(v, request)
}

func checkTraffic(v *runapi.GoogleCloudRunV2Service, request string) error {
	var percent int64
	for _, t := range v.Traffic {
		if (t.Revision != "") != (t.Type == byRevision) {
			return Refusals.Refuse("services", "traffic[].revision", "latest", t.Revision, "request", request)
		}
		percent += t.Percent
	}
	if percent != 100 {
		return Refusals.Refuse("services", "traffic", "sum", nil, "request", request, "total", fmt.Sprint(percent))
	}
	return nil
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
