package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	v1 "google.golang.org/api/run/v1"
	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/machinery/status"
)

// fromV1 writes a service as v2 has it. What v2 has no field for here is refused.
func fromV1(from *v1.Service) (*runapi.GoogleCloudRunV2Service, error) {
	spec := from.Spec.Template.Spec
	t := &runapi.GoogleCloudRunV2RevisionTemplate{ServiceAccount: spec.ServiceAccountName,
		MaxInstanceRequestConcurrency: spec.ContainerConcurrency}
	v := &runapi.GoogleCloudRunV2Service{Template: t}
	if len(spec.Volumes) > 0 || spec.RuntimeClassName != "" || len(spec.NodeSelector) > 0 || spec.Sandboxes != nil {
		return nil, status.NotModelled("volumes, runtime classes, node selectors and sandboxes of Cloud Run services")
	}
	if spec.TimeoutSeconds != 0 {
		t.Timeout = fmt.Sprintf("%ds", spec.TimeoutSeconds)
	}
	for _, c := range spec.Containers {
		var container runapi.GoogleCloudRunV2Container
		if err := same(c, &container); err != nil {
			return nil, err
		}
		if container.Resources == nil {
			container.Resources = &runapi.GoogleCloudRunV2ResourceRequirements{}
		}
		container.Resources.CpuIdle = true
		t.Containers = append(t.Containers, &container)
	}
	for _, target := range from.Spec.Traffic {
		to := &runapi.GoogleCloudRunV2TrafficTarget{Type: latest, Percent: target.Percent, Tag: target.Tag}
		if !target.LatestRevision {
			to.Type, to.Revision = byRevision, target.RevisionName
		}
		v.Traffic = append(v.Traffic, to)
	}
	if version := from.Metadata.ResourceVersion; version != "" {
		v.Etag = strconv.Quote(version)
	}
	v.Labels = without(from.Metadata.Labels, locationLabel)
	for name, value := range from.Metadata.Annotations {
		if err := annotateService(v, name, value); err != nil {
			return nil, err
		}
	}
	if meta := from.Spec.Template.Metadata; meta != nil {
		t.Revision, t.Labels = meta.Name, without(meta.Labels, probeLabel)
		for name, value := range meta.Annotations {
			if err := annotateTemplate(t, name, value); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// same copies what has the same JSON in both versions; a field that only the old one has is refused.
func same(from, to any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return status.NotModelled("%s of Cloud Run containers", strings.TrimPrefix(err.Error(), "json: unknown field "))
	}
	return nil
}

func without(labels map[string]string, own string) map[string]string {
	kept := map[string]string{}
	for name, value := range labels {
		if name != own {
			kept[name] = value
		}
	}
	return kept
}

var ingresses = map[string]string{"all": "INGRESS_TRAFFIC_ALL", "internal": "INGRESS_TRAFFIC_INTERNAL_ONLY",
	"internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"}

var environments = map[string]string{"gen1": "EXECUTION_ENVIRONMENT_GEN1", "gen2": "EXECUTION_ENVIRONMENT_GEN2"}

// annotateService reads one annotation of a service (https://cloud.google.com/run/docs/reference/annotations). Those
// that only Google writes come back with what was read before, and are left out.
func annotateService(v *runapi.GoogleCloudRunV2Service, name, value string) (err error) {
	scaling := func() *runapi.GoogleCloudRunV2ServiceScaling {
		if v.Scaling == nil {
			v.Scaling = &runapi.GoogleCloudRunV2ServiceScaling{}
		}
		return v.Scaling
	}
	switch name {
	case "run.googleapis.com/ingress":
		if v.Ingress = ingresses[value]; v.Ingress == "" {
			err = fmt.Errorf("choose all, internal or internal-and-cloud-load-balancing")
		}
	case "run.googleapis.com/description":
		v.Description = value
	case "run.googleapis.com/launch-stage":
		v.LaunchStage = value
	case "run.googleapis.com/client-name":
		v.Client = value
	case "run.googleapis.com/client-version":
		v.ClientVersion = value
	case "run.googleapis.com/custom-audiences":
		err = json.Unmarshal([]byte(value), &v.CustomAudiences)
	case "run.googleapis.com/minScale":
		scaling().MinInstanceCount, err = strconv.ParseInt(value, 10, 64)
	case "run.googleapis.com/maxScale":
		scaling().MaxInstanceCount, err = strconv.ParseInt(value, 10, 64)
	case "run.googleapis.com/invoker-iam-disabled":
		v.InvokerIamDisabled, err = strconv.ParseBool(value)
	case "run.googleapis.com/default-url-disabled":
		v.DefaultUriDisabled, err = strconv.ParseBool(value)
	case "run.googleapis.com/ingress-status", "run.googleapis.com/operation-id", "run.googleapis.com/urls",
		"serving.knative.dev/creator",
		"serving.knative.dev/lastModifier", "client.knative.dev/user-image":
	default:
		v.Annotations, err = annotate(v.Annotations, name, value)
	}
	return wrong(name, value, err)
}

func annotateTemplate(t *runapi.GoogleCloudRunV2RevisionTemplate, name, value string) (err error) {
	scaling := func() *runapi.GoogleCloudRunV2RevisionScaling {
		if t.Scaling == nil {
			t.Scaling = &runapi.GoogleCloudRunV2RevisionScaling{}
		}
		return t.Scaling
	}
	switch name {
	case "autoscaling.knative.dev/minScale":
		scaling().MinInstanceCount, err = strconv.ParseInt(value, 10, 64)
	case "autoscaling.knative.dev/maxScale":
		scaling().MaxInstanceCount, err = strconv.ParseInt(value, 10, 64)
	case "run.googleapis.com/execution-environment":
		if t.ExecutionEnvironment = environments[value]; t.ExecutionEnvironment == "" {
			err = fmt.Errorf("choose gen1 or gen2")
		}
	case keyAnnotation:
		t.EncryptionKey = value
	case "run.googleapis.com/sessionAffinity":
		t.SessionAffinity, err = strconv.ParseBool(value)
	case "run.googleapis.com/cpu-throttling":
		for _, c := range t.Containers {
			c.Resources.CpuIdle, err = strconv.ParseBool(value)
		}
	case "run.googleapis.com/startup-cpu-boost":
		for _, c := range t.Containers {
			c.Resources.StartupCpuBoost, err = strconv.ParseBool(value)
		}
	case "run.googleapis.com/client-name", "run.googleapis.com/client-version", "client.knative.dev/user-image":
	default:
		t.Annotations, err = annotate(t.Annotations, name, value)
	}
	return wrong(name, value, err)
}

// annotate keeps a user's own annotation; of Google's, those that are not known change what is deployed.
func annotate(annotations map[string]string, name, value string) (map[string]string, error) {
	domain, _, _ := strings.Cut(name, "/")
	if domain == "run.googleapis.com" || strings.HasSuffix(domain, "knative.dev") {
		return nil, status.NotModelled("the annotation %s of Cloud Run services", name)
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	return annotations, nil
}

func wrong(annotation, value string, err error) error {
	if err == nil || status.Is(err, status.Unimplemented) {
		return err
	}
	return status.Errorf(status.InvalidArgument, "The annotation %s has the invalid value %q: %v.", annotation, value, err)
}
