package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"
)

// testDigest is the digest that the registry of these tests gives every image.
const testDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// recording is what the program asked Pulumi for.
type recording struct {
	mu        sync.Mutex
	resources []recorded
	outputs   map[string]any
	secrets   map[string]bool
	builds    []string // Cloud Build calls, in order.
}

type recorded struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Inputs map[string]any `json:"inputs"`
	parent string
	custom bool
}

// NewResource answers as a provider does: the inputs, and what Google makes up.
func (r *recording) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, recorded{
		Type: args.TypeToken, Name: args.Name, Inputs: plain(resource.NewObjectProperty(args.Inputs)).(map[string]any),
		parent: args.RegisterRPC.GetParent(), custom: args.Custom,
	})
	state := args.Inputs.Copy()
	set := func(key resource.PropertyKey, value string) {
		if _, given := state[key]; !given {
			state[key] = resource.NewStringProperty(value)
		}
	}
	set("name", args.Name+"-0000000")
	switch args.TypeToken {
	case "gcp:serviceaccount/account:Account":
		email := state["accountId"].StringValue() + "@test-project.iam.gserviceaccount.com"
		set("email", email)
		set("member", "serviceAccount:"+email)
		state["name"] = resource.NewStringProperty("projects/test-project/serviceAccounts/" + email)
	case "gcp:serviceaccount/key:Key":
		state["privateKey"] = resource.MakeSecret(resource.NewStringProperty("eyJ0eXBlIjoic2VydmljZV9hY2NvdW50In0="))
	case "gcp:artifactregistry/repository:Repository":
		state["name"] = state["repositoryId"]
	case "gcp:storage/bucketObject:BucketObject":
		set("outputName", state["name"].StringValue())
	case "gcp:projects/serviceIdentity:ServiceIdentity":
		set("email", "service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com")
		set("member", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com")
	case "gcp:cloudrunv2/service:Service":
		set("uri", "https://docx2pdf-test-uc.a.run.app")
	}
	return args.Name + "-id", state, nil
}

func (r *recording) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	switch args.Token {
	case "gcp:organizations/getClientConfig:getClientConfig":
		return resource.PropertyMap{
			"accessToken": resource.NewStringProperty("deployer-token"),
			"project":     resource.NewStringProperty("test-project"),
		}, nil
	case "gcp:organizations/getProject:getProject":
		return resource.PropertyMap{"number": resource.NewStringProperty("123456789012")}, nil
	case "gcp:storage/getProjectServiceAccount:getProjectServiceAccount":
		return resource.PropertyMap{
			"emailAddress": resource.NewStringProperty("service-123456789012@gs-project-accounts.iam.gserviceaccount.com"),
			"member":       resource.NewStringProperty("serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"),
		}, nil
	}
	return nil, fmt.Errorf("no such function: %s", args.Token)
}

// plain turns a property into what encoding/json prints; secrets and assets are
// marked as such.
func plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return map[string]any{"secret": plain(v.SecretValue().Element)}
	case v.IsArchive():
		return "archive"
	case v.IsComputed() || v.IsOutput():
		return "unknown"
	case v.IsObject():
		object := map[string]any{}
		for key, value := range v.ObjectValue() {
			object[string(key)] = plain(value)
		}
		return object
	case v.IsArray():
		array := []any{}
		for _, value := range v.ArrayValue() {
			array = append(array, plain(value))
		}
		return array
	}
	return v.Mappable()
}

// program is one run of the program under test.
type program struct {
	config map[string]string // over the defaults of Pulumi.yaml; keys without project
	built  bool              // whether the registry has the image already
	fails  bool              // whether Cloud Build fails to build it
	slow   bool              // whether APIs and grants take a moment to take effect
	dryRun bool
	stack  string
}

