package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a container that runs as a process group of the host.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu     sync.Mutex
	killed error
}

// spawn starts commands from one thread that never ends: the kernel sends a child its parent-death signal when the
// thread that started it ends, not when the process does.
var spawn = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

// start starts a command from that thread, with so many CPUs; 0 is all.
func start(cmd *exec.Cmd, cpus float64) error {
	started := make(chan error)
	spawn() <- func() { started <- startOn(cmd, cpus) }
	return <-started
}

func startProcess(spec Spec) (Container, error) {
	argv := spec.Command
	if len(argv) == 0 {
		argv = spec.Image.Entrypoint
	}
	if len(spec.Args) > 0 {
		argv = append(argv[:len(argv):len(argv)], spec.Args...)
	} else if len(spec.Command) == 0 {
		argv = append(argv[:len(argv):len(argv)], spec.Image.Cmd...)
	}
	if len(argv) == 0 {
		return nil, errors.New("the image has no entrypoint")
	}
	p := &process{done: make(chan struct{})}
	path := argv[0]
	if inImage := filepath.Join(spec.Image.Root, path); fileExists(inImage) {
		path = inImage
	}
	p.cmd = exec.Command(path, argv[1:]...)
	p.cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + spec.Dir,
		"TMPDIR=" + spec.Dir}, append(spec.Image.onHost(), spec.Env...)...)
	p.cmd.Dir = spec.Dir
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	stdout, stderr := lines(spec.Output, false), lines(spec.Output, true)
	p.cmd.Stdout, p.cmd.Stderr = stdout, stderr
	p.cmd.WaitDelay = 2 * time.Second // grandchildren may hold the output open
	if err := start(p.cmd, spec.CPU); err != nil {
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if spec.Memory > 0 {
		go p.watchMemory(ctx, spec.Memory)
	}
	go func() {
		err := p.cmd.Wait()
		cancel()
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what the container left behind
		stdout.Close()
		stderr.Close()
		p.mu.Lock()
		p.err = err
		if p.killed != nil {
			p.err = p.killed
		}
		p.mu.Unlock()
		close(p.done)
	}()
	return p, nil
}

// onHost is the image's environment, in which what names a file or a folder of the image names it where it is unpacked.
func (i Image) onHost() []string {
	env := slices.Clone(i.Env)
	for n, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		unpacked := filepath.Join(i.Root, value)
		if _, err := os.Stat(unpacked); err == nil && filepath.IsAbs(value) {
			env[n] = name + "=" + unpacked
		}
	}
	return env
}

func (p *process) Done() <-chan struct{} { return p.done }

func (p *process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *process) Stop(grace time.Duration) {
	syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.done:
		return
	case <-time.After(grace):
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// watchMemory kills the container when its processes use more than the limit together. Pages they share are counted
// once, as in a container.
func (p *process) watchMemory(ctx context.Context, limit int64) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		used := treeMemory(p.cmd.Process.Pid) + fileMemory(p.cmd.Dir)
		if used <= limit {
			continue
		}
		p.mu.Lock()
		p.killed = MemoryError{limit, used}
		p.mu.Unlock()
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		return
	}
}

// lines turns what is written into calls with whole lines.
func lines(output func(bool, string), stderr bool) *io.PipeWriter {
	reader, writer := io.Pipe()
	go Lines(reader, func(text string) { output(stderr, text) })
	return writer
}

func fileExists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
