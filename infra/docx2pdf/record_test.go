package docx2pdf

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
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
	unknown   string // the type of resources whose ids nobody knows yet
	looked    []string
	tokenEnds bool            // whether the deployer's token ends when a build has begun
	signedIn  map[string]bool // the providers that were asked for a token, by name
	countsFor map[string]bool // the quota projects of all calls
	resources []recorded
	outputs   map[string]any
	secrets   map[string]bool
	builds    []string // Cloud Build calls, in order.
	buildArgs [][]string
	buildTags []string
	enabled   []string // by the program itself
	warned    []string
	state     []deployedBucket
	older     string   // the source that is uploaded
	trials    []string // of the key, by the program itself
	keyGrants []string // what of them is in the state
	begins    bool     // whether the state is empty
	hasKey    bool     // whether there is a key in the state
	calls     []string // other changes that the program itself made: method, path and body
}

type recorded struct {
	Type   string         `json:"type"`
	Name   string         `json:"name"`
	Inputs map[string]any `json:"inputs"`
	parent string
	custom bool
	needs  []string // names of the resources that it depends on
}

// NewResource answers as a provider does: the inputs, and what Google makes up.
func (r *recording) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, recorded{
		Type: args.TypeToken, Name: args.Name, Inputs: plain(resource.NewObjectProperty(args.Inputs)).(map[string]any),
		parent: args.RegisterRPC.GetParent(), custom: args.Custom,
		needs: namesOf(args.RegisterRPC.GetDependencies()),
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
		set("uniqueId", "100000000000000000001")
		state["name"] = resource.NewStringProperty("projects/test-project/serviceAccounts/" + email)
	case "gcp:serviceaccount/key:Key":
		state["privateKey"] = resource.MakeSecret(resource.NewStringProperty("eyJ0eXBlIjoic2VydmljZV9hY2NvdW50In0="))
	case "gcp:artifactregistry/repository:Repository":
		state["name"] = state["repositoryId"]
	case "gcp:storage/bucketObject:BucketObject":
		set("outputName", cmp.Or(r.older, state["name"].StringValue()))
	case "gcp:projects/serviceIdentity:ServiceIdentity":
		domain := "gcp-sa-" + strings.TrimSuffix(state["service"].StringValue(), ".googleapis.com")
		if domain == "gcp-sa-run" {
			domain = "serverless-robot-prod"
		}
		set("email", "service-123456789012@"+domain+".iam.gserviceaccount.com")
		set("member", "serviceAccount:service-123456789012@"+domain+".iam.gserviceaccount.com")
	case "gcp:cloudrunv2/service:Service":
		set("uri", "https://docx2pdf-test-uc.a.run.app")
		set("latestReadyRevision", "docx2pdf-00002-abc")
	}
	if args.TypeToken == r.unknown {
		return "", state, nil
	}
	return args.Name + "-id", state, nil
}

