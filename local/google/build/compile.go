package build

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ocispec "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	cloudbuild "google.golang.org/api/cloudbuild/v1"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machine/container"
)

// binary is the program that an image without Docker holds, and its path in the image.
const binary = "converter"

// withoutDocker stands in for docker build: it compiles the Go package in the Dockerfile's folder.
func (s *Service) withoutDocker(ctx context.Context, b cloudbuild.Build, email, workspace string,
	log *buildLog) ([]*cloudbuild.BuiltImage, error) {
	tags := map[string]ocispec.Image{}
	for i, step := range b.Steps {
		if step.Args[0] != "build" {
			continue // images that were built are pushed at the end
		}
		log.write(i,
			"Without a Docker engine (go run ./local serve -docker): compiling the Go program next to the Dockerfile instead "+
				"of building the image.")
		dockerfile, tagged := buildArgs(step.Args)
		image, err := compile(ctx, filepath.Join(workspace, step.Dir), path.Dir(dockerfile),
			func(line string) { log.write(i, line) })
		if err != nil {
			return nil, stepError{i, step.Name, err}
		}
		for _, tag := range tagged {
			tags[tag] = image
		}
	}
	log.line("PUSH")
	var images []*cloudbuild.BuiltImage
	for _, tag := range b.Images {
		image, ok := tags[tag]
		if !ok {
			return images, fmt.Errorf("failed to find one or more images after execution of build steps: [%q]", tag)
		}
		built, err := s.push(ctx, tag, image, email)
		if err != nil {
			return images, pushError{tag, err}
		}
		log.line("%s: digest: %s", tag, built.Digest)
		images = append(images, built)
	}
	return images, nil
}

// buildArgs finds the Dockerfile and the tags in the arguments of docker build.
func buildArgs(args []string) (dockerfile string, tags []string) {
	dockerfile = "Dockerfile"
	for i := 0; i < len(args); i++ {
		flag, value, joined := strings.Cut(args[i], "=")
		next := func() string {
			if joined || i+1 >= len(args) {
				return value
			}
			i++
			return args[i]
		}
		switch flag {
		case "--file", "-f":
			dockerfile = next()
		case "--tag", "-t":
			tags = append(tags, next())
		}
	}
	return dockerfile, tags
}

// compile builds the package in folder, with the module that it is in, and wraps the binary in an image. The same source
// gives the same digest.
func compile(ctx context.Context, workspace, folder string, line func(string)) (ocispec.Image, error) {
	out := filepath.Join(workspace, ".build", binary)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", out, ".")
	cmd.Dir = filepath.Join(workspace, folder)
	cmd.Env = compilerEnvironment(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	line(strings.Join(cmd.Args, " "))
	var last string
	if err := stream(cmd, func(text string) { line(text); last = text }); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %s", err, last)
	}
	return wrap(out, filepath.Join(workspace, folder, ownFonts))
}

// ownFonts is the folder beside the Dockerfile with the fonts of whoever builds, which the image has in fontsDir.
const (
	ownFonts = "fonts/own"
	fontsDir = "usr/local/share/docx2pdf/own"
)

// compilerEnvironment is what the compiler needs of this process's environment, and nothing else: a build at Google
// sees no keys and no settings of whoever started it.
func compilerEnvironment(all []string) []string {
	own := []string{"GOWORK=off"}
	for _, variable := range all {
		name, _, _ := strings.Cut(variable, "=")
		switch upper := strings.ToUpper(name); {
		case name == "GOWORK" || strings.HasPrefix(name, "GOOGLE"):
		case strings.HasPrefix(name, "GO"), strings.HasPrefix(name, "XDG_"), slices.Contains(kept, upper):
			own = append(own, variable)
		}
	}
	return own
}

// kept are the variables by which a compiler finds itself, its cache and the network.
var kept = []string{"PATH", "HOME", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// stream runs a command and hands on its output by lines.
func stream(cmd *exec.Cmd, line func(string)) error {
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	done := make(chan struct{})
	go func() {
		defer close(done)
		container.Lines(reader, line)
	}()
	err := cmd.Run()
	writer.Close()
	<-done
	return err
}

// wrap makes an image of a program and of a folder with fonts, which need not be there.
func wrap(program, fonts string) (ocispec.Image, error) {
	var layer bytes.Buffer
	t := tar.NewWriter(&layer)
	if err := add(t, program, binary, 0o755); err != nil {
		return nil, err
	}
	found := false
	err := filepath.WalkDir(fonts, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		within, err := filepath.Rel(fonts, file)
		if err != nil {
			return err
		}
		found = true
		return add(t, file, path.Join(fontsDir, filepath.ToSlash(within)), 0o644)
	})
	if err != nil {
		return nil, fmt.Errorf("adding fonts: %w", err)
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	tarLayer, err := tarball.LayerFromOpener(func() (io.ReadCloser,
		error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, tarLayer)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(image, withConfig(image, found))
}

// add puts a file into an archive.
func add(t *tar.Writer, file, name string, mode int64) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}
	if err := t.WriteHeader(header); err != nil {
		return err
	}
	_, err = t.Write(data)
	return err
}

func withConfig(image ocispec.Image, fonts bool) *ocispec.ConfigFile {
	file, err := image.ConfigFile()
	if err != nil {
		file = &ocispec.ConfigFile{}
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", "amd64"
	file.Config.Entrypoint = []string{"/" + binary}
	if fonts {
		file.Config.Env = []string{"FONTS_DIR=/" + fontsDir}
	}
	file.Config.Labels = map[string]string{container.HostLabel: "true"}
	return file
}

// push sends the image to the registry with the rights of the build's account.
func (s *Service) push(ctx context.Context, tag string, image ocispec.Image,
	email string) (*cloudbuild.BuiltImage, error) {
	start := now()
	principal, _ := s.Accounts.Principal(email)
	if err := s.MayPush(principal, tag); err != nil {
		return nil, err
	}
	access, err := s.Tokens.AccessToken(email, "https://www.googleapis.com/auth/cloud-platform", token.Lifetime)
	if err != nil {
		return nil, err
	}
	ref, err := name.ParseReference(s.Registry()+"/"+tag, name.Insecure)
	if err != nil {
		return nil, err
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx),
		remote.WithAuth(&authn.Bearer{Token: access})); err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	return &cloudbuild.BuiltImage{Name: tag, Digest: digest.String(), PushTiming: &cloudbuild.TimeSpan{StartTime: start,
		EndTime: now()}}, nil
}
