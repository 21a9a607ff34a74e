//go:build official

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// recordedState is where the provider's tests read what the official one left
// in a stack's state.
const recordedState = "../machine/provider/testdata/official/state.json"

// record writes one resource of each type there, secrets in plain text but for
// the key, and a text in place of the archive of this machine's files.
func (m *machine) record() {
	m.t.Helper()
	type resource struct {
		Type, ID        string
		Inputs, Outputs map[string]any
	}
	var state struct {
		Deployment struct{ Resources []resource }
	}
	exported := m.run("pulumi", "stack", "export", "--stack", "local", "--show-secrets")
	if err := json.Unmarshal([]byte(exported), &state); err != nil {
		m.t.Fatal(err)
	}
	richest := map[string]resource{} // of each type, the one with most to it
	for _, r := range state.Deployment.Resources {
		r.Inputs, r.Outputs = inPlain(r.Inputs).(map[string]any), inPlain(r.Outputs).(map[string]any)
		if strings.HasPrefix(r.Type, "gcp:") && len(fmt.Sprint(r.Inputs)) > len(fmt.Sprint(richest[r.Type].Inputs)) {
			richest[r.Type] = r
		}
	}
	var chosen []resource
	for _, token := range slices.Sorted(maps.Keys(richest)) {
		r := richest[token]
		switch r.Type {
		case "gcp:serviceaccount/key:Key":
			r.Outputs["privateKey"], r.Outputs["publicKey"] = "", ""
		case "gcp:storage/bucketObject:BucketObject":
			delete(r.Inputs, "source")
			delete(r.Outputs, "source")
			r.Inputs["content"], r.Outputs["content"] = "hello", "hello"
			r.Outputs["md5hash"], r.Outputs["detectMd5hash"] = "XUFAKrxLKna5cZ2REBfFkg==", "XUFAKrxLKna5cZ2REBfFkg=="
		}
		chosen = append(chosen, r)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(chosen); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(recordedState, text.Bytes(), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// inPlain takes the secrets out of their wrapping.
func inPlain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, isSecret := v["plaintext"].(string); isSecret {
			var inner any
			_ = json.Unmarshal([]byte(text), &inner)
			return inner
		}
		for key, e := range v {
			v[key] = inPlain(e)
		}
	case []any:
		for i, e := range v {
			v[i] = inPlain(e)
		}
	}
	return v
}
