package registry

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	ocispec "github.com/google/go-containerregistry/pkg/v1"
	ar "google.golang.org/api/artifactregistry/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/store"
)

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
