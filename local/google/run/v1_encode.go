package run

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	v1 "google.golang.org/api/run/v1"
	runapi "google.golang.org/api/run/v2"
)

const (
	knativeVersion = "serving.knative.dev/v1"
	locationLabel  = "cloud.googleapis.com/location"
	probeLabel     = "run.googleapis.com/startupProbeType"
)

// toV1 writes a service as v1 has it.
func (s *Service) toV1(v runapi.GoogleCloudRunV2Service) *v1.Service {
	parts := strings.Split(v.Name, "/")
	number, _ := s.Projects.Number(parts[1])
	t := v.Template
	annotations := map[string]string{"serving.knative.dev/creator": v.Creator,
		"serving.knative.dev/lastModifier":  v.LastModifier,
		"run.googleapis.com/ingress":        nameIn(ingresses, v.Ingress),
		"run.googleapis.com/ingress-status": nameIn(ingresses, v.Ingress)}
	for name, value := range map[string]string{"run.googleapis.com/description": v.Description,
		"run.googleapis.com/client-name":    v.Client,
		"run.googleapis.com/client-version": v.ClientVersion, "run.googleapis.com/urls": list(v.Urls),
		"run.googleapis.com/custom-audiences": list(v.CustomAudiences)} {
		put(annotations, name, value)
	}
	if v.LaunchStage != "GA" {
		put(annotations, "run.googleapis.com/launch-stage", v.LaunchStage)
	}
	if v.Scaling != nil {
		put(annotations, "run.googleapis.com/minScale", count(v.Scaling.MinInstanceCount))
		put(annotations, "run.googleapis.com/maxScale", count(v.Scaling.MaxInstanceCount))
	}
	maps.Copy(annotations, v.Annotations)
	labels := map[string]string{locationLabel: parts[3]}
	maps.Copy(labels, v.Labels)
	ofTemplate := templateAnnotations(v.Client, v.ClientVersion, t.Annotations, t.Scaling, t.ExecutionEnvironment,
		t.Containers)
	put(ofTemplate, keyAnnotation, t.EncryptionKey)
	out := &v1.Service{ApiVersion: knativeVersion, Kind: "Service",
		Metadata: &v1.ObjectMeta{Name: parts[5], Namespace: number, SelfLink: "/apis/" + knativeVersion + "/namespaces/" +
			number + "/services/" + parts[5], Uid: v.Uid,
			ResourceVersion: strings.Trim(v.Etag, `"`), Generation: v.Generation, CreationTimestamp: v.CreateTime,
			Labels: labels, Annotations: annotations},
		Spec: &v1.ServiceSpec{Template: &v1.RevisionTemplate{
			Metadata: &v1.ObjectMeta{Name: t.Revision, Labels: probed(t.Labels, t.Containers),
				Annotations: ofTemplate},
			Spec: revisionSpec(t.MaxInstanceRequestConcurrency, t.ServiceAccount, t.Timeout, t.Containers)}},
		Status: &v1.ServiceStatus{ObservedGeneration: v.ObservedGeneration, Url: v.Uri,
			LatestCreatedRevisionName: short(v.LatestCreatedRevision),
			LatestReadyRevisionName:   short(v.LatestReadyRevision), Conditions: serviceConditions(v)}}
	if v.Uri != "" {
		out.Status.Address = &v1.Addressable{Url: v.Uri}
	}
	for _, target := range v.Traffic {
		out.Spec.Traffic = append(out.Spec.Traffic, trafficTarget(target.Type, target.Revision, target.Percent))
	}
	for _, target := range v.TrafficStatuses {
		to := trafficTarget(target.Type, target.Revision, target.Percent)
		if to.LatestRevision {
			to.RevisionName = short(v.LatestReadyRevision)
		}
		out.Status.Traffic = append(out.Status.Traffic, to)
	}
	return out
}

func (s *Service) revisionToV1(r runapi.GoogleCloudRunV2Revision) *v1.Revision {
	parts := strings.Split(r.Name, "/")
	number, _ := s.Projects.Number(parts[1])
	labels := probed(r.Labels, r.Containers)
	for name, value := range map[string]string{"serving.knative.dev/service": r.Service,
		"serving.knative.dev/configuration": r.Service, "serving.knative.dev/route": r.Service,
		"serving.knative.dev/configurationGeneration": count(r.Generation), locationLabel: parts[3]} {
		labels[name] = value
	}
	annotations := templateAnnotations("", "", r.Annotations, r.Scaling, r.ExecutionEnvironment, r.Containers)
	annotations["serving.knative.dev/creator"] = r.Creator
	put(annotations, keyAnnotation, r.EncryptionKey)
	out := &v1.Revision{ApiVersion: knativeVersion, Kind: "Revision",
		Metadata: &v1.ObjectMeta{Name: short(r.Name), Namespace: number, SelfLink: "/apis/" + knativeVersion +
			"/namespaces/" + number + "/revisions/" + short(r.Name), Uid: r.Uid,
			ResourceVersion: strings.Trim(r.Etag, `"`), Generation: 1, CreationTimestamp: r.CreateTime, Labels: labels,
			Annotations: annotations},
		Spec: revisionSpec(r.MaxInstanceRequestConcurrency, r.ServiceAccount, r.Timeout, r.Containers),
		Status: &v1.RevisionStatus{ObservedGeneration: 1, ServiceName: r.Service, LogUrl: r.LogUri,
			Conditions: []*v1.GoogleCloudRunV1Condition{{Type: "Ready", Status: "Unknown", LastTransitionTime: r.CreateTime}}}}
	if image := r.Containers[0].Image; strings.Contains(image, "@") {
		out.Status.ImageDigest = image
	}
	if len(r.Conditions) > 0 {
		out.Status.Conditions = nil
		for _, name := range []string{"Ready", "ContainerHealthy", "ResourcesAvailable"} {
			out.Status.Conditions = append(out.Status.Conditions, condition(name, r.Conditions[0]))
		}
	}
	if s.serves(r) {
		out.Status.Conditions = append(out.Status.Conditions, &v1.GoogleCloudRunV1Condition{Type: "Active", Status: "True",
			Severity: "Info", LastTransitionTime: r.UpdateTime})
	}
	return out
}

