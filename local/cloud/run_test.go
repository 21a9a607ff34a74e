package cloud_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func environment(t *testing.T, a answer) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, e := range a.at("env").([]any) {
		name, value, _ := strings.Cut(e.(string), "=")
		env[name] = value
	}
	return env
}

func TestContainerContract(t *testing.T) {
	w := start(t)
	t.Setenv("HOST_SECRET", "not for containers")
	url, token := w.service(func(_, c map[string]any) {
		c["env"] = []any{map[string]any{"name": "COLOUR",
			"value": "blue"}}
	})
	env := environment(t, w.call(token, "GET", url+"/", nil).want(200))
	for name, want := range map[string]string{"K_SERVICE": "app", "K_CONFIGURATION": "app", "COLOUR": "blue",
		"GOOGLE_STORAGE_CUSTOM_ENDPOINT": w.url("/storage/v1/")} {
		if env[name] != want {
			t.Errorf("%s=%q, want %q", name, env[name], want)
		}
	}
	if !strings.HasPrefix(env["K_REVISION"], "app-00001-") || env["PORT"] == "" {
		t.Errorf("K_REVISION=%q PORT=%q", env["K_REVISION"], env["PORT"])
	}
	if _, leaked := env["HOST_SECRET"]; leaked {
		t.Error("the host's environment reached the container")
	}

	metadata := func(path string) answer { return w.call(token, "GET", url+"/metadata/"+path, nil) }
	metadata("project/project-id").want(403)
	for path, want := range map[string]string{"project/project-id?flavor=Google": project,
		"instance/service-accounts/default/email?flavor=Google": runtimeSA} {
		if got := string(metadata(path).want(200).body); got != want {
			t.Errorf("metadata %s is %q, want %q", path, got, want)
		}
	}
	if got := string(metadata("instance/region?flavor=Google").body); !strings.HasSuffix(got, "/regions/us-central1") {
		t.Errorf("region %q", got)
	}
	access := metadata("instance/service-accounts/default/token?flavor=Google").want(200).text("access_token")
	w.call(access, "GET", "/storage/v1/b/source", nil).want(403).saying(runtimeSA)
	w.grant(bucketPolicy("source"), "roles/storage.admin", "serviceAccount:"+runtimeSA)
	w.call(access, "GET", "/storage/v1/b/source", nil).want(200)
	metadata("instance/service-accounts/default/identity?flavor=Google").want(400)
	identity := metadata("instance/service-accounts/default/identity?flavor=Google&audience=" + url).want(200)
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "serviceAccount:"+runtimeSA)
	w.call(string(identity.body), "GET", url+"/", nil).want(200)

	logs := w.call(w.owner, "POST", "/logging/v2/entries:list",
		map[string]any{"resourceNames": []string{"projects/" + project}, "pageSize": 100,
			"filter": `resource.labels.service_name="app"`}).want(200)
	logs.saying(`"severity":"NOTICE"`).saying("plain text").saying(`"requestMethod":"GET"`)
	w.call(w.owner, "POST", "/logging/v2/entries:list", map[string]any{"resourceNames": []string{"projects/" + project},
		"filter": "a OR b"}).want(501)
}

// A line that is longer than a log entry may be is cut, and those after it come.
func TestALongLineDoesNotMuteAContainer(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	w.call(token, "GET", url+"/print/3000000", nil).want(200)
	eventually(t, "the next line is in the log", func() bool {
		logs := w.call(w.owner, "POST", "/logging/v2/entries:list",
			map[string]any{"resourceNames": []string{"projects/" + project},
				"pageSize": 100, "filter": `resource.labels.service_name="app"`}).want(200)
		return bytes.Contains(logs.body, []byte("after the long line")) &&
			bytes.Contains(logs.body, []byte(strings.Repeat("x", 200<<10)))
	})
}

