package build

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	cloudbuild "google.golang.org/api/cloudbuild/v1"

	"docx2pdf/local/container"
	"docx2pdf/local/token"
)

// HasDocker says whether a Docker engine answers here.
func HasDocker(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").Run() == nil
}

// withDocker runs the steps with the Docker engine. Images get the name of the local registry in front while they are
// built, because the engine pushes to the registry that a name starts with.
func (s *Service) withDocker(ctx context.Context, b cloudbuild.Build, email, workspace string, log *buildLog) ([]*cloudbuild.BuiltImage, error) {
	config, err := s.dockerConfig(email)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(config)
	for i, step := range b.Steps {
		args := append([]string{"--config", config}, s.localNames(step.Args, b.Images)...)
		err := docker(ctx, filepath.Join(workspace, step.Dir), func(line string) { log.write(i, line) }, args...)
		if err != nil {
			return nil, fmt.Errorf("build step %d %q failed: %w", i, step.Name, err)
		}
	}
	log.line("PUSH")
	var images []*cloudbuild.BuiltImage
	for _, tag := range b.Images {
		start, local := now(), s.Registry()+"/"+tag
		if err := docker(ctx, workspace, func(line string) { log.line("%s", line) }, "--config", config, "push", local); err != nil {
			return images, pushError{tag, err}
		}
		out, err := exec.CommandContext(ctx, "docker", "inspect", "--format", "{{index .RepoDigests 0}}", local).Output()
		if err != nil {
			return images, fmt.Errorf("reading the digest of %s: %w", tag, err)
		}
		_, digest, _ := strings.Cut(strings.TrimSpace(string(out)), "@")
		images = append(images, &cloudbuild.BuiltImage{Name: tag, Digest: digest, PushTiming: &cloudbuild.TimeSpan{StartTime: start, EndTime: now()}})
	}
	return images, nil
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

func docker(ctx context.Context, dir string, line func(string), args ...string) error {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return stream(cmd, line)
}