// run runs the program against recording mocks, and a Cloud Build and Artifact
// Registry that answer as Google's pages show.
func (p program) run(t *testing.T) (*recording, error) {
	t.Helper()
	r := &recording{outputs: map[string]any{}, secrets: map[string]bool{}}
	google := httptest.NewServer(r.google(p))
	t.Cleanup(google.Close)
	for _, service := range []string{"CLOUD_BUILD", "ARTIFACT_REGISTRY", "LOGGING"} {
		t.Setenv("GOOGLE_"+service+"_CUSTOM_ENDPOINT", google.URL+"/")
	}
	config := defaults(t)
	for key, value := range p.config {
		if !strings.Contains(key, ":") {
			key = "docx2pdf:" + key
		}
		config[key] = value
	}
	stack := p.stack
	if stack == "" {
		stack = "test"
	}
	var wait sync.WaitGroup
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		cfg, err := loadSettings(ctx)
		if err != nil {
			return err
		}
		made, err := deploy(ctx, cfg)
		if err != nil {
			return err
		}
		made.each(func(name string, output pulumi.StringOutput) {
			wait.Add(1)
			secret := pulumi.IsSecret(output)
			pulumi.All(output).ApplyT(func(v []any) int {
				r.mu.Lock()
				r.outputs[name], r.secrets[name] = v[0], secret
				r.mu.Unlock()
				return 0
			})
			wait.Done()
		})
		return nil
	}, pulumi.WithMocks("docx2pdf", stack, r), func(info *pulumi.RunInfo) {
		info.Config, info.DryRun = config, p.dryRun
	})
	wait.Wait()
	return r, err
}

// defaults are the stack's configuration as Pulumi makes it of Pulumi.yaml.
func defaults(t *testing.T) map[string]string {
	t.Helper()
	config := map[string]string{"gcp:project": "test-project"}
	for key, schema := range schemaOf(t) {
		value := schema.Value
		if value == nil {
			value = schema.Default
		}
		if value == nil {
			continue
		}
		if !strings.Contains(key, ":") {
			key = "docx2pdf:" + key
		}
		if text, ok := value.(string); ok {
			config[key] = text
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		config[key] = string(encoded)
	}
	return config
}

// keySchema is what Pulumi.yaml says of one configuration key.
type keySchema struct {
	Type, Description string
	Value, Default    any
}

func schemaOf(t *testing.T) map[string]keySchema {
	t.Helper()
	file, err := os.ReadFile("../Pulumi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var project struct{ Config map[string]keySchema }
	if err := yaml.Unmarshal(file, &project); err != nil {
		t.Fatal(err)
	}
	return project.Config
}

// google is the part of Google Cloud that the program itself calls.
func (r *recording) google(p program) http.Handler {
	built := p.built
	refuse := map[string]bool{"tag": p.slow, "build": p.slow, "source": p.slow} // once each
	refused := func(w http.ResponseWriter, what string) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !refuse[what] {
			return false
		}
		refuse[what] = false
		http.Error(w, `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`, http.StatusForbidden)
		return true
	}
	tag := func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "Bearer deployer-token" {
			http.Error(w, `{"error":{"code":401,"message":"no token","status":"UNAUTHENTICATED"}}`, http.StatusUnauthorized)
			return
		}
		if refused(w, "tag") {
			return
		}
		if !built {
			http.Error(w, `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`, http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"name":"tag","version":"projects/test-project/locations/us-central1/repositories/r/packages/docx2pdf/versions/%s"}`, testDigest)
	}
	var image string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/projects/{project}/locations/{location}/repositories/{repository}/packages/{package}/tags/{tag}", tag)
	mux.HandleFunc("POST /v1/projects/{project}/builds", func(w http.ResponseWriter, req *http.Request) {
		if refused(w, "build") {
			return
		}
		var build struct{ Images []string }
		_ = json.NewDecoder(req.Body).Decode(&build)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.builds = append(r.builds, strings.Join(build.Images, " "))
		image = strings.Join(build.Images, " ")
		fmt.Fprint(w, `{"name":"operations/build/test-project/b","metadata":{"build":{"id":"build-1","status":"QUEUED"}}}`)
	})
	mux.HandleFunc("GET /v1/projects/{project}/builds/{build}", func(w http.ResponseWriter, req *http.Request) {
		if p.fails {
			fmt.Fprint(w, `{"id":"build-1","status":"FAILURE","logUrl":"https://console.cloud.google.com/cloud-build/builds/build-1",
				"steps":[{"name":"gcr.io/cloud-builders/docker","args":["build"],"status":"FAILURE","exitCode":1}]}`)
			return
		}
		r.mu.Lock()
		unreadable := refuse["source"]
		refuse["source"] = false
		r.mu.Unlock()
		if unreadable {
			fmt.Fprint(w, `{"id":"build-1","status":"FAILURE","failureInfo":{"type":"FETCH_SOURCE_FAILED"}}`)
			return
		}
		fmt.Fprintf(w, `{"id":"build-1","status":"SUCCESS","results":{"images":[{"name":%q,"digest":%q}]}}`, image, testDigest)
	})
	mux.HandleFunc("POST /v2/entries:list", func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, `{"entries":[{"insertId":"1","textPayload":"Step #0: go build"},{"insertId":"2","textPayload":"Step #0: undefined: convert"}]}`)
	})
	return mux
}