// The metadata server gives out tokens, so it answers those only who may run containers.
func TestMetadataServerAnswersNoOtherUser(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	host := environment(t, w.call(token, "GET", url+"/", nil).want(200))["GCE_METADATA_HOST"]
	ask := exec.Command("/usr/bin/python3", "-c", `import sys, urllib.request as u
print(u.urlopen(u.Request("http://" + sys.argv[1] + "/computeMetadata/v1/project/project-id", headers={"Metadata-Flavor": "Google"})).read())`, host)
	if out, err := ask.CombinedOutput(); err != nil || !strings.Contains(string(out), project) {
		t.Fatalf("the user who runs the container: %v: %s", err, out)
	}
	const nobody = 65534
	other := exec.Command(ask.Path, ask.Args[1:]...)
	other.Dir = "/"
	other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := other.CombinedOutput(); err == nil || strings.Contains(string(out), project) {
		t.Errorf("another user is answered: %s", out)
	}
}

// hold occupies one request slot until release is called.
func (w *world) hold(url, token string) (done <-chan int) {
	codes := make(chan int, 1)
	r, err := http.NewRequest("GET", url+"/hold", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	go func() {
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			codes <- 0
			return
		}
		response.Body.Close()
		codes <- response.StatusCode
	}()
	return codes
}

func (w *world) logged(filter string) string {
	w.t.Helper()
	return string(w.call(w.owner, "POST", "/logging/v2/entries:list",
		map[string]any{"resourceNames": []string{"projects/" + project}, "filter": filter, "pageSize": 1000}).want(200).body)
}

// With room for one request at a time and one instance, a second request waits and is refused with 429; with two
// instances it gets its own.
func TestConcurrencyAndInstances(t *testing.T) {
	w := start(t, pending(300*time.Millisecond))
	one := func(max int) func(template, _ map[string]any) {
		return func(template, _ map[string]any) {
			template["maxInstanceRequestConcurrency"] = 1
			template["scaling"] = map[string]any{"maxInstanceCount": max}
		}
	}
	url, token := w.service(one(1))
	first := w.call(token, "GET", url+"/", nil).want(200).text("pid")
	held := w.hold(url, token)
	eventually(t, "the request is in the container",
		func() bool { return strings.Contains(w.logged(`textPayload="holding"`), "holding") })
	w.call(token, "GET", url+"/", nil).want(429).saying("Rate exceeded.")

	image := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).text("template", "containers", 0, "image")
	w.deploy("app", container(image, one(2))) // the old revision is drained meanwhile: the held request goes on
	heldAgain := w.hold(url, token)
	eventually(t, "the second request is in the container",
		func() bool { return strings.Count(w.logged(`textPayload="holding"`), "holding") >= 2 })
	if second := w.call(token, "GET", url+"/", nil).want(200).text("pid"); second == first {
		t.Error("a request was served by an instance of the old revision")
	}
	w.call(w.owner, "DELETE", "/run/v2"+location+"/services/app", nil).want(200)
	for _, codes := range []<-chan int{held, heldAgain} {
		if code := <-codes; code != 0 && code != 503 {
			t.Errorf("a request in flight ended with %d when its service was deleted", code)
		}
	}
}

