package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

const run = "/run/v2/"

// longestServiceName is Cloud Run's limit.
const longestServiceName = 49

func init() {
	register(map[string]*kind{
		"gcp:cloudrunv2/service:Service": {
			autoname: longestServiceName,
			defaults: map[string]any{
				"template.containers[].startupProbe.initialDelaySeconds":  0,
				"template.containers[].startupProbe.timeoutSeconds":       1,
				"template.containers[].startupProbe.periodSeconds":        10,
				"template.containers[].startupProbe.failureThreshold":     3,
				"template.containers[].livenessProbe.initialDelaySeconds": 0,
				"template.containers[].livenessProbe.timeoutSeconds":      1,
				"template.containers[].livenessProbe.periodSeconds":       10,
				"template.containers[].livenessProbe.failureThreshold":    3,
				"template.containers[].startupProbe.httpGet.path":         "/",
				"template.containers[].livenessProbe.httpGet.path":        "/",

				"template.containers[].startupProbe.httpGet.httpHeaders[].value":  "",
				"template.containers[].livenessProbe.httpGet.httpHeaders[].value": "",
				"template.volumes[].emptyDir.medium":                              "MEMORY",
			},
			rules: map[string]rule{
				"ingress": enum("INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY",
					"INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"),
				"template.executionEnvironment": enum("EXECUTION_ENVIRONMENT_GEN1", "EXECUTION_ENVIRONMENT_GEN2"),
				"template.timeout": {
					pattern: regexp.MustCompile(`^[0-9]+(\.[0-9]{1,9})?s$`),
					want:    "a number of seconds such as 300s",
				},
				"launchStage": enum("UNIMPLEMENTED", "PRELAUNCH", "EARLY_ACCESS", "ALPHA", "BETA", "GA", "DEPRECATED"),
			},
			computed: []string{
				"ingress", "launchStage", "traffics", "project", "client", "clientVersion",
				"template.scaling", "template.serviceAccount", "template.timeout", "template.maxInstanceRequestConcurrency",
				"template.vpcAccess.egress",
				"template.vpcAccess.networkInterfaces[].network", "template.vpcAccess.networkInterfaces[].subnetwork",
				"template.containers[].ports", "template.containers[].ports[].name",
				"template.containers[].resources", "template.containers[].resources.limits",
				"template.containers[].startupProbe", "template.containers[].startupProbe.httpGet.port",
				"template.containers[].startupProbe.tcpSocket.port", "template.containers[].startupProbe.grpc.port",
				"template.containers[].livenessProbe", "template.containers[].livenessProbe.httpGet.port",
				"template.containers[].livenessProbe.grpc.port", "traffics[].percent",
			},
			unordered: []string{"template.volumes[].cloudSqlInstance.instances"},
			id:        within("projects/{project}/locations/{location}/services/{name}"),
			imports: []string{
				"projects/{project}/locations/{location}/services/{name}",
				"{project}/{location}/{name}", "{location}/{name}",
			},
			wire: map[string]string{
				"Service.traffics":                  "traffic",
				"Service.terminalConditions":        "terminalCondition",
				"ServiceTemplateContainer.envs":     "env",
				"ServiceTemplateContainer.commands": "command",
			},
			create: createRunService, read: readRunService, update: updateRunService, remove: removeRunService,
		},
		"gcp:cloudrunv2/serviceIamMember:ServiceIamMember": iamMember(runServicePolicy, "name"),
	})
}

// runService is the inputs as a Service of Google's API.
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
func runService(c *call) map[string]any {
	service := c.body("Service")
	maps.DeleteFunc(service, func(name string, _ any) bool {
		return slices.Contains([]string{"name", "location", "project"}, name)
	})
	service["labels"] = c.labels()
	return service
}

func createRunService(ctx context.Context, c *call) (string, map[string]any, error) {
	id, err := c.kind.id(c)
	if err != nil {
		return "", nil, err
	}
	collection := id[:len(id)-len("/"+c.text("name"))]
	operation, err := c.rest.call(ctx, http.MethodPost,
		run+collection+"?serviceId="+url.QueryEscape(c.text("name")), runService(c))
	if errors.Is(err, errAlreadyDone) { // the operation's name is lost with the answer
		return id, nil, c.awaitRunService(ctx, id)
	}
	if err != nil {
		return "", nil, err
	}
	_, err = c.await(ctx, run, operation)
	return id, nil, err
}

// awaitRunService waits until Cloud Run is done with the service.
func (c *call) awaitRunService(ctx context.Context, id string) error {
	_, err := poll(ctx, func() (any, error) {
		answer, err := c.rest.call(ctx, http.MethodGet, run+id, nil)
		if err != nil {
			return nil, err
		}
		if answer["reconciling"] == true {
			return nil, errPending
		}
		if ready, _ := answer["terminalCondition"].(map[string]any); ready["state"] == "CONDITION_FAILED" {
			return nil, fmt.Errorf("the service is not ready: %v", ready["message"])
		}
		return nil, nil
	})
	return err
}

func readRunService(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, run+c.id, nil)
	if err != nil {
		return nil, err
	}
	state := c.kind.decode("Service", answer, c.schema.Outputs)
	for _, name := range []string{"project", "location", "pulumiLabels"} {
		delete(state, name)
	}
	// Of the service's own scaling the official provider knows one field, and has it whenever Google answers any.
	if scaling, _ := answer["scaling"].(map[string]any); len(scaling) > 0 && isEmpty(state["scaling"]) {
		state["scaling"] = map[string]any{"minInstanceCount": 0.0}
	}
	parts, _ := parseID(c.id, "projects/{project}/locations/{location}/services/{name}")
	maps.Copy(state, parts)
	state["effectiveLabels"], state["effectiveAnnotations"] = state["labels"], state["annotations"]
	return state, nil
}

// updateRunService sends the whole service: without a mask Google replaces it.
func updateRunService(ctx context.Context, c *call) error {
	operation, err := c.rest.call(ctx, http.MethodPatch, run+c.id, runService(c))
	if err != nil {
		return err
	}
	_, err = c.await(ctx, run, operation)
	return err
}

func removeRunService(ctx context.Context, c *call) error {
	operation, err := c.rest.call(ctx, http.MethodDelete, run+c.id, nil)
	if err != nil || operation == nil {
		return err
	}
	_, err = c.await(ctx, run, operation)
	return err
}

// runServicePolicy says who may call a service.
func runServicePolicy(c *call) (policyOf, error) {
	return c.namedPolicy("name", run, "projects/{project}/locations/{location}/services/{name}")
}
