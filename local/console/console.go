// Package console is the page at the local cloud's address: what exists, and what was just asked for and why it was
// allowed or refused. It follows live.
package console

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"docx2pdf/local/traffic"
)

//go:embed page.html
var page []byte

//go:embed page.css
var style []byte

//go:embed page.js
var script []byte

// State is everything that the page shows.
type State struct {
	Address      string         `json:"address"`
	Projects     []Project      `json:"projects"`
	Buckets      []Bucket       `json:"buckets"`
	Services     []Service      `json:"services"`
	Builds       []Build        `json:"builds"`
	Repositories []Repository   `json:"repositories"`
	Accounts     []Account      `json:"accounts"`
	Topics       []string       `json:"topics"`
	Backlogs     []Subscription `json:"subscriptions"`
	Policies     []Policy       `json:"policies"`
	Others       []string       `json:"others"`
	Requests     []Request      `json:"requests"`
}

// Project is a project with the APIs it has enabled.
type Project struct {
	ID     string   `json:"id"`
	Number string   `json:"number"`
	APIs   []string `json:"apis"`
}

// Bucket is a bucket with its live objects.
type Bucket struct {
	Name    string   `json:"name"`
	Project string   `json:"project"`
	Objects []Object `json:"objects"`
}

// Object is one object.
type Object struct {
	Name string `json:"name"`
	Size uint64 `json:"size"`
	Type string `json:"type"`
	Time string `json:"time"`
}

// Service is a Cloud Run service with its revisions.
type Service struct {
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	State     string     `json:"state"`
	Message   string     `json:"message"`
	Revisions []Revision `json:"revisions"`
}

// Revision is one revision and how many instances of it run.
type Revision struct {
	Name      string `json:"name"`
	State     string `json:"state"`
	Instances int    `json:"instances"`
	Serving   bool   `json:"serving"`
}

// Build is a Cloud Build build.
type Build struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Time   string `json:"time"`
	Detail string `json:"detail"`
}

// Repository is an Artifact Registry repository with its images.
type Repository struct {
	Name   string   `json:"name"`
	Images []string `json:"images"`
}

// Account is a service account with the number of its keys.
type Account struct {
	Email string `json:"email"`
	Keys  int    `json:"keys"`
}

// Subscription is a subscription with its backlog.
type Subscription struct {
	Name     string `json:"name"`
	Topic    string `json:"topic"`
	Endpoint string `json:"endpoint"`
	Backlog  int    `json:"backlog"`
}

// Policy is one grant: who has which role on what.
type Policy struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
	Member   string `json:"member"`
}

// Request is one call with its verdict.
type Request struct {
	Time         string `json:"time"`
	Method       string `json:"method"`
	Path         string `json:"path"`
	Call         string `json:"call"`
	Caller       string `json:"caller"`
	Status       int    `json:"status"`
	Why          string `json:"why"`
	Milliseconds int64  `json:"milliseconds"`
}

// Requests turns entries of the traffic log into what the page shows.
func Requests(entries []traffic.Entry) []Request {
	requests := make([]Request, 0, len(entries))
	for _, e := range entries {
		requests = append(requests, Request{Time: e.Time.Format("15:04:05.000"), Method: e.Method, Path: e.Path, Call: e.Call, Caller: e.Caller,
			Status: e.Status, Why: e.Why, Milliseconds: e.Duration.Milliseconds()})
	}
	return requests
}

// Handler serves the page at /, the state as JSON at /console/state and as a stream of events at /console/events. The
// state function is asked again after every request that the log sees, at most a few times a second.
func Handler(state func() State, log *traffic.Log) http.Handler {
	mux := http.NewServeMux()
	for path, file := range map[string]struct {
		kind string
		data []byte
	}{"/{$}": {"text/html", page}, "/console/page.css": {"text/css", style}, "/console/page.js": {"text/javascript", script}} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.kind+"; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'")
			w.Write(file.data)
		})
	}
	mux.HandleFunc("GET /console/state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(state())
	})
	mux.HandleFunc("GET /console/events", func(w http.ResponseWriter, r *http.Request) { follow(w, r, state, log) })
	return LocalOnly(mux)
}

// pace is the shortest time between two events.
const pace = 250 * time.Millisecond

func follow(w http.ResponseWriter, r *http.Request, state func() State, log *traffic.Log) {
	changed, stop := log.Follow()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	controller := http.NewResponseController(w)
	for {
		data, err := json.Marshal(state())
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil || controller.Flush() != nil {
			return
		}
		if !wait(r, pace) {
			return
		}
		// Instances and backlogs change without a request: look again now and then.
		refresh := time.NewTimer(2 * time.Second)
		select {
		case <-changed:
		case <-refresh.C:
		case <-r.Context().Done():
			refresh.Stop()
			return
		}
		refresh.Stop()
	}
}

func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// LocalOnly refuses requests under a foreign host name, with which a web page elsewhere could make a browser read this
// one (DNS rebinding).
func LocalOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "This page is for this machine only; open it as http://127.0.0.1:PORT/.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
