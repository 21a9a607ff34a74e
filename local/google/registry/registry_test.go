package registry_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"docx2pdf/local/google/registry"
	"docx2pdf/local/google/servicetest"
)

const (
	repositories = "/artifactregistry/v1/projects/" + servicetest.Project + "/locations/europe-west1/repositories"
	imageName    = "europe-west1-docker.pkg.dev/" + servicetest.Project + "/images/app"
)

// service is the registry with one repository.
type service struct {
	*servicetest.World
	t *testing.T
}

func open(t *testing.T, dir string) service {
	t.Helper()
	s := service{servicetest.Start(t, dir), t}
	images, err := registry.Open(s.DB, s.Policies, s.Door, s.Operations, s.Keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(map[string]http.Handler{"/v2/": images}, images.API())
	return s
}

func start(t *testing.T, dir string) service {
	t.Helper()
	s := open(t, dir)
	s.Call("POST", repositories+"?repositoryId=images", map[string]any{"format": "DOCKER"}).Want(200)
	return s
}

func (s service) reference(image string) name.Reference {
	s.t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	reference, err := name.ParseReference(u.Host+"/"+image, name.Insecure)
	if err != nil {
		s.t.Fatal(err)
	}
	return reference
}

func (s service) owner() remote.Option {
	return remote.WithAuth(&authn.Bearer{Token: s.Tokens.OwnerToken()})
}

// push pushes an image of random content.
func (s service) push(image string) v1.Hash {
	s.t.Helper()
	content, err := random.Image(1000, 2)
	if err == nil {
		err = remote.Write(s.reference(image), content, s.owner())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	digest, err := content.Digest()
	if err != nil {
		s.t.Fatal(err)
	}
	return digest
}

func (s service) blobs() (n int) {
	s.t.Helper()
	err := filepath.WalkDir(s.DB.Folder("registry/blobs"), func(_ string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// What was pushed can be pulled after a restart, by its tag and by its digest; a tag is moved by the next push.
func TestImagesOutliveAStop(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	first, second := s.push(imageName+":v1"), s.push(imageName+":v1")
	s.Stop()
	s = open(t, dir)
	for reference, want := range map[string]v1.Hash{imageName + ":v1": second, imageName + "@" + first.String(): first} {
		image, err := remote.Image(s.reference(reference), s.owner())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := image.Digest(); err != nil || got != want {
			t.Errorf("%s is %s, want %s: %v", reference, got, want, err)
		}
		layers, err := image.Layers()
		if err != nil || len(layers) != 2 {
			t.Errorf("%s has %d layers: %v", reference, len(layers), err)
		}
	}
	var shown struct {
		URI  string `json:"uri"`
		Tags []string
	}
	s.Call("GET", repositories+"/images/dockerImages/app:v1", nil).Want(200).Into(&shown)
	if shown.URI != imageName+"@"+second.String() || len(shown.Tags) != 1 {
		t.Errorf("the image is shown as %+v", shown)
	}
	var tag struct{ Version string }
	s.Call("GET", repositories+"/images/packages/app/tags/v1", nil).Want(200).Into(&tag)
	if !strings.HasSuffix(tag.Version, "/packages/app/versions/"+second.String()) {
		t.Errorf("the tag is on %s", tag.Version)
	}
	s.Call("GET", "/artifactregistry/v1/"+tag.Version, nil).Want(200)
	s.Call("GET", repositories+"/images/packages/app/tags/v2", nil).Want(404)
	var all struct{ DockerImages []struct{ URI string } }
	if s.Call("GET", repositories+"/images/dockerImages", nil).Want(200).Into(&all); len(all.DockerImages) != 2 {
		t.Errorf("images: %+v", all)
	}
}

// With a repository its images go, and with the next start their layers.
func TestADeletedRepository(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.push(imageName + ":v1")
	if s.blobs() != 3 {
		t.Errorf("%d blobs are there, want two layers and a configuration", s.blobs())
	}
	s.Call("DELETE", repositories+"/images", nil).Want(200)
	s.Call("DELETE", repositories+"/images", nil).Want(404)
	if _, err := remote.Image(s.reference(imageName+":v1"), s.owner()); err == nil {
		t.Error("its image can still be pulled")
	}
	s.Stop()
	if s = open(t, dir); s.blobs() != 0 {
		t.Errorf("%d blobs are left", s.blobs())
	}
	s.Call("GET", repositories+"/images", nil).Want(404)
}

func TestPushesThatAreRefused(t *testing.T) {
	s := start(t, t.TempDir())
	content, err := random.Image(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	for image, why := range map[string]string{
		strings.Replace(imageName, "/images/", "/others/", 1) + ":v1": "not found",
		"app:v1": "LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/NAME",
	} {
		if err := remote.Write(s.reference(image), content, s.owner()); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("pushing %s: %v, want %q", image, err, why)
		}
	}
	if err := remote.Write(s.reference(imageName+":v1"), content); err == nil {
		t.Error("a push without credentials is taken")
	}
	manifests := "/v2/" + imageName + "/manifests/v1"
	s.Call("PUT", manifests, []byte("{"), "Content-Type", "application/vnd.oci.image.manifest.v1+json").Want(400)
	s.Call("PUT", manifests, make([]byte, 5<<20)).Want(400)
	s.Call("GET", manifests, nil).Want(404)
}