func revisionSpec(concurrency int64, account, timeout string,
	containers []*runapi.GoogleCloudRunV2Container) *v1.RevisionSpec {
	seconds, _ := strconv.ParseInt(strings.TrimSuffix(timeout, "s"), 10, 64)
	spec := &v1.RevisionSpec{ContainerConcurrency: concurrency, ServiceAccountName: account, TimeoutSeconds: seconds}
	for _, c := range containers {
		var to v1.Container
		data, _ := json.Marshal(c)
		// Both versions write what was accepted in the same JSON; v2's switches for CPUs are annotations in v1.
		_ = json.Unmarshal(data, &to)
		spec.Containers = append(spec.Containers, &to)
	}
	return spec
}

func templateAnnotations(client, version string, own map[string]string, scaling *runapi.GoogleCloudRunV2RevisionScaling,
	environment string, containers []*runapi.GoogleCloudRunV2Container) map[string]string {
	annotations := map[string]string{}
	maps.Copy(annotations, own)
	put(annotations, "run.googleapis.com/client-name", client)
	put(annotations, "run.googleapis.com/client-version", version)
	put(annotations, "run.googleapis.com/execution-environment", nameIn(environments, environment))
	if scaling != nil {
		put(annotations, "autoscaling.knative.dev/minScale", count(scaling.MinInstanceCount))
		put(annotations, "autoscaling.knative.dev/maxScale", count(scaling.MaxInstanceCount))
	}
	if r := containers[0].Resources; r != nil {
		if !r.CpuIdle {
			annotations["run.googleapis.com/cpu-throttling"] = "false"
		}
		if r.StartupCpuBoost {
			annotations["run.googleapis.com/startup-cpu-boost"] = "true"
		}
	}
	return annotations
}

func trafficTarget(kind, revision string, percent int64) *v1.TrafficTarget {
	if kind == latest {
		return &v1.TrafficTarget{LatestRevision: true, Percent: percent}
	}
	return &v1.TrafficTarget{RevisionName: short(revision), Percent: percent}
}

// serviceConditions are Ready, ConfigurationsReady and RoutesReady; while a deployment is under way none is known.
func serviceConditions(v runapi.GoogleCloudRunV2Service) []*v1.GoogleCloudRunV1Condition {
	var conditions []*v1.GoogleCloudRunV1Condition
	if v.Reconciling || v.TerminalCondition == nil {
		for _, name := range []string{"Ready", "ConfigurationsReady", "RoutesReady"} {
			conditions = append(conditions, &v1.GoogleCloudRunV1Condition{Type: name, Status: "Unknown",
				LastTransitionTime: v.UpdateTime})
		}
		return conditions
	}
	conditions = append(conditions, condition("Ready", v.TerminalCondition))
	for _, c := range v.Conditions {
		conditions = append(conditions, condition(c.Type, c))
	}
	return conditions
}

func condition(name string, c *runapi.GoogleCloudRunV2Condition) *v1.GoogleCloudRunV1Condition {
	to := &v1.GoogleCloudRunV1Condition{Type: name, Status: "Unknown", Message: c.Message,
		LastTransitionTime: c.LastTransitionTime}
	switch c.State {
	case "CONDITION_SUCCEEDED":
		to.Status = "True"
	case "CONDITION_FAILED":
		to.Status, to.Reason = "False", "HealthCheckContainerError"
	}
	return to
}

// serves says whether traffic of the service goes to the revision.
func (s *Service) serves(r runapi.GoogleCloudRunV2Revision) bool {
	service, _, _ := strings.Cut(r.Name, "/revisions/")
	have, _ := s.services.Get(service)
	for _, t := range have.Service.TrafficStatuses {
		if t.Type == latest && r.Name == have.Service.LatestReadyRevision || t.Type == byRevision &&
			short(t.Revision) == short(r.Name) {
			return true
		}
	}
	return false
}

// probed adds the label that tells whether the start-up probe is the default one.
func probed(labels map[string]string, containers []*runapi.GoogleCloudRunV2Container) map[string]string {
	kind := "Custom"
	if p := containers[0].StartupProbe; p == nil || p.TcpSocket != nil && p.PeriodSeconds == 240 &&
		p.TimeoutSeconds == 240 {
		kind = "Default"
	}
	all := map[string]string{probeLabel: kind}
	maps.Copy(all, labels)
	return all
}

func put(annotations map[string]string, name, value string) {
	if value != "" {
		annotations[name] = value
	}
}

func list(values []string) string {
	if len(values) == 0 {
		return ""
	}
	data, _ := json.Marshal(values)
	return string(data)
}

func count(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// nameIn is v1's name for a value of v2.
func nameIn(names map[string]string, value string) string {
	for name, v := range names {
		if v == value {
			return name
		}
	}
	return ""
}