func TestRevisionsReplaceEachOtherWithoutLoss(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	image := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).text("template", "containers", 0, "image")
	stop := make(chan struct{})
	var failures []string
	var lock sync.Mutex
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if a := w.call(token, "GET", url+"/", nil); a.status != 200 {
					lock.Lock()
					failures = append(failures, fmt.Sprintf("%d %s", a.status, a.body))
					lock.Unlock()
				}
			}
		})
	}
	for i := range 3 {
		done := w.deploy("app", container(image, func(_, c map[string]any) {
			c["env"] = []any{map[string]any{"name": "VERSION", "value": fmt.Sprint(i)}}
		}))
		if done.at("error") != nil {
			t.Errorf("deployment %d: %s", i, done.body)
		}
		if got := environment(t, w.call(token, "GET", url+"/", nil).want(200))["VERSION"]; got != fmt.Sprint(i) {
			t.Errorf("after deployment %d the service answers as version %q", i, got)
		}
	}
	close(stop)
	clients.Wait()
	if len(failures) > 0 {
		t.Errorf("%d requests failed during the deployments, the first with %s", len(failures), failures[0])
	}
	same := w.deploy("app", container(image, func(_,
		c map[string]any) {
		c["env"] = []any{map[string]any{"name": "VERSION", "value": "2"}}
	}))
	if got := same.text("response", "latestReadyRevision"); !strings.Contains(got, "app-00004-") {
		t.Errorf("a deployment of the same template gave revision %s, want app-00004", got)
	}
	eventually(t, "the old revisions have ended",
		func() bool { return strings.Count(w.logged(`textPayload="ended"`), `"ended"`) == 3 })
	if log := w.logged(`textPayload="got SIGTERM"`); strings.Count(log, "got SIGTERM") < 3 {
		t.Errorf("old instances were not told to end: %s", log)
	}
	w.call(w.owner, "GET", "/run/v2"+location+"/services/app/revisions",
		nil).want(200).saying("app-00001-").saying("app-00004-")
}

// TestARollbackHolds: after traffic was given to a revision, an update that names none leaves it there, until somebody
// sends it to the latest again.
func TestARollbackHolds(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	app := "/run/v2" + location + "/services/app"
	first := w.call(w.owner, "GET", app, nil)
	image := first.text("template", "containers", 0, "image")
	version := func(v string) map[string]any {
		return container(image, func(_, c map[string]any) { c["env"] = []any{map[string]any{"name": "VERSION", "value": v}} })
	}
	w.deploy("app", version("2"))
	pin := map[string]any{"traffic": []any{map[string]any{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
		"revision": first.text("latestReadyRevision"), "percent": 100}}}
	w.await("/run/v2/" + w.call(w.owner, "PATCH", app+"?updateMask=traffic", pin).want(200).text("name"))
	if done := w.deploy("app", version("3")); done.at("error") != nil {
		t.Fatalf("deployment: %s", done.body)
	}
	if got := environment(t, w.call(token, "GET", url+"/", nil).want(200))["VERSION"]; got != "" {
		t.Errorf("after the rollback the service answers as version %q, want the first", got)
	}
	unpin := map[string]any{"traffic": []any{map[string]any{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST",
		"percent": 100}}}
	w.await("/run/v2/" + w.call(w.owner, "PATCH", app+"?updateMask=traffic", unpin).want(200).text("name"))
	if got := environment(t, w.call(token, "GET", url+"/", nil).want(200))["VERSION"]; got != "3" {
		t.Errorf("with its traffic on the latest revision the service answers as version %q", got)
	}
	w.call(w.owner, "PATCH", app+"?updateMask=template", version("4")).want(501)
}

func TestFailedDeploymentLeavesTheOldRevisionServing(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	service := "/run/v2" + location + "/services/app"
	image := w.call(w.owner, "GET", service, nil).text("template", "containers", 0, "image")
	good := w.call(w.owner, "GET", service, nil).text("latestReadyRevision")

	failed := w.deploy("app", container(image, func(_,
		c map[string]any) {
		c["env"] = []any{map[string]any{"name": "FAIL_TO_START", "value": "1"}}
	}))
	failed.saying("failed to start and listen on the port").saying("exit status 7")
	state := w.call(w.owner, "GET", service, nil).want(200)
	if state.text("latestReadyRevision") != good || state.text("latestCreatedRevision") == good ||
		state.text("terminalCondition", "state") != "CONDITION_FAILED" {
		t.Errorf("service after a failed deployment: %s", state.body)
	}
	w.call(token, "GET", url+"/", nil).want(200)
	w.deploy("app", container(imageName+"@sha256:"+strings.Repeat("0", 64), nil)).saying("not found")
	w.call(token, "GET", url+"/", nil).want(200)
	if done := w.deploy("app", container(image, nil)); done.at("error") != nil {
		t.Errorf("mending the service: %s", done.body)
	}
}

