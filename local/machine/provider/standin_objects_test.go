package provider_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

func (s *standIn) object(w http.ResponseWriter, r *http.Request, path string, body map[string]any) {
	api, _, _ := strings.Cut(path, "/")
	switch r.Method {
	case http.MethodPost, http.MethodPut:
		key, object := s.insert(r, api, path, body)
		if key == "" {
			answerError(w, 409, "Resource already exists.", "alreadyExists")
			return
		}
		if api == "run" || api == "artifactregistry" {
			s.startOperation(w, api, key)
			return
		}
		answer(w, object)
	case http.MethodGet:
		if items, isList := s.list(path); isList {
			answer(w, map[string]any{"items": items})
			return
		}
		object, ok := s.objects[path]
		if !ok {
			answerError(w, 404, "The resource "+path+" does not exist.", "notFound")
			return
		}
		answer(w, object)
	case http.MethodPatch:
		object, ok := s.objects[path]
		if !ok {
			answerError(w, 404, "The resource "+path+" does not exist.", "notFound")
			return
		}
		if account, ok := body["serviceAccount"].(map[string]any); ok {
			body = account
		}
		for _, wrapper := range []string{"subscription", "topic"} {
			if inner, ok := body[wrapper].(map[string]any); ok {
				body = inner
			}
		}
		for key, v := range body {
			if old, isMap := object[key].(map[string]any); isMap && key == "labels" && api == "storage" {
				for label, value := range v.(map[string]any) {
					if old[label] = value; value == nil {
						delete(old, label)
					}
				}
				continue
			}
			if object[key] = v; v == nil {
				delete(object, key)
			}
		}
		if api == "run" {
			s.startOperation(w, api, path)
			return
		}
		answer(w, object)
	case http.MethodDelete:
		if _, ok := s.objects[path]; !ok {
			answerError(w, 404, "The resource "+path+" does not exist.", "notFound")
			return
		}
		delete(s.objects, path)
		if api == "run" || api == "artifactregistry" {
			s.startOperation(w, api, path)
			return
		}
		if api == "storage" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, map[string]any{})
	}
}

var idParameter = regexp.MustCompile(`(?:serviceId|repository_id|bucketId)=([^&]+)`)

// insert keeps a new object under the path that Google gives it.
func (s *standIn) insert(r *http.Request, api, path string, body map[string]any) (key string, object map[string]any) {
	s.serial++
	object, key = body, path
	name, _ := body["name"].(string)
	switch id := idParameter.FindStringSubmatch(r.URL.RawQuery); {
	case id != nil:
		key = path + "/" + id[1]
	case path == "storage/v1/b":
		key = path + "/" + name
		object["selfLink"] = "https://www.googleapis.com/storage/v1/b/" + name
		object["location"] = strings.ToUpper(object["location"].(string))
		object["projectNumber"] = "1"
	case strings.HasSuffix(path, "/notificationConfigs"):
		key = fmt.Sprintf("%s/%d", path, s.serial)
		object["id"] = fmt.Sprint(s.serial)
	case strings.HasSuffix(path, "/serviceAccounts"):
		id := body["accountId"].(string)
		object, _ = body["serviceAccount"].(map[string]any)
		email := id + "@p1.iam.gserviceaccount.com"
		object["email"], object["projectId"], object["uniqueId"] = email, "p1", fmt.Sprint(1000+s.serial)
		key = path + "/" + email
	case api == "logging": // sinks and exclusions
		key = path + "/" + name
	case strings.HasSuffix(path, "/keys"):
		key = fmt.Sprintf("%s/k%d", path, s.serial)
		object = map[string]any{
			"privateKeyData": base64.StdEncoding.EncodeToString([]byte(`{"type":"service_account"}`)),
			"keyAlgorithm":   body["keyAlgorithm"], "publicKeyData": "cHVi",
			"validAfterTime": "2026-01-02T03:04:05Z", "validBeforeTime": "9999-12-31T23:59:59Z",
		}
	case r.Method == http.MethodPost:
		key = fmt.Sprintf("%s/%d", path, s.serial)
	}
	if s.objects[key] != nil {
		return "", nil
	}
	short := strings.HasSuffix(path, "/sinks") || strings.HasSuffix(path, "/exclusions")
	if api != "storage" && !short {
		object["name"] = strings.SplitN(key, "/", 3)[2]
	}
	if api == "run" {
		object["uri"] = "http://127.0.0.1:1"
		object["generation"] = "1"
		object["terminalCondition"] = map[string]any{"type": "Ready", "state": "CONDITION_SUCCEEDED"}
	}
	stored := map[string]any{}
	for k, v := range object {
		if k != "privateKeyData" { // only the answer to the creation has it
			stored[k] = v
		}
	}
	s.objects[key] = stored
	return key, object
}

// list answers a listing of a bucket's objects.
func (s *standIn) list(path string) ([]any, bool) {
	if !strings.HasSuffix(path, "/o") {
		return nil, false
	}
	items := []any{}
	for key, object := range s.objects {
		if strings.HasPrefix(key, path+"/") {
			items = append(items, object)
		}
	}
	return items, true
}
