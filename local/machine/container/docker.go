package container

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// dockerContainer is a container of the Docker engine. It shares the host's network, so that the metadata server and
// the local cloud on loopback are in its reach.
type dockerContainer struct {
	name string
	cmd  *exec.Cmd // docker run, which lasts as long as the container
	done chan struct{}

	mu     sync.Mutex
	err    error
	killed error
}

func startDocker(spec Spec) (Container, error) {
	c := &dockerContainer{name: "cloud-run-" + spec.ID, done: make(chan struct{})}
	c.cmd = command(runArgs(c.name, spec)...)
	stdout, stderr := lines(spec.Output, false), lines(spec.Output, true)
	c.cmd.Stdout, c.cmd.Stderr = stdout, stderr
	c.cmd.WaitDelay = 2 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	if spec.Memory > 0 {
		if err := c.watchMemory(ctx, spec.Memory); err != nil {
			cancel()
			return nil, err
		}
	}
	if err := start(c.cmd, 0); err != nil {
		cancel()
		return nil, fmt.Errorf("starting docker: %w", err)
	}
	go func() {
		err := c.cmd.Wait()
		cancel()
		stdout.Close()
		stderr.Close()
		c.end(err, spec.Memory)
	}()
	return c, nil
}

// dockerMark is the file in an instance's directory that says that it has a container in the Docker engine.
const dockerMark = "docker-container"

func runArgs(name string, spec Spec) []string {
	args := []string{"run", "--name", name, "--label", label(spec.Owner), "--cidfile", filepath.Join(spec.Dir, dockerMark),
		"--network", "host", "--log-driver", "none"}
	if spec.Memory > 0 {
		args = append(args, "--memory", strconv.FormatInt(spec.Memory, 10), "--memory-swap",
			strconv.FormatInt(spec.Memory, 10))
	}
	if spec.CPU > 0 { // the engine refuses more than the machine has
		args = append(args, "--cpus", strconv.FormatFloat(min(spec.CPU, float64(runtime.NumCPU())), 'f', -1, 64))
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
	return append(append(args, spec.Image.Local), arguments...)
}

// command is a docker command that does not outlive the server, and that a terminal's Ctrl-C does not reach: docker
// would pass it on to the container, which has requests to finish.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// watchMemory stops the container as soon as the kernel has killed any of its processes for want of memory: Cloud Run
// ends the whole instance, the engine tells of it and goes on.
func (c *dockerContainer) watchMemory(ctx context.Context, limit int64) error {
	events := command("events", "--filter", "container="+c.name, "--filter", "event=oom", "--format", "{{.Action}}")
	out, err := events.StdoutPipe()
	if err == nil {
		err = start(events, 0)
	}
	if err != nil {
		return fmt.Errorf("watching the container's memory: %w", err)
	}
	context.AfterFunc(ctx, func() { events.Process.Kill() })
	go func() {
		if lines := bufio.NewScanner(out); lines.Scan() {
			c.mu.Lock()
			c.killed = MemoryError{limit, limit}
			c.mu.Unlock()
			ask(ctx, "", "kill", c.name)
		}
		io.Copy(io.Discard, out)
		events.Wait()
	}()
	return nil
}

// end notes why the container ended and removes it.
func (c *dockerContainer) end(err error, limit int64) {
	ctx := context.Background()
	if killed, askErr := ask(ctx, "", "inspect", "--format", "{{.State.OOMKilled}}", c.name); askErr == nil &&
		killed == "true" {
		err = MemoryError{limit, limit}
	}
	ask(ctx, "", "rm", "--force", "--volumes", c.name)
	c.mu.Lock()
	c.err = err
	if c.killed != nil {
		c.err = c.killed
	}
	c.mu.Unlock()
	close(c.done)
}

func (c *dockerContainer) Done() <-chan struct{} { return c.done }

func (c *dockerContainer) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *dockerContainer) Stop(grace time.Duration) {
	stop := command("stop", "-t", strconv.Itoa(int(grace.Seconds())), c.name)
	if err := start(stop, 0); err == nil {
		go stop.Wait()
	}
	select {
	case <-c.done:
	case <-time.After(grace + 5*time.Second):
		c.cmd.Process.Kill() // end removes the container
		<-c.done
	}
}