func TestScaleToZeroAndMinimum(t *testing.T) {
	w := start(t, idle(50*time.Millisecond))
	url, token := w.service(nil)
	first := w.call(token, "GET", url+"/", nil).want(200).text("pid")
	eventually(t, "no instance is left", func() bool {
		return w.call("", "GET", "/console/state", nil).want(200).at("services", 0, "revisions", 0, "instances") == 0.0
	})
	if again := w.call(token, "GET", url+"/", nil).want(200).text("pid"); again == first {
		t.Error("the idle instance still answers")
	}
	image := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).text("template", "containers", 0, "image")
	w.deploy("app", container(image, func(template, _ map[string]any) {
		template["scaling"] = map[string]any{"minInstanceCount": 1, "maxInstanceCount": 1}
	}))
	kept := w.call(token, "GET", url+"/", nil).want(200).text("pid")
	w.call(token, "GET", url+"/exit", nil).want(503)
	eventually(t, "another instance has taken its place", func() bool {
		a := w.call(token, "GET", url+"/", nil)
		return a.status == 200 && a.text("pid") != kept
	})
}

func TestLimitsAndLivenessProbe(t *testing.T) {
	w := start(t)
	url, token := w.service(func(_, c map[string]any) {
		c["resources"] = map[string]any{"limits": map[string]any{"cpu": "1", "memory": "128Mi"}}
		c["livenessProbe"] = map[string]any{"httpGet": map[string]any{"path": "/health"}, "periodSeconds": 1,
			"failureThreshold": 1}
		c["startupProbe"] = map[string]any{"httpGet": map[string]any{"path": "/health"}, "periodSeconds": 1,
			"failureThreshold": 20}
	})
	if cpus := w.call(token, "GET", url+"/", nil).want(200).text("cpus"); cpus != "1" {
		t.Errorf("the container sees %s CPUs, and has 1", cpus)
	}
	w.call(token, "GET", url+"/hoard", nil).want(503)
	eventually(t, "the log says why", func() bool {
		return strings.Contains(w.logged(`resource.labels.service_name="app" AND severity>=ERROR`),
			"Memory limit of 128 MiB exceeded")
	})
	// Files are memory too.
	before := strings.Count(w.logged(`resource.labels.service_name="app" AND severity>=ERROR`), "Memory limit")
	w.call(token, "GET", url+"/fill", nil).want(503)
	eventually(t, "the log says that files were too much", func() bool {
		return strings.Count(w.logged(`resource.labels.service_name="app" AND severity>=ERROR`), "Memory limit") > before
	})
	sick := w.call(token, "GET", url+"/", nil).want(200).text("pid")
	w.call(token, "GET", url+"/sicken", nil).want(200)
	eventually(t, "the sick instance was replaced", func() bool {
		a := w.call(token, "GET", url+"/", nil)
		return a.status == 200 && a.text("pid") != sick
	})
}

func TestServicesComeBackAfterARestart(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	w.call(token, "GET", url+"/", nil).want(200)
	w.restart()
	w.call(token, "GET", url+"/", nil).want(200) // the same address, the same token

	w.stop()
	taken, err := net.Listen("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	moved := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).want(200).text("uri")
	w.call(w.idToken("caller@"+project+".iam.gserviceaccount.com", moved), "GET", moved+"/", nil).want(200)
	taken.Close()
	url = moved
	w.await("/run/v2/" + w.call(w.owner, "DELETE", "/run/v2"+location+"/services/app", nil).want(200).text("name"))
	w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).want(404)
	if _, err := http.Get(url); err == nil {
		t.Error("the service answers after it was deleted")
	}
}

// size gives a container CPUs and memory.
func size(cpu, memory string) func(_, c map[string]any) {
	return func(_, c map[string]any) {
		c["resources"] = map[string]any{"limits": map[string]any{"cpu": cpu, "memory": memory}}
	}
}

