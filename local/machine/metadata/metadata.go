// Package metadata is the metadata server that each running container sees
// (https://cloud.google.com/run/docs/container-contract#metadata-server): project, region, and the tokens of the
// revision's service account.
package metadata

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"docx2pdf/local/google/iam/token"
)

// Instance is what the server tells about the container it serves.
type Instance struct {
	ID      string
	Project string
	Number  string
	Region  string
	Account string // email of the service account
}

// scope is that of an instance's tokens, unless a program asks for others
// (https://cloud.google.com/run/docs/securing/service-identity#access_tokens).
const scope = "https://www.googleapis.com/auth/cloud-platform"

// Handler serves one container.
func Handler(in Instance, tokens *token.Authority) http.Handler {
	mux := http.NewServeMux()
	text := func(path, value string) {
		mux.HandleFunc("GET /computeMetadata/v1/"+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/text")
			io.WriteString(w, value)
		})
	}
	text("project/project-id", in.Project)
	text("project/numeric-project-id", in.Number)
	text("instance/id", in.ID)
	text("instance/region", "projects/"+in.Number+"/regions/"+in.Region)
	text("instance/zone", "projects/"+in.Number+"/zones/"+in.Region+"-1")
	text("universe/universe-domain", "googleapis.com")
	text("instance/service-accounts/{$}", "default/\n"+in.Account+"/\n")
	for _, account := range []string{"default", in.Account} {
		base := "instance/service-accounts/" + account + "/"
		text(base+"email", in.Account)
		text(base+"scopes", scope)
		text(base+"aliases", "default")
		mux.HandleFunc("GET /computeMetadata/v1/"+base+"{$}", func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, map[string]any{"aliases": []string{"default"}, "email": in.Account, "scopes": []string{scope}})
		})
		mux.HandleFunc("GET /computeMetadata/v1/"+base+"token", func(w http.ResponseWriter, r *http.Request) {
			scopes := scope
			if asked := r.URL.Query().Get("scopes"); asked != "" {
				scopes = strings.ReplaceAll(asked, ",", " ")
			}
			t, err := tokens.AccessToken(in.Account, scopes, token.Lifetime)
			if err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			writeJSON(w, map[string]any{"access_token": t, "expires_in": int(token.Lifetime.Seconds()) - 1,
				"token_type": "Bearer"})
		})
		mux.HandleFunc("GET /computeMetadata/v1/"+base+"identity", func(w http.ResponseWriter, r *http.Request) {
			audience := r.URL.Query().Get("audience")
			if audience == "" {
				http.Error(w, "non-empty audience parameter required", http.StatusBadRequest)
				return
			}
			t, err := tokens.IDToken(in.Account, audience)
			if err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, t)
		})
	}
	text("{$}", "instance/\nproject/\nuniverse/\n")
	return flavoured(mux)
}

// flavoured demands and sends the header that keeps web pages from reaching a metadata server. The probe of the root,
// with which libraries look for the server, works without it.
func flavoured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		w.Header().Set("Server", "Metadata Server for Serverless")
		if r.URL.Path == "/" {
			io.WriteString(w, "computeMetadata/\n")
			return
		}
		if r.Header.Get("Metadata-Flavor") != "Google" || r.Header.Get("X-Forwarded-For") != "" {
			http.Error(w, "Missing Metadata-Flavor:Google header.", http.StatusForbidden)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/") && r.URL.Query().Get("recursive") == "" && strings.Count(r.URL.Path, "/") > 5 {
			fmt.Fprint(w, "aliases\nemail\nidentity\nscopes\ntoken\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
