package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// hearsOfOutputs hangs a notification on the output bucket, as the converter's README shows with gcloud, and reads what
// it tells of a PDF and of a failure.
func (m *machine) hearsOfOutputs() {
	m.t.Helper()
	project := "projects/" + m.variable("CLOUDSDK_CORE_PROJECT")
	pubsub, storage := m.variable("GOOGLE_PUBSUB_CUSTOM_ENDPOINT"), m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT")
	topic, subscription := project+"/topics/converted", project+"/subscriptions/converted"
	m.asOwner(http.MethodPut, pubsub+topic, map[string]any{}, nil)
	m.asOwner(http.MethodPut, pubsub+subscription, map[string]any{"topic": topic}, nil)
	defer m.asOwner(http.MethodDelete, pubsub+topic, nil, nil)
	defer m.asOwner(http.MethodDelete, pubsub+subscription, nil, nil)
	// gcloud grants this by itself.
	var agent struct {
		EmailAddress string `json:"email_address"`
	}
	m.asOwner(http.MethodGet, storage+project+"/serviceAccount", nil, &agent)
	m.asOwner(http.MethodPost, pubsub+topic+":setIamPolicy", map[string]any{"policy": map[string]any{"bindings": []any{
		map[string]any{"role": "roles/pubsub.publisher", "members": []string{"serviceAccount:" + agent.EmailAddress}},
	}}}, nil)
	m.asOwner(http.MethodPost, storage+"b/"+m.outputs()["outputBucket"]+"/notificationConfigs",
		map[string]any{"topic": "//pubsub.googleapis.com/" + topic, "payload_format": "JSON_API_V1",
			"event_types": []string{"OBJECT_FINALIZE"}}, nil)

	if err := os.WriteFile(filepath.Join(m.dir, "damaged.docx"), []byte("PK\x03\x04 not a document"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.upload("told/good.docx", "demo.docx")
	m.upload("told/damaged.docx", "damaged.docx")
	wants := map[string][]string{
		"told/good.pdf": {"source-bucket", "source-object", "source-generation", "image", "limits", "pages",
			"convert-ms", "libreoffice"},
		"told/damaged.error.json": {"source-bucket", "source-object", "source-generation", "image", "limits", "code",
			"error", "status"},
	}
	m.waitFor("notifications of a PDF and of a failure", func() bool {
		var pulled struct {
			ReceivedMessages []struct {
				Message struct{ Data string }
			}
		}
		m.asOwner(http.MethodPost, pubsub+subscription+":pull", map[string]any{"maxMessages": 10}, &pulled)
		for _, received := range pulled.ReceivedMessages {
			data, err := base64.StdEncoding.DecodeString(received.Message.Data)
			var object struct {
				Name     string
				Metadata map[string]string
			}
			if err == nil {
				err = json.Unmarshal(data, &object)
			}
			if err != nil {
				m.t.Fatalf("a notification of %q: %v", received.Message.Data, err)
			}
			for _, name := range wants[object.Name] {
				if object.Metadata[name] == "" {
					m.t.Errorf("the notification of %s does not tell %s: %v", object.Name, name, object.Metadata)
				}
			}
			if strings.Contains(object.Name, "told/") && !strings.HasPrefix(object.Metadata["source-object"], "told/") {
				m.t.Errorf("the notification of %s names as its source %q", object.Name, object.Metadata["source-object"])
			}
			delete(wants, object.Name)
		}
		return len(wants) == 0
	})
}