// TestQuotaIsNamedWithWhatFits: the refusal has Google's words.
func TestQuotaIsNamedWithWhatFits(t *testing.T) {
	w := start(t)
	w.account("runtime")
	w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=app",
		container(imageName+":v1", func(template, c map[string]any) {
			size("4", "4Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		})).want(400).saying("Max instances must be set to 5 or fewer to set the requested total CPU").
		saying("CpuAllocPerProjectRegion requested: 44000 allowed: 20000").
		saying("MemAllocPerProjectRegion requested: 47244640256 allowed: 42949672960")
}

func TestDeploymentsThatAreRefused(t *testing.T) {
	w := start(t)
	w.account("runtime")
	create := func(change func(template, c map[string]any)) answer {
		return w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=app", container(imageName+":v1", change))
	}
	for name, test := range map[string]struct {
		change func(template, c map[string]any)
		status int
	}{
		"PORT in env": {func(_, c map[string]any) { c["env"] = []any{map[string]any{"name": "PORT", "value": "1"}} },
			400},
		"no image": {func(_, c map[string]any) { delete(c, "image") }, 400},
		"tiny memory": {func(_,
			c map[string]any) {
			c["resources"] = map[string]any{"limits": map[string]any{"memory": "1Mi"}}
		}, 400},
		"three CPUs":       {size("3", "2Gi"), 400},
		"much for a CPU":   {size("1", "5Gi"), 400},
		"little for four":  {size("4", "1Gi"), 400},
		"much for two":     {size("2", "9Gi"), 400},
		"much for four":    {size("4", "17Gi"), 400},
		"little for eight": {size("8", "3Gi"), 400},
		"little for a second generation": {func(template, c map[string]any) {
			size("1", "256Mi")(template, c)
			template["executionEnvironment"] = "EXECUTION_ENVIRONMENT_GEN2"
		}, 400},
		"more CPUs than the quota": {func(template, c map[string]any) {
			size("2", "1Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		}, 400},
		"more memory than the quota": {func(template, c map[string]any) {
			size("1", "4Gi")(template, c)
			template["scaling"] = map[string]any{"maxInstanceCount": 11}
		}, 400},
		"half a CPU": {func(_,
			c map[string]any) {
			c["resources"] = map[string]any{"limits": map[string]any{"cpu": "500m"}}
		}, 400},
		"two-hour timeout": {func(template, _ map[string]any) { template["timeout"] = "7200s" }, 400},
		"min above max": {func(template, _ map[string]any) {
			template["scaling"] = map[string]any{"minInstanceCount": 5, "maxInstanceCount": 2}
		}, 400},
		"volumes": {func(template, _ map[string]any) { template["volumes"] = []any{map[string]any{"name": "v"}} },
			501},
		"a VPC": {func(template, _ map[string]any) { template["vpcAccess"] = map[string]any{"connector": "c"} },
			501},
		"another network": {func(template, _ map[string]any) {
			template["vpcAccess"] = map[string]any{"networkInterfaces": []any{map[string]any{"network": "letters"}}}
		}, 501},
		"unknown account": {func(template, _ map[string]any) { template["serviceAccount"] = "x@example.com" }, 403},
		"unknown field":   {func(template, _ map[string]any) { template["colour"] = "blue" }, 400},
	} {
		if a := create(test.change); a.status != test.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, test.status)
		}
	}
	w.call(w.owner, "POST", "/run/v2"+location+"/services?serviceId=No!", container("x", nil)).want(400)
	w.call(w.owner, "GET", "/run/v2"+location+"/services/none", nil).want(404)

	deployer := w.account("deployer")
	w.grant(projectPolicy, "roles/run.developer", "serviceAccount:"+deployer)
	token := w.token(deployer)
	path := "/run/v2" + location + "/services?serviceId=app"
	w.call(token, "POST", path, container(imageName+":v1", nil)).want(403).saying("iam.serviceaccounts.actAs")
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+runtimeSA, "roles/iam.serviceAccountUser",
		"serviceAccount:"+deployer)
	w.call(token, "POST", path, container(imageName+":v1", nil)).want(200)
}
