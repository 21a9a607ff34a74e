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

func (s *Service) of(image string, tags bool) []manifest {
	var found []manifest
	for _, m := range s.manifests.List(image + "@") {
		if m.isTag() == tags {
			found = append(found, m)
		}
	}
	return found
}

func (s *Service) listPackages(r *rest.Request) (any, error) {
	var answer ar.ListPackagesResponse
	seen := map[string]bool{}
	for _, m := range s.manifests.List(registryURI(nameOf(r)) + "/") {
		if !seen[m.Image] {
			seen[m.Image] = true
			answer.Packages = append(answer.Packages, s.packageOf(r, m.Image))
		}
	}
	return answer, nil
}

func (s *Service) getPackage(r *rest.Request) (any, error) {
	image := s.imageOf(r)
	if len(s.of(image, false)) == 0 {
		return nil, notFound()
	}
	return s.packageOf(r, image), nil
}

func (s *Service) packageOf(r *rest.Request, image string) *ar.Package {
	p := &ar.Package{Name: nameOf(r) + "/packages/" +
		url.PathEscape(strings.TrimPrefix(image, registryURI(nameOf(r))+"/"))}
	for _, m := range s.of(image, false) {
		pushed := m.Pushed.UTC().Format(time.RFC3339Nano)
		if p.CreateTime == "" || pushed < p.CreateTime {
			p.CreateTime = pushed
		}
		p.UpdateTime = max(p.UpdateTime, pushed)
	}
	return p
}

func (s *Service) listTags(r *rest.Request) (any, error) {
	var answer ar.ListTagsResponse
	for _, m := range s.of(s.imageOf(r), true) {
		answer.Tags = append(answer.Tags, tagOf(r, m))
	}
	return answer, nil
}

func (s *Service) getTag(r *rest.Request) (any, error) {
	m, ok := s.manifests.Get(manifest{Image: s.imageOf(r), Reference: r.Var("tag")}.key())
	if !ok || !m.isTag() {
		return nil, notFound()
	}
	return tagOf(r, m), nil
}

func tagOf(r *rest.Request, m manifest) *ar.Tag {
	base := nameOf(r) + "/packages/" + url.PathEscape(r.Var("package"))
	return &ar.Tag{Name: base + "/tags/" + m.Reference, Version: base + "/versions/" + m.Digest}
}

func (s *Service) deleteTag(r *rest.Request) (any, error) {
	key := manifest{Image: s.imageOf(r), Reference: r.Var("tag")}.key()
	m, ok := s.manifests.Get(key)
	if !ok || !m.isTag() {
		return nil, notFound()
	}
	var gone store.Batch
	s.dropIn(&gone, m)
	return rest.Empty{}, s.db.Write(&gone)
}

func (s *Service) listVersions(r *rest.Request) (any, error) {
	var answer ar.ListVersionsResponse
	for _, m := range s.of(s.imageOf(r), false) {
		answer.Versions = append(answer.Versions, versionOf(r, m))
	}
	return answer, nil
}

func (s *Service) getVersion(r *rest.Request) (any, error) {
	m, ok := s.manifests.Get(manifest{Image: s.imageOf(r), Reference: r.Var("version")}.key())
	if !ok || m.isTag() {
		return nil, notFound()
	}
	return versionOf(r, m), nil
}

func versionOf(r *rest.Request, m manifest) *ar.Version {
	pushed := m.Pushed.UTC().Format(time.RFC3339Nano)
	return &ar.Version{Name: nameOf(r) + "/packages/" + url.PathEscape(r.Var("package")) + "/versions/" + m.Digest,
		CreateTime: pushed, UpdateTime: pushed}
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
	for _, tag := range s.of(m.Image, true) {
		if tag.Digest == m.Digest {
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