func (r *recording) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	r.looked = append(r.looked, args.Token)
	if args.Token == "gcp:organizations/getClientConfig:getClientConfig" {
		_, provider, _ := strings.Cut(args.Provider, "::pulumi:providers:gcp::")
		name, _, _ := strings.Cut(provider, "::")
		r.signedIn[name] = true
	}
	r.mu.Unlock()
	switch args.Token {
	case "pulumi:pulumi:readStackResourceOutputs":
		resources := map[string]any{}
		if !r.begins {
			resources["urn:pulumi:test::docx2pdf::gcp:pubsub/topic:Topic::docx2pdf-uploads"] = map[string]any{
				"outputs": map[string]any{"name": "docx2pdf-uploads-0000000"}}
		}
		if r.hasKey {
			resources["urn:pulumi:test::docx2pdf::gcp:serviceaccount/key:Key::caller-key"] = map[string]any{
				"outputs": map[string]any{"name": "key-1"}}
		}
		for _, bucket := range r.state {
			kind, _, _ := strings.Cut(strings.TrimPrefix(bucket.name, "docx2pdf-"), "-")
			resources["urn:pulumi:test::docx2pdf::gcp:storage/bucket:Bucket::docx2pdf-"+kind] = map[string]any{
				"outputs": map[string]any{"name": bucket.name, "project": bucket.project,
					"location":   strings.ToUpper(bucket.region),
					"encryption": map[string]any{"defaultKmsKeyName": bucket.key}}}
		}
		for _, name := range r.keyGrants {
			domain := map[string]string{"key-storage": "gs-project-accounts", "key-run": "serverless-robot-prod",
				"key-pubsub": "gcp-sa-pubsub", "key-artifactregistry": "gcp-sa-artifactregistry"}[name]
			resources["urn:pulumi:test::docx2pdf::docx2pdf:infra:Key$gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::"+name] =
				map[string]any{"outputs": map[string]any{"cryptoKeyId": testKey,
					"member": "serviceAccount:service-123456789012@" + domain + ".iam.gserviceaccount.com"}}
		}
		return resource.NewPropertyMapFromMap(map[string]any{"outputs": resources}), nil
	case "gcp:organizations/getClientConfig:getClientConfig":
		return resource.PropertyMap{
			"accessToken": resource.NewStringProperty(r.token()),
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

// token is what the provider signs in with: another once the first has ended.
func (r *recording) token() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tokenEnds && len(r.builds) > 0 {
		return "renewed-token"
	}
	return "deployer-token"
}

// namesOf are the names of resources by their URNs.
func namesOf(urns []string) []string {
	var names []string
	for _, urn := range urns {
		names = append(names, urn[strings.LastIndex(urn, "::")+2:])
	}
	return names
}

// listener notes what the program warns of.
type listener struct {
	pulumi.Log
	heard *recording
}

func (l *listener) Warn(message string, args *pulumi.LogArgs) error {
	l.heard.mu.Lock()
	l.heard.warned = append(l.heard.warned, message)
	l.heard.mu.Unlock()
	return l.Log.Warn(message, args)
}

// warnings are what the program warned of.
func (r *recording) warnings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.warned)
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
	says   map[string]string // what Google answers to a path instead; a refusal has its code in it
	begun  string            // the state in which a build of the image ends that runs already; empty for none
	left   bool              // whether a stack that is gone began that build
	bases  bool              // whether the mirror lacks the base images
	made   string            // when the image was pushed
	older  string            // the source that stays uploaded, since it is no target of the update
	there  string            // the service that Cloud Run has already
	caller string            // the account that has the caller's name already, as Google shows it
	state  []deployedBucket  // what the stack has now
	ends   bool              // whether the deployer's token ends when a build has begun
	begins bool              // whether the stack has nothing yet
	hasKey bool              // whether the stack has a key now
	dryRun bool
	fresh  bool // whether the APIs will be enabled by this deployment
	stack  string
	// keyGrants are the grants on the key that the stack has now.
	keyGrants []string
}

