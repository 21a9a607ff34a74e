package container

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ocispec "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// HostLabel marks an image that holds one binary for the host's system instead of a system of its own.
const HostLabel = "local.host-binary"

// Image is an image that was pulled.
type Image struct {
	Name       string // with the digest
	Digest     string
	Host       bool   // runs as a process of the host
	Docker     bool   // runs with the Docker engine
	Local      string // the name that the Docker engine has it under
	Root       string // where a host image's files are
	Entrypoint []string
	Cmd        []string
	Env        []string
}

// Puller fetches images from the local registry.
type Puller struct {
	Registry func() string // host:port
	Dir      string        // where host images are unpacked
	Docker   bool
}

// Pull resolves an image name, by digest or tag, and unpacks it where it runs on the host. The token decides whether
// the image may be read.
func (p *Puller) Pull(ctx context.Context, image, accessToken string) (Image, error) {
	ref, err := name.ParseReference(p.Registry()+"/"+image, name.Insecure)
	if err != nil {
		return Image{}, fmt.Errorf("image name %q: %w", image, err)
	}
	pulled, err := remote.Image(ref, remote.WithContext(ctx), remote.WithAuth(&authn.Bearer{Token: accessToken}),
		remote.WithPlatform(ocispec.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		return Image{}, err
	}
	config, err := pulled.ConfigFile()
	if err != nil {
		return Image{}, err
	}
	digest, err := pulled.Digest()
	if err != nil {
		return Image{}, err
	}
	repository, _, _ := strings.Cut(image, "@")
	in := Image{Name: strings.TrimSuffix(repository, ":"+ref.Identifier()) + "@" + digest.String(),
		Digest: digest.String(), Docker: p.Docker,
		Host: config.Config.Labels[HostLabel] == "true", Entrypoint: config.Config.Entrypoint, Cmd: config.Config.Cmd,
		Env: config.Config.Env}
	if in.Host {
		in.Root = filepath.Join(p.Dir, digest.Hex)
		return in, unpack(pulled, in.Root)
	}
	if in.Docker {
		in.Local = p.Registry() + "/" + in.Name
		err = dockerPull(ctx, p.Dir, p.Registry(), in.Local, accessToken)
	}
	return in, err
}

// Keep removes all unpacked images but those with the given digests, and from the Docker engine all that came from the
// local registry.
func (p *Puller) Keep(ctx context.Context, digests []string) error {
	entries, err := os.ReadDir(p.Dir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(digests, "sha256:"+e.Name()) {
			if err := os.RemoveAll(filepath.Join(p.Dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if !p.Docker {
		return nil
	}
	return dockerKeep(ctx, p.Registry(), digests)
}

// unpack extracts an image's files into dir, once.
func unpack(image ocispec.Image, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	root, err := os.OpenRoot(temp)
	if err != nil {
		return err
	}
	defer root.Close()
	files := mutate.Extract(image)
	defer files.Close()
	for t := tar.NewReader(files); ; {
		header, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("unpacking the image: %w", err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := place(root, header, t); err != nil {
			return fmt.Errorf("unpacking the image: %w", err)
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := os.Rename(temp, dir); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

func place(root *os.Root, header *tar.Header, content io.Reader) error {
	path := strings.TrimPrefix(filepath.Clean("/"+header.Name), "/")
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, header.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
