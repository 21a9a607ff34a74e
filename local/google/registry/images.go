package registry

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	ocispec "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"docx2pdf/local/machinery/store"
)

// manifest is one pushed manifest or tag. The registry of go-containerregistry keeps manifests in memory only; these
// are put into it again at a start.
type manifest struct {
	Image       string    `json:"image"` // LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME
	Reference   string    `json:"reference"`
	Digest      string    `json:"digest"`
	ContentType string    `json:"contentType"`
	Content     []byte    `json:"content"`
	Pushed      time.Time `json:"pushed"`
}

func (m manifest) key() string { return m.Image + "@" + m.Reference }

func (m manifest) isTag() bool { return m.Reference != m.Digest }

func newOCI(blobs string) (http.Handler, error) {
	if err := os.MkdirAll(blobs, 0o700); err != nil {
		return nil, err
	}
	return registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
		registry.Logger(log.New(io.Discard, "", 0))), nil
}

// load puts the stored manifests into the registry, indexes after the images that they list.
func (s *Service) load() {
	manifests := s.manifests.List("")
	for _, indexes := range []bool{false, true} {
		for _, m := range manifests {
			if types.MediaType(m.ContentType).IsIndex() == indexes {
				s.put(m)
			}
		}
	}
}

func (s *Service) put(m manifest) {
	r := httptest.NewRequest(http.MethodPut, "/v2/"+m.Image+"/manifests/"+m.Reference, bytes.NewReader(m.Content))
	r.Header.Set("Content-Type", m.ContentType)
	s.oci.ServeHTTP(httptest.NewRecorder(), r)
}

// dropBlobs removes the blobs that no manifest names, unless they are younger than a push may take.
func (s *Service) dropBlobs(young time.Duration) error {
	manifests := ""
	for _, m := range s.manifests.List("") {
		manifests += string(m.Content)
	}
	return filepath.WalkDir(s.blobs, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(manifests, entry.Name()) {
			return err
		}
		if info, err := entry.Info(); err != nil || time.Since(info.ModTime()) < young {
			return err
		}
		return os.Remove(file)
	})
}

// ServeHTTP is the OCI registry at /v2/, behind the door. Images carry their whole Google name:
// /v2/LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME/….
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	visit := s.door.Enter(r, permissionTo(r.Method))
	answer := &answer{ResponseWriter: w, code: http.StatusOK}
	err := s.enter(visit, r)
	if err == nil {
		s.serve(answer, r)
	} else {
		refuse(answer, r, err)
	}
	if isPing(r) && !hasCredential(r) { // how clients ask which credentials are wanted
		return
	}
	visit.Leave(answer.code, err)
}

// answer remembers the status.
type answer struct {
	http.ResponseWriter
	code int
}

func (a *answer) WriteHeader(code int) {
	a.code = code
	a.ResponseWriter.WriteHeader(code)
}

func isPing(r *http.Request) bool { return r.URL.Path == "/v2/" || r.URL.Path == "/v2" }

func hasCredential(r *http.Request) bool { return r.Header.Get("Authorization") != "" }

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	image, reference, isManifest, _ := parsePath(r.URL.Path)
	switch {
	case isToken(r):
		giveToken(w, r)
		return
	case isManifest && r.Method == http.MethodPut:
		s.pushManifest(w, r, image, reference)
		return
	}
	s.oci.ServeHTTP(w, r)
	if isManifest && r.Method == http.MethodDelete {
		s.manifests.Delete(manifest{Image: image, Reference: reference}.key())
	}
}

func isToken(r *http.Request) bool { return r.URL.Path == "/v2/token" }

// giveToken hands clients that logged in with basic credentials their access token as the bearer token.
func giveToken(w http.ResponseWriter, r *http.Request) {
	_, password, _ := r.BasicAuth()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"token": password, "access_token": password, "expires_in": 3600})
}

const maxManifest = 4 << 20

func (s *Service) pushManifest(w http.ResponseWriter, r *http.Request, image, reference string) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifest))
	if err != nil {
		refuse(w, r, ociError{http.StatusBadRequest, "MANIFEST_INVALID", err.Error()})
		return
	}
	if err := checkManifest(r.Header.Get("Content-Type"), data); err != nil {
		refuse(w, r, ociError{http.StatusBadRequest, "MANIFEST_INVALID", err.Error()})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	recorder := httptest.NewRecorder()
	s.oci.ServeHTTP(recorder, r)
	if recorder.Code == http.StatusCreated {
		hash, _, _ := ocispec.SHA256(bytes.NewReader(data))
		m := manifest{Image: image, Reference: hash.String(), Digest: hash.String(),
			ContentType: r.Header.Get("Content-Type"), Content: data, Pushed: time.Now()}
		var pushed store.Batch
		s.manifests.PutIn(&pushed, m.key(), m)
		if reference != m.Digest {
			m.Reference = reference
			s.manifests.PutIn(&pushed, m.key(), m)
		}
		if err := s.db.Write(&pushed); err != nil {
			refuse(w, r, ociError{http.StatusServiceUnavailable, "UNKNOWN", err.Error()})
			return
		}
	}
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
	w.Write(recorder.Body.Bytes())
}

func checkManifest(kind string, data []byte) error {
	if types.MediaType(kind).IsIndex() {
		_, err := ocispec.ParseIndexManifest(bytes.NewReader(data))
		return err
	}
	_, err := ocispec.ParseManifest(bytes.NewReader(data))
	return err
}

// parsePath splits /v2/IMAGE/manifests/REFERENCE, /v2/IMAGE/blobs/… and /v2/IMAGE/tags/list.
func parsePath(path string) (image, reference string, isManifest, ok bool) {
	path = strings.TrimPrefix(path, "/v2/")
	for _, kind := range []string{"/manifests/", "/blobs/", "/tags/"} {
		if i := strings.LastIndex(path, kind); i > 0 {
			image = path[:i]
			return image, path[i+len(kind):], kind == "/manifests/", repositoryOf(image) != ""
		}
	}
	return "", "", false, false
}

// repositoryOf is the resource name of an image's repository, or "" when the image is not named as Artifact Registry
// names them.
func repositoryOf(image string) string {
	parts := strings.Split(image, "/")
	if len(parts) < 4 {
		return ""
	}
	location, ok := strings.CutSuffix(parts[0], "-docker.pkg.dev")
	if !ok {
		return ""
	}
	return "projects/" + parts[1] + "/locations/" + location + "/repositories/" + parts[2]
}
