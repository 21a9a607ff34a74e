package provider_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// standIn is a Google Cloud of a few verbs: it keeps JSON objects by path and
// records the calls. What it answers besides is what Google answers (see the
// recordings named in the tests), so far as the provider looks at it.
type standIn struct {
	*httptest.Server

	mu      sync.Mutex
	objects map[string]map[string]any // by path without the API's version
	media   map[string][]byte         // contents of storage objects
	calls   []string                  // "METHOD /path?query"
	bodies  map[string]map[string]any // last request body by "METHOD /path"
	polls   map[string]int            // of operations
	serial  int

	// refuse may answer a call in place of the stand-in.
	refuse func(w http.ResponseWriter, r *http.Request) bool
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{
		objects: map[string]map[string]any{}, media: map[string][]byte{},
		bodies: map[string]map[string]any{}, polls: map[string]int{},
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.RequestURI())
	if s.refuse == nil || !s.refuse(w, r) {
		s.serve(w, r)
	}
}

func (s *standIn) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer owner" {
		answerError(w, 401, "Request had invalid authentication credentials.", "authError")
		return
	}
	if strings.HasPrefix(r.URL.Path, "/upload/") {
		s.upload(w, r)
		return
	}
	var body map[string]any
	if text, _ := io.ReadAll(r.Body); len(text) > 0 {
		if err := json.Unmarshal(text, &body); err != nil {
			answerError(w, 400, "Invalid JSON payload received.", "parseError")
			return
		}
	}
	path, verb, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ":")
	s.bodies[r.Method+" "+r.URL.Path] = maps.Clone(body)
	switch {
	case verb == "getIamPolicy", strings.HasSuffix(path, "/iam") && r.Method == http.MethodGet:
		s.answerPolicy(w, path)
	case verb == "setIamPolicy":
		s.setPolicy(w, path, body["policy"].(map[string]any))
	case strings.HasSuffix(path, "/iam"):
		s.setPolicy(w, path, body)
	case verb != "":
		s.custom(w, path, verb)
	case strings.Contains(path, "/operations/"):
		s.answerOperation(w, path)
	case strings.HasSuffix(path, "/serviceAccount"):
		answer(w, map[string]any{"kind": "storage#serviceAccount",
			"email_address": "service-1@gs-project-accounts.iam.gserviceaccount.com"})
	case strings.HasPrefix(path, "serviceusage/") && strings.HasSuffix(path, "/services"):
		s.answerEnabledServices(w, path)
	case strings.HasPrefix(path, "cloudresourcemanager/"):
		answer(w, map[string]any{"projectId": "p1", "name": "P One", "projectNumber": "1", "lifecycleState": "ACTIVE"})
	default:
		s.object(w, r, path, body)
	}
}

func (s *standIn) custom(w http.ResponseWriter, path, verb string) {
	switch verb {
	case "enable", "disable":
		state := map[string]string{"enable": "ENABLED", "disable": "DISABLED"}[verb]
		if strings.HasPrefix(path, "iam/") {
			s.objects[path]["disabled"] = verb == "disable"
			answer(w, map[string]any{})
			return
		}
		s.objects[path] = map[string]any{"name": path, "state": state}
		s.startOperation(w, "serviceusage", path)
	case "generateServiceIdentity":
		answer(w, map[string]any{"name": "operations/1", "done": true, "response": map[string]any{
			"email": "service-1@gcp-sa-pubsub.iam.gserviceaccount.com", "uniqueId": "7"}})
	default:
		answerError(w, 501, "not modelled: "+verb, "notImplemented")
	}
}

func (s *standIn) answerEnabledServices(w http.ResponseWriter, path string) {
	var enabled []any
	for name, service := range s.objects {
		if strings.HasPrefix(name, path+"/") && service["state"] == "ENABLED" {
			enabled = append(enabled, map[string]any{"name": name})
		}
	}
	answer(w, map[string]any{"services": enabled})
}

// startOperation answers with an operation that is done when it is asked for the second time.
func (s *standIn) startOperation(w http.ResponseWriter, api, key string) {
	s.serial++
	name := fmt.Sprintf("projects/p1/locations/l/operations/%d", s.serial)
	s.polls[name] = 0
	answer(w, map[string]any{"name": name})
}

func (s *standIn) answerOperation(w http.ResponseWriter, path string) {
	name := strings.SplitN(path, "/", 3)[2]
	s.polls[name]++
	if s.polls[name] < 2 {
		answer(w, map[string]any{"name": name})
		return
	}
	answer(w, map[string]any{"name": name, "done": true, "response": map[string]any{"name": "x"}})
}

func (s *standIn) answerPolicy(w http.ResponseWriter, path string) {
	if policy, ok := s.objects["policy of "+strings.TrimSuffix(path, "/iam")]; ok {
		answer(w, policy)
		return
	}
	answer(w, map[string]any{"etag": "ACAB"})
}

func (s *standIn) setPolicy(w http.ResponseWriter, path string, policy map[string]any) {
	key := "policy of " + strings.TrimSuffix(path, "/iam")
	current := "ACAB"
	if old, ok := s.objects[key]; ok {
		current = old["etag"].(string)
	}
	if policy["etag"] != current {
		answerError(w, 409,
			"There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
			"aborted")
		return
	}
	s.serial++
	policy["etag"] = fmt.Sprintf("BwX%d=", s.serial)
	s.objects[key] = policy
	answer(w, policy)
}

// upload takes the two parts of a multipart upload.
func (s *standIn) upload(w http.ResponseWriter, r *http.Request) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		answerError(w, 400, err.Error(), "invalid")
		return
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		answerError(w, 400, err.Error(), "invalid")
		return
	}
	object := map[string]any{}
	_ = json.NewDecoder(first).Decode(&object)
	second, err := parts.NextPart()
	if err != nil {
		answerError(w, 400, err.Error(), "invalid")
		return
	}
	content, _ := io.ReadAll(second)
	bucket := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/upload/storage/v1/b/"), "/o")
	name, _ := object["name"].(string)
	s.serial++
	object["bucket"], object["generation"] = bucket, fmt.Sprint(s.serial)
	object["md5Hash"], object["crc32c"] = "md5==", "crc=="
	object["contentType"] = second.Header.Get("Content-Type")
	key := "storage/v1/b/" + bucket + "/o/" + name
	s.objects[key], s.media[key] = object, content
	answer(w, object)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func answerError(w http.ResponseWriter, code int, message, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"errors": []any{map[string]any{"message": message, "reason": reason, "domain": "global"}},
	}})
}
