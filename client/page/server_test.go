package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"docx2pdf/client/page"
)

// served is a page before a service that answers with what it got.
func served(t *testing.T) *page.Server {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Origin")+r.Header.Get("Cookie")+r.Header.Get("Referer") != "" {
			t.Errorf("the service is told of the page: %v", r.Header)
		}
		w.Header().Set("X-Pages", "2")
		fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), body)
	}))
	t.Cleanup(service.Close)
	return serve(t, service.URL)
}

func serve(t *testing.T, service string) *page.Server {
	t.Helper()
	token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "id", TokenType: "Bearer"})
	s, err := page.Listen(page.Config{Service: service, Tokens: token, Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func call(t *testing.T, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content), answer.Header
}

func TestProgramsConvertWithoutSigningIn(t *testing.T) {
	s := served(t)
	for _, url := range []string{s.URL(), strings.TrimSuffix(s.URL(), "/")} {
		status, body, header := call(t, "POST", url+"?pdfa=2b", "document", "Authorization", "Bearer mine", "Cookie", "a=b")
		if status != 200 || body != "POST /?pdfa=2b Bearer id document" || header.Get("X-Pages") != "2" {
			t.Errorf("%d %q %v", status, body, header)
		}
	}
}

func TestProgramsMayPutAnyPathBehindTheAddress(t *testing.T) {
	s := served(t)
	for _, address := range []string{s.URL(), strings.TrimSuffix(s.URL(), "/")} {
		status, body, _ := call(t, "POST", address+"/forms/libreoffice/convert", "form")
		if status != 200 || body != "POST /forms/libreoffice/convert Bearer id form" {
			t.Errorf("%d %q", status, body)
		}
	}
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	s := served(t)
	status, body, header := call(t, "GET", s.URL(), "")
	if status != 200 || !strings.Contains(body, "<title>") ||
		strings.Contains(header.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("%d %v\n%s", status, header, body)
	}
	for _, file := range []string{"page/page.js", "page/queue.js", "page/page.css", "page/icon.svg"} {
		if status, body, _ := call(t, "GET", s.URL()+file, ""); status != 200 || body == "" {
			t.Errorf("%s: %d", file, status)
		}
	}
}

func TestWebSitesAreRefused(t *testing.T) {
	s := served(t)
	host := strings.Split(s.URL(), "/")[2]
	for _, test := range []struct {
		url    string
		header []string
		want   int
	}{
		{s.URL(), []string{"Host", "evil.example"}, 403},
		{s.URL(), []string{"Origin", "https://evil.example"}, 403},
		{s.URL(), []string{"Origin", "null"}, 403},
		{s.URL(), []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{s.URL(), []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"http://" + host + "/", nil, 404},
		{"http://" + host + "/guessed/", nil, 404},
		{s.URL(), []string{"Origin", "http://" + host, "Sec-Fetch-Site", "same-origin"}, 200},
	} {
		status, body, _ := call(t, "POST", test.url, "document", test.header...)
		var refused struct{ Error, Code string }
		if status != test.want || status != 200 &&
			(json.Unmarshal([]byte(body), &refused) != nil || refused.Error == "" || refused.Code == "") {
			t.Errorf("%v: %d %s, want %d", test, status, body, test.want)
		}
	}
}

func TestServiceThatCannotBeReachedIsSaidInWords(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	s := serve(t, gone.URL)
	status, body, _ := call(t, "POST", s.URL(), "document")
	if status != http.StatusBadGateway || !strings.Contains(body, `"code":"service_unreachable"`) {
		t.Errorf("%d %s", status, body)
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		if _, err := page.Listen(page.Config{Service: "http://127.0.0.1", Address: address}); err == nil {
			t.Errorf("%s is listened on", address)
		}
	}
}