// run runs the program against recording mocks, and a Cloud Build and Artifact
// Registry that answer as Google's pages show.
func (p program) run(t *testing.T) (*recording, error) {
	t.Helper()
	r := &recording{outputs: map[string]any{}, secrets: map[string]bool{}, state: p.state, keyGrants: p.keyGrants,
		begins: p.begins, hasKey: p.hasKey, tokenEnds: p.ends, countsFor: map[string]bool{}, signedIn: map[string]bool{},
		older: p.older}
	if p.fresh {
		r.unknown = "gcp:projects/service:Service"
	}
	google := httptest.NewServer(r.google(p))
	t.Cleanup(google.Close)
	reachGoogleAt(t, google.URL)
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
		ctx.Log = &listener{Log: ctx.Log, heard: r}
		cfg, err := loadSettings(ctx)
		if err != nil {
			return err
		}
		made, err := deploy(ctx, cfg)
		if err != nil {
			return err
		}
		made.Each(func(name string, output pulumi.StringOutput) {
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

// reachGoogleAt has the program call an address in the place of Google's.
func reachGoogleAt(t *testing.T, url string) {
	t.Helper()
	for _, service := range []string{
		"ARTIFACT_REGISTRY", "BILLING", "CLOUD_BILLING", "CLOUD_BUILD", "CLOUD_RUN_V2", "IAM", "KMS", "LOGGING", "MONITORING",
		"ORG_POLICY", "PUBSUB",
		"RESOURCE_MANAGER", "SERVICE_USAGE", "STORAGE",
	} {
		t.Setenv("GOOGLE_"+service+"_CUSTOM_ENDPOINT", url+"/")
	}
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
	refuse := map[string]bool{"tag": p.slow, "build": p.slow, "source": p.slow, "api": p.slow,
		"publish": p.slow} // once each
	refused := func(w http.ResponseWriter, what string) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !refuse[what] {
			return false
		}
		refuse[what] = false
		refusal := refusals[what]
		http.Error(w, refusal, codeOf(refusal))
		return true
	}
	tag := func(w http.ResponseWriter, req *http.Request) {
		if refused(w, "tag") {
			return
		}
		if !built {
			http.Error(w, `{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}`,
				http.StatusNotFound)
			return
		}
		fmt.Fprintf(w,
			`{"name":"tag","version":"projects/test-project/locations/us-central1/repositories/r/packages/docx2pdf/versions/%s"}`, testDigest)
	}
	changed := func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls = append(r.calls, req.Method+" "+req.URL.RequestURI()+" "+string(body))
		fmt.Fprint(w, `{}`)
	}
	var image string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/projects/{project}/locations/{location}/repositories/{repository}/packages/{package}/tags/{tag}", tag)
	mux.HandleFunc("POST /v1/projects/{project}/builds", func(w http.ResponseWriter, req *http.Request) {
		if refused(w, "build") {
			return
		}
		var build struct {
			Images, Tags []string
			Steps        []struct{ Args []string }
		}
		_ = json.NewDecoder(req.Body).Decode(&build)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.builds = append(r.builds, strings.Join(build.Images, " "))
		image = strings.Join(build.Images, " ")
		r.buildArgs, r.buildTags = append(r.buildArgs, build.Steps[0].Args), build.Tags
		fmt.Fprint(w, `{"name":"operations/build/test-project/b","metadata":{"build":{"id":"build-1","status":"QUEUED"}}}`)
	})
	mux.HandleFunc("POST /v1/b/{bucket}/notificationConfigs", func(w http.ResponseWriter, req *http.Request) {
		if !refused(w, "publish") {
			fmt.Fprint(w, `{"id":"1"}`)
		}
	})
	running := p.begun
	mux.HandleFunc("GET /v1/projects/{project}/builds", func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if tag, found := strings.CutPrefix(req.URL.Query().Get("filter"), `tags="`); running != "" && found {
			repository, hash, _ := strings.Cut(strings.TrimSuffix(tag, `"`), ".")
			image = "us-central1-docker.pkg.dev/test-project/" + repository + "/docx2pdf:" + hash
			source := "docx2pdf-source-0000000"
			if p.left {
				source = "docx2pdf-source-9999999"
			}
			fmt.Fprintf(w, `{"builds":[{"id":"build-0","status":"FAILURE"},
				{"id":"other","status":"WORKING","source":{"storageSource":{"bucket":%q}}}]}`, source)
			return
		}
		fmt.Fprint(w, `{"builds":[{"id":"build-0","status":"FAILURE"}]}`)
	})
	mux.HandleFunc("POST /v1/projects/{project}/builds/other:cancel", changed)
	mux.HandleFunc("GET /v1/projects/{project}/builds/other", func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		fmt.Fprintf(w, `{"id":"other","status":%q,"results":{"images":[{"name":%q,"digest":%q}]}}`, running,
			image, testDigest)
		running = ""
	})
	mux.HandleFunc("GET /v1/projects/{project}/locations/{location}/repositories/{repository}/packages/{package}/versions/{version}",
		func(w http.ResponseWriter, req *http.Request) { fmt.Fprintf(w, `{"createTime":%q}`, p.made) })
	mux.HandleFunc("GET /v1/projects/{project}/builds/{build}", func(w http.ResponseWriter, req *http.Request) {
		if p.fails {
			fmt.Fprint(w,
				`{"id":"build-1","status":"FAILURE","logUrl":"https://console.cloud.google.com/cloud-build/builds/build-1",
				"steps":[{"name":"gcr.io/cloud-builders/docker","args":["build"],"status":"FAILURE","exitCode":1}]}`)
			return
		}
		r.mu.Lock()
		mirrored := p.bases && slices.Contains(r.buildArgs[len(r.buildArgs)-1], "MIRROR=mirror.gcr.io/library/")
		r.mu.Unlock()
		if mirrored {
			fmt.Fprint(w,
				`{"id":"build-1","status":"FAILURE","statusDetail":"`+
					`failed to resolve source metadata for mirror.gcr.io/library/debian@sha256:1: not found"}`)
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
		fmt.Fprintf(w, `{"id":"build-1","status":"SUCCESS","results":{"images":[{"name":%q,"digest":%q}]}}`,
			image, testDigest)
	})
	mux.HandleFunc("POST /v2/entries:list", func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w,
			`{"entries":[{"insertId":"1","textPayload":"Step #0: go build"},{"insertId":"2","textPayload":"Step #0: undefined: convert"}]}`)
	})
	mux.HandleFunc("GET /v1/projects/{project}/billingInfo", answer(`{"billingEnabled":true}`))
	mux.HandleFunc("GET /v1/projects/{project}/services",
		answer(`{"services":[{"name":"projects/1/services/storage.googleapis.com"}]}`))
	mux.HandleFunc("GET /v1beta1/projects/{project}/services/run.googleapis.com/consumerQuotaMetrics",
		answer(quotaOfNewProjects))
	mux.HandleFunc("GET /v2/projects/{project}/locations/{location}/services",
		func(w http.ResponseWriter, req *http.Request) {
			if req.FormValue("pageSize") != "1" || !refused(w, "api") {
				fmt.Fprint(w, `{}`)
			}
		})
	mux.HandleFunc("GET /v2/projects/{project}/locations/{location}/services/{service}",
		func(w http.ResponseWriter, _ *http.Request) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if p.there == "" || slices.ContainsFunc(r.calls,
				func(call string) bool { return strings.HasPrefix(call, "DELETE ") }) {
				http.Error(w, `{"error":{"code":404,"message":"not there"}}`, http.StatusNotFound)
				return
			}
			fmt.Fprint(w, p.there)
		})
	mux.HandleFunc("GET /v1/projects/{project}/serviceAccounts/{account}", func(w http.ResponseWriter, req *http.Request) {
		if p.caller == "" || !strings.HasPrefix(req.PathValue("account"), "cr-test@") {
			http.Error(w, `{"error":{"code":404,"message":"not there"}}`, http.StatusNotFound)
			return
		}
		fmt.Fprint(w, p.caller)
	})
	mux.HandleFunc("POST /v1/projects/{project}/services/{service}", func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.enabled = append(r.enabled, req.PathValue("service"))
		fmt.Fprint(w, `{}`)
	})
	r.keys(mux)
	mux.HandleFunc("PATCH /", changed)
	mux.HandleFunc("DELETE /v2/", changed)
	mux.HandleFunc("/", answer(`{}`))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		// Calls beside the build may have begun before it.
		auth := req.Header.Get("Authorization")
		if auth != "Bearer "+r.token() && (auth != "Bearer deployer-token" || strings.Contains(req.URL.Path, "/builds/")) {
			http.Error(w, `{"error":{"code":401,"message":"no token","status":"UNAUTHENTICATED"}}`, http.StatusUnauthorized)
			return
		}
		r.mu.Lock()
		r.countsFor[req.Header.Get("X-Goog-User-Project")] = true
		r.mu.Unlock()
		said, other := p.says[req.URL.Path]
		if !other {
			mux.ServeHTTP(w, req)
			return
		}
		w.WriteHeader(codeOf(said))
		fmt.Fprint(w, said)
	})
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

