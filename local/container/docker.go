package container

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// dockerContainer is a container of the Docker engine. It shares the host's network, so that the metadata server and
// the local cloud on loopback are in its reach.
type dockerContainer struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	err  error
}

func startDocker(ctx context.Context, spec Spec) (Container, error) {
	c := &dockerContainer{name: "cloud-run-" + spec.ID, done: make(chan struct{})}
	args := []string{"run", "--rm", "--name", c.name, "--network", "host", "--init=false"}
	if spec.Memory > 0 {
		args = append(args, "--memory", strconv.FormatInt(spec.Memory, 10), "--memory-swap", strconv.FormatInt(spec.Memory, 10))
	}
	if spec.CPU > 0 {
		args = append(args, "--cpus", strconv.FormatFloat(spec.CPU, 'f', -1, 64))
	}
	if spec.WorkDir != "" {
		args = append(args, "--workdir", spec.WorkDir)
	}
	for _, e := range spec.Env {
		args = append(args, "--env", e)
	}
	arguments := spec.Args
	if len(spec.Command) > 0 {
		args = append(args, "--entrypoint", spec.Command[0])
		arguments = append(spec.Command[1:len(spec.Command):len(spec.Command)], spec.Args...)
	}
	args = append(append(args, spec.Image.Local), arguments...)
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), "docker", args...)
	stdout, stderr := lines(spec.Output, false), lines(spec.Output, true)
	c.cmd.Stdout, c.cmd.Stderr = stdout, stderr
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting docker: %w", err)
	}
	go func() {
		err := c.cmd.Wait()
		stdout.Close()
		stderr.Close()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 137 && spec.Memory > 0 {
			err = MemoryError{spec.Memory, spec.Memory}
		}
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.done)
	}()
	return c, nil
}

// dockerPull makes the Docker engine fetch an image from the local registry.
func dockerPull(ctx context.Context, registry, image, accessToken string) error {
	config, err := DockerConfig("", registry, accessToken)
	if err != nil {
		return err
	}
	defer os.RemoveAll(config)
	if out, err := exec.CommandContext(ctx, "docker", "--config", config, "pull", "--quiet", image).CombinedOutput(); err != nil {
		return fmt.Errorf("docker pull: %w: %s", err, out)
	}
	return nil
}

// DockerConfig makes a folder with a Docker configuration that logs in to the registry with an access token. Whoever
// asks for it removes it.
func DockerConfig(parent, registry, accessToken string) (dir string, err error) {
	if dir, err = os.MkdirTemp(parent, "docker-"); err != nil {
		return "", err
	}
	auth := base64.StdEncoding.EncodeToString([]byte("oauth2accesstoken:" + accessToken))
	data, err := json.Marshal(map[string]any{"auths": map[string]any{registry: map[string]string{"auth": auth}}})
	if err != nil {
		return dir, err
	}
	return dir, os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600)
}

func (c *dockerContainer) Done() <-chan struct{} { return c.done }

func (c *dockerContainer) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *dockerContainer) Stop(grace time.Duration) {
	exec.Command("docker", "stop", "--time", strconv.Itoa(int(grace.Seconds())), c.name).Run()
	select {
	case <-c.done:
	case <-time.After(grace + 5*time.Second):
		c.cmd.Process.Kill()
		<-c.done
	}
}
