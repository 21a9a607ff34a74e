package registry

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	ocispec "github.com/google/go-containerregistry/pkg/v1"
	ar "google.golang.org/api/artifactregistry/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
)

// imageOf is the image that the path's {package} names.
func (s *Service) imageOf(r *rest.Request) string {
	return registryURI(nameOf(r)) + "/" + r.Var("package")
}

// getTag tells which version a tag is on, which the program asks before it builds.
func (s *Service) getTag(r *rest.Request) (any, error) {
	m, ok := s.manifests.Get(manifest{Image: s.imageOf(r), Reference: r.Var("tag")}.key())
	if !ok || !m.isTag() {
		return nil, notFound()
	}
	base := nameOf(r) + "/packages/" + url.PathEscape(r.Var("package"))
	return &ar.Tag{Name: base + "/tags/" + m.Reference, Version: base + "/versions/" + m.Digest}, nil
}

func (s *Service) getVersion(r *rest.Request) (any, error) {
	m, ok := s.manifests.Get(manifest{Image: s.imageOf(r), Reference: r.Var("version")}.key())
	if !ok || m.isTag() {
		return nil, notFound()
	}
	pushed := m.Pushed.UTC().Format(time.RFC3339Nano)
	return &ar.Version{Name: nameOf(r) + "/packages/" + url.PathEscape(r.Var("package")) + "/versions/" + m.Digest,
		CreateTime: pushed, UpdateTime: pushed}, nil
}

func (s *Service) listDockerImages(r *rest.Request) (any, error) {
	var answer ar.ListDockerImagesResponse
	for _, m := range s.manifests.List(registryURI(nameOf(r)) + "/") {
		if !m.isTag() {
			answer.DockerImages = append(answer.DockerImages, s.dockerImage(r, m))
		}
	}
	return answer, nil
}

// getDockerImage finds an image by NAME@DIGEST, or by NAME:TAG as the provider's data source does.
func (s *Service) getDockerImage(r *rest.Request) (any, error) {
	image := registryURI(nameOf(r)) + "/" + r.Var("image")
	if name, tag, ok := strings.Cut(image, ":"); ok && !strings.Contains(name, "@") {
		image = name + "@" + tag
	}
	m, ok := s.manifests.Get(image)
	if !ok {
		return nil, notFound()
	}
	return s.dockerImage(r, m), nil
}

func (s *Service) dockerImage(r *rest.Request, m manifest) *ar.DockerImage {
	pushed := m.Pushed.UTC().Format(time.RFC3339Nano)
	image := &ar.DockerImage{Uri: m.Image + "@" + m.Digest, MediaType: m.ContentType, UploadTime: pushed,
		UpdateTime: pushed, ImageSizeBytes: layersOf(m),
		Name: nameOf(r) + "/dockerImages/" + strings.TrimPrefix(m.Image, registryURI(nameOf(r))+"/") + "@" + m.Digest}
	for _, tag := range s.manifests.List(m.Image + "@") {
		if tag.isTag() && tag.Digest == m.Digest {
			image.Tags = append(image.Tags, tag.Reference)
		}
	}
	return image
}

// layersOf is the size of an image's layers and configuration.
func layersOf(m manifest) int64 {
	parsed, err := ocispec.ParseManifest(bytes.NewReader(m.Content))
	if err != nil {
		return 0
	}
	size := parsed.Config.Size
	for _, layer := range parsed.Layers {
		size += layer.Size
	}
	return size
}

// dropIn removes a manifest or a tag, as a part of a batch.
func (s *Service) dropIn(b *store.Batch, m manifest) {
	s.manifests.DeleteIn(b, m.key())
	b.After(func() {
		r := httptest.NewRequest(http.MethodDelete, "/v2/"+m.Image+"/manifests/"+m.Reference, nil)
		s.oci.ServeHTTP(httptest.NewRecorder(), r)
	})
}
