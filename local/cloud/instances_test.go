package cloud_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
