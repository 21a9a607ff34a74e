package cloud_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestFrontEndLetsOnlyInvokersIn(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)

	closed := w.call("", "GET", url+"/path<x>",
		nil).want(403).saying("<h2>Your client does not have permission to get URL <code>/path&lt;x&gt;</code> from this " +
		"server.</h2>")
	if closed.header.Get("Server") != "Google Frontend" ||
		closed.header.Get("Content-Type") != "text/html; charset=UTF-8" {
		t.Errorf("403 with headers %v", closed.header)
	}
	broken := w.call("x"+token, "GET", url+"/", nil).want(401).saying("<title>401 Unauthorized</title>")
	if !strings.Contains(broken.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("401 with WWW-Authenticate %q", broken.header.Get("WWW-Authenticate"))
	}
	caller := "caller@" + project + ".iam.gserviceaccount.com"
	w.call(w.idToken(caller, url+"/other"), "GET", url+"/", nil).want(401)       // another audience
	w.call(w.token(caller), "GET", url+"/", nil).want(401)                       // an access token
	w.call(token[:len(token)-4]+"AAAA", "GET", url+"/", nil).want(401)           // a broken signature
	w.call(w.idToken(w.account("stranger"), url), "GET", url+"/", nil).want(403) // no run.invoker
	w.call(w.idToken(caller, url+"/"), "GET", url+"/", nil).want(200)            // a slash at the end is fine

	a := w.call(token, "POST", url+"/hello?q=1", map[string]any{"a": 1}).want(200)
	if a.text("path") != "/hello" || a.text("body") != `{"a":1}` || a.header.Get("Server") != "Google Frontend" ||
		a.header.Get("X-Cloud-Trace-Context") == "" {
		t.Errorf("answer %s with headers %v", a.body, a.header)
	}
	if got := a.text("header", "Authorization", 0); !strings.HasSuffix(got, ".SIGNATURE_REMOVED_BY_GOOGLE") ||
		strings.Count(got, ".") != 2 {
		t.Errorf("the container saw Authorization %q", got)
	}
	for name, want := range map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1",
		"Forwarded": `for="127.0.0.1";proto=https`} {
		if got := a.text("header", name, 0); got != want {
			t.Errorf("the container saw %s %q, want %q", name, got, want)
		}
	}
	if a.at("header", "Traceparent") == nil || "http://"+a.text("host") != url {
		t.Errorf("the container saw %s", a.body)
	}

	both, _ := http.NewRequest("GET", url+"/", nil)
	both.Header.Set("X-Serverless-Authorization", "Bearer "+token)
	both.Header.Set("Authorization", "Bearer for-the-app")
	if got := w.do(both).want(200).text("header", "Authorization", 0); got != "Bearer for-the-app" {
		t.Errorf("Authorization beside X-Serverless-Authorization arrived as %q", got)
	}

	w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+caller+":disable", map[string]any{}).want(200)
	w.call(token, "GET", url+"/", nil).want(401)
	w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts/"+caller+":enable", map[string]any{}).want(200)
	w.revoke("/run/v2"+location+"/services/app", "roles/run.invoker", "serviceAccount:"+caller)
	w.call(token, "GET", url+"/", nil).want(403)
	w.grant("/run/v2"+location+"/services/app", "roles/run.invoker", "allUsers")
	w.call("", "GET", url+"/", nil).want(200)
	w.call("nonsense", "GET", url+"/", nil).want(200)
}

func TestRequestsTooLargeTooSlowAndBroken(t *testing.T) {
	w := start(t)
	url, token := w.service(func(template, _ map[string]any) { template["timeout"] = "1s" })
	w.call(token, "POST", url+"/", make([]byte, 32<<20+1)).want(413).saying("too large")

	// no Content-Length
	chunked, _ := http.NewRequest("POST", url+"/", struct{ io.Reader }{bytes.NewReader(make([]byte, 33<<20))})
	chunked.Header.Set("Authorization", "Bearer "+token)
	w.do(chunked).want(413)

	w.call(token, "GET", url+"/hold", nil).want(504).saying("upstream request timeout")
	w.call(token, "GET", url+"/exit", nil).want(503)
	w.call(token, "GET", url+"/", nil).want(200) // another instance takes over
	w.call(token, "GET", url+"/status/418", nil).want(418)
}

func TestInternalIngressAndCustomAudience(t *testing.T) {
	w := start(t)
	url, _ := w.service(nil)
	image := w.call(w.owner, "GET", "/run/v2"+location+"/services/app", nil).text("template", "containers", 0, "image")
	custom := container(image, nil)
	custom["customAudiences"] = []string{"https://converter.example.com"}
	w.deploy("app", custom)
	token := w.idToken("caller@"+project+".iam.gserviceaccount.com", "https://converter.example.com")
	w.call(token, "GET", url+"/", nil).want(200)
	custom["ingress"] = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
	custom["template"].(map[string]any)["vpcAccess"] = map[string]any{
		"networkInterfaces": []any{map[string]any{"network": "default"}}}
	access := w.deploy("app", custom).at("response", "template", "vpcAccess")
	if dig(access, "egress") != "PRIVATE_RANGES_ONLY" || dig(access, "networkInterfaces", 0, "subnetwork") != "default" {
		t.Errorf("VPC access is %v", access)
	}
	w.call(token, "GET", url+"/", nil).want(404)
	custom["ingress"] = "INGRESS_TRAFFIC_INTERNAL_ONLY"
	w.deploy("app", custom)
	w.call(token, "GET", url+"/", nil).want(404)
	forged, _ := http.NewRequest("GET", url+"/", nil)
	forged.Header.Set("Authorization", "Bearer "+token)
	forged.Header.Set("X-Local-Cloud-Internal", "guess")
	w.do(forged).want(404)
}

// Whoever knows an instance's port does not get past the front end: the container listens on a loopback address of its
// own.
func TestAnInstanceCannotBeCalledPastItsFrontEnd(t *testing.T) {
	w := start(t)
	url, token := w.service(nil)
	env := map[string]string{}
	for _, variable := range w.call(token, "GET", url+"/", nil).want(200).at("env").([]any) {
		name, value, _ := strings.Cut(variable.(string), "=")
		env[name] = value
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "localhost"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, env["PORT"]))
		if err == nil {
			conn.Close()
			t.Errorf("the instance answers at %s:%s", host, env["PORT"])
		}
	}
	if ip := net.ParseIP(env["HOST"]); !ip.IsLoopback() {
		t.Errorf("the instance listens on %s, which other machines reach", ip)
	}
}
