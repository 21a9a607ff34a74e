package cloud_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
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
