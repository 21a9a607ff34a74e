package registry

import (
	"encoding/json"
	"errors"
	"net/http"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
)

// enter lets a request in whose caller may do it.
func (s *Service) enter(visit *door.Visit, r *http.Request) error {
	visit.Words = denied
	if err := identify(visit, r); err != nil {
		return err
	}
	if isPing(r) || isToken(r) {
		return nil
	}
	image, _, _, ok := parsePath(r.URL.Path)
	if !ok {
		return ociError{http.StatusNotFound, "NAME_INVALID",
			"images are named LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME"}
	}
	repository, found := s.repositories.Get(repositoryOf(image))
	if !found {
		return ociError{http.StatusNotFound, "NAME_UNKNOWN", "Repository \"" + image + "\" not found"}
	}
	if err := visit.Allow(permissionTo(r.Method), policy.In(repository.Name)); err != nil {
		return err
	}
	return s.mayUse(repository.Name, repository.KmsKeyName)
}

// MayPush checks that an account may push an image, named with or without its tag.
func (s *Service) MayPush(p policy.Principal, image string) error {
	if _, ok := s.repositories.Get(repositoryOf(image)); !ok {
		return status.Errorf(status.NotFound, "Repository %q not found", repositoryOf(image))
	}
	permission := permissionTo(http.MethodPut)
	visit := s.door.Errand(permission, p)
	visit.Words = denied
	return visit.Allow(permission, policy.In(repositoryOf(image)))
}

// permissionTo is what a request with a method takes
// (https://cloud.google.com/artifact-registry/docs/access-control#permissions).
func permissionTo(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "artifactregistry.repositories.downloadArtifacts"
	case http.MethodDelete:
		return "artifactregistry.repositories.deleteArtifacts"
	}
	return "artifactregistry.repositories.uploadArtifacts"
}

// identify takes a bearer token, or basic credentials with the user oauth2accesstoken as Docker sends them.
func identify(visit *door.Visit, r *http.Request) error {
	user, password, basic := r.BasicAuth()
	if basic && user != "oauth2accesstoken" {
		return status.Errorf(status.Unauthenticated, "log in as oauth2accesstoken with an access token")
	}
	const service = "artifactregistry.googleapis.com"
	call := permissionTo(r.Method)
	if isPing(r) || isToken(r) {
		call = permissionTo(http.MethodGet)
	}
	var err error
	if basic {
		err = visit.IdentifyToken(password, r, service, call)
	} else {
		err = visit.Identify(r, service, call)
	}
	if err == nil && visit.Caller == policy.Anonymous {
		err = status.Errorf(status.Unauthenticated, "authentication required; use an access token")
	}
	return err
}

// ociError is an error in the words of the OCI distribution specification
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes).
type ociError struct {
	status        int
	code, message string
}

func (e ociError) Error() string { return e.message }

// refuse answers as a registry does.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e ociError
	if !errors.As(err, &e) {
		refused := status.From(err)
		e = ociError{refused.Code.HTTP, "UNKNOWN", refused.Message}
	}
	switch e.status {
	case http.StatusUnauthorized:
		e.code = "UNAUTHORIZED"
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/v2/token",service="`+r.Host+`"`)
	case http.StatusForbidden:
		e.code = "DENIED"
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(e.status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"code": e.code, "message": e.message}}})
}
