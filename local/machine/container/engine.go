package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long the Docker engine has for a small question.
const patience = 10 * time.Second

// CheckEngine returns the version of the Docker engine, or why the local cloud cannot use it. It must answer, and reach
// the registry on this machine's loopback; engines without root or in a virtual machine have a loopback of their own,
// and Podman wants HTTPS there.
func CheckEngine(ctx context.Context, dir, registry, accessToken string) (version string, err error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return "", errors.New("there is no docker command here")
	}
	config, err := DockerConfig(dir, registry, accessToken)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(config)
	version, err = ask(ctx, "", "--config", config, "version", "--format", "{{.Server.Version}}")
	if err != nil {
		return "", err
	}
	_, err = ask(ctx, accessToken, "--config", config, "login", "--username", registryUser, "--password-stdin", registry)
	if err != nil {
		return "",
			fmt.Errorf("engine %s does not reach the registry at %s, as rootless engines, Podman and engines in a virtual "+
				"machine do not: %w", version, registry, err)
	}
	return version, nil
}

// RemoveContainers removes the containers that a server which was killed left in the Docker engine: those of the given
// owner, and no others. It asks the engine only where one of the owner's instances, with their directories in dir, had
// a container there.
func RemoveContainers(ctx context.Context, owner, dir string) error {
	if had, err := filepath.Glob(filepath.Join(dir, "*", dockerMark)); err != nil || len(had) == 0 {
		return err
	}
	out, err := ask(ctx, "", "ps", "--all", "--quiet", "--no-trunc", "--filter", "label="+label(owner))
	if err == nil && out != "" {
		_, err = ask(ctx, "", append([]string{"rm", "--force", "--volumes"}, strings.Fields(out)...)...)
	}
	if err != nil {
		return fmt.Errorf("removing the containers with the label %s, which were left in the Docker engine: %w; start it, "+
			"or remove %s when they are gone", label(owner), err, dir)
	}
	return nil
}

// label marks the containers of an owner. Several machines may share an engine.
func label(owner string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return "docx2pdf.local.owner=" + host + ":" + owner
}

// ask runs a docker command that should be quick, and returns what it prints; its error is what it complains about.
func ask(ctx context.Context, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "", fmt.Errorf("it did not answer within %s", patience)
	}
	if complaint := bytes.TrimSpace(stderr.Bytes()); err != nil && len(complaint) > 0 {
		return "", errors.New(string(complaint))
	}
	return strings.TrimSpace(string(out)), err
}
