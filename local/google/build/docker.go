package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	cloudbuild "google.golang.org/api/cloudbuild/v1"

	"docx2pdf/local/google/iam/token"
	"docx2pdf/local/machine/container"
)

// withDocker runs the steps with the Docker engine. Images get the name of the local registry in front while they are
// built, because the engine pushes to the registry that a name starts with.
func (s *Service) withDocker(ctx context.Context, b cloudbuild.Build, email, workspace string,
	log *buildLog) ([]*cloudbuild.BuiltImage, error) {
	config, err := s.dockerConfig(email)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(config)
	for i, step := range b.Steps {
		args := append([]string{"--config", config}, s.localNames(step.Args, b.Images)...)
		if step.Args[0] == "build" {
			args = slices.Insert(args, 3, "--force-rm") // nothing is left of a build that fails
		}
		err := docker(ctx, filepath.Join(workspace, step.Dir), func(line string) { log.write(i, line) }, args...)
		if err != nil {
			return nil, stepError{i, step.Name, err}
		}
	}
	log.line("PUSH")
	var images []*cloudbuild.BuiltImage
	for _, tag := range b.Images {
		start, local := now(), s.Registry()+"/"+tag
		if err := docker(ctx, workspace, func(line string) { log.line("%s", line) }, "--config", config, "push",
			local); err != nil {
			return images, pushError{tag, err}
		}
		digest, err := s.digest(ctx, local, email)
		if err != nil {
			return images, pushError{tag, err}
		}
		images = append(images, &cloudbuild.BuiltImage{Name: tag, Digest: digest,
			PushTiming: &cloudbuild.TimeSpan{StartTime: start, EndTime: now()}})
	}
	return images, nil
}

// digest is that of an image as it was pushed, which the registry knows best.
func (s *Service) digest(ctx context.Context, image, email string) (string, error) {
	access, err := s.Tokens.AccessToken(email, "https://www.googleapis.com/auth/cloud-platform", token.Lifetime)
	if err != nil {
		return "", err
	}
	ref, err := name.ParseReference(image, name.Insecure)
	if err != nil {
		return "", err
	}
	pushed, err := remote.Head(ref, remote.WithContext(ctx), remote.WithAuth(&authn.Bearer{Token: access}))
	if err != nil {
		return "", fmt.Errorf("reading the digest: %w", err)
	}
	return pushed.Digest.String(), nil
}

// localNames puts the local registry in front of the build's images where the arguments name them.
func (s *Service) localNames(args, images []string) []string {
	renamed := make([]string, len(args))
	for i, arg := range args {
		renamed[i] = arg
		for _, image := range images {
			if arg == image || strings.HasSuffix(arg, "="+image) {
				renamed[i] = strings.TrimSuffix(arg, image) + s.Registry() + "/" + image
			}
		}
	}
	return renamed
}

// dockerConfig makes a Docker configuration that logs in to the local registry as the build's account.
func (s *Service) dockerConfig(email string) (dir string, err error) {
	access, err := s.Tokens.AccessToken(email, "https://www.googleapis.com/auth/cloud-platform", token.Lifetime)
	if err != nil {
		return "", err
	}
	return container.DockerConfig(s.dir, s.Registry(), access)
}

// colours are what the engine puts around the lines of a step's stderr, on a terminal or not.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func docker(ctx context.Context, dir string, line func(string), args ...string) error {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Dir = dir
	// Cloud Build's docker makes plain images too, without a list of how they were built beside them.
	cmd.Env = append(os.Environ(), "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return stream(cmd, func(text string) { line(colours.ReplaceAllString(text, "")) })
}