// codeOf is the status that an answer's body belongs to.
func codeOf(body string) int {
	var refusal struct{ Error struct{ Code int } }
	_ = json.Unmarshal([]byte(body), &refusal)
	return cmp.Or(refusal.Error.Code, http.StatusOK)
}

// refusals are what Google says for a while after an API was enabled or a role granted.
var refusals = map[string]string{
	"tag":     `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`,
	"build":   `{"error":{"code":400,"message":"could not resolve source: googleapi: Error 403: b does not have storage.objects.get access to the Google Cloud Storage object., forbidden","status":"INVALID_ARGUMENT"}}`,
	"api":     disabled("run", "Cloud Run Admin"),
	"publish": `{"error":{"code":400,"message":"Cloud Pub/Sub topic '//pubsub.googleapis.com/projects/test-project/topics/t' not found, or user 'service-1@gs-project-accounts.iam.gserviceaccount.com' does not have permission to it."}}`,
}

func disabled(api, title string) string {
	return fmt.Sprintf(`{"error":{"code":403,"message":"%[1]s API has not been used in project 1 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/%[2]s.googleapis.com/overview?project=1 then retry.","status":"PERMISSION_DENIED",
		"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","metadata":{"service":"%[2]s.googleapis.com"}}]}}`, title, api)
}

const quotaOfNewProjects = `{"metrics":[
	{"metric":"run.googleapis.com/cpu_allocation","consumerQuotaLimits":[{"quotaBuckets":[{"effectiveLimit":"20000"}]}]},
	{"metric":"run.googleapis.com/mem_allocation","consumerQuotaLimits":[{"quotaBuckets":[{"effectiveLimit":"42949672960"}]}]}]}`
