package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// cloud is a local Google Cloud of its own.
type cloud struct {
	dir       string
	arguments []string // of serve
	serve     *exec.Cmd
}

// startCloud starts one with a plan of faults, "" for none, and takes over the environment in which it is used.
func startCloud(ctx context.Context, faults string) (c *cloud, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	c = &cloud{dir: dir}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	// Everything that a second use finds compiled.
	local := filepath.Join(dir, "local")
	for _, build := range [][]string{{"-o", local, "./local"}, {"-o", os.DevNull, "./infra"},
		{"-o", os.DevNull, "./service"}} {
		if out, err := exec.CommandContext(ctx, "go", append([]string{"build"}, build...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go build %s: %w: %s", strings.Join(build, " "), err, out)
		}
	}
	state := filepath.Join(dir, "state")
	c.arguments = []string{"serve", "-addr", "127.0.0.1:0", "-state", state}
	if faults != "" {
		file := filepath.Join(dir, "faults.json")
		if err := os.WriteFile(file, []byte(faults), 0o600); err != nil {
			return nil, err
		}
		c.arguments = append(c.arguments, "-faults", file)
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	// The shell reads what "env" prints, as the developer's does.
	shell := exec.CommandContext(ctx, "bash", "-c",
		`exports=$("$0" env -state "$1" -wait 60s) && eval "$exports" && env -0`, local, state)
	shell.Stderr = os.Stderr
	out, err := shell.Output()
	if err != nil {
		return nil, fmt.Errorf("reading the local Google Cloud's environment: %w; make setup installs Pulumi", err)
	}
	for variable := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return nil, fmt.Errorf("taking over the local Google Cloud's environment: %w", err)
		}
	}
	return c, nil
}

// start serves the state, at its former address where there is one.
func (c *cloud) start() error {
	log, err := os.OpenFile(filepath.Join(c.dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	c.serve = exec.Command(filepath.Join(c.dir, "local"), c.arguments...)
	c.serve.Stdout, c.serve.Stderr = log, log
	if err := c.serve.Start(); err != nil {
		return fmt.Errorf("starting the local Google Cloud: %w", err)
	}
	return nil
}

// end stops serving, and leaves the state.
func (c *cloud) end() {
	if c.serve != nil && c.serve.Process != nil {
		c.serve.Process.Signal(syscall.SIGTERM)
		c.serve.Wait()
	}
}

func (c *cloud) stop() {
	c.end()
	os.RemoveAll(c.dir)
}

// memory is what the cloud's process has in memory, in MiB: all, and what of it is its own rather than the file of its
// state.
func (c *cloud) memory() (all, own int, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.serve.Process.Pid))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the cloud's memory: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		var kilobytes int
		name, value, _ := strings.Cut(line, ":")
		fmt.Sscan(value, &kilobytes)
		switch name {
		case "VmRSS":
			all = kilobytes >> 10
		case "RssAnon":
			own = kilobytes >> 10
		}
	}
	return all, own, nil
}

// phase is a part of an update. It ends with the first line that contains a text; the last one with the update.
type phase struct{ name, ends string }

var fromNothing = []phase{
	{"Pulumi and the program start", "pulumi:pulumi:Stack"},
	{"APIs, buckets, accounts, grants, source", ": WORKING"},
	{"the image is built", ": SUCCESS"},
	{"the service starts", "converter-service created"},
	{"what depends on the service, outputs", ""},
}

// pulumi runs a command of Pulumi's on the local stack and times it, and each of its phases.
func pulumi(ctx context.Context, phases []phase, arguments ...string) (all time.Duration,
	inPhases map[string]time.Duration, err error) {
	arguments = append([]string{"--stack", "local", "--non-interactive"}, arguments...)
	command := exec.CommandContext(ctx, "pulumi", arguments...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		return 0, nil, err
	}
	command.Stderr = command.Stdout
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, nil, fmt.Errorf("starting pulumi: %w", err)
	}
	inPhases = map[string]time.Duration{}
	var said bytes.Buffer
	phaseBegan := began
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if len(phases) > 1 && strings.Contains(lines.Text(), phases[0].ends) {
			inPhases[phases[0].name] = time.Since(phaseBegan)
			phases, phaseBegan = phases[1:], time.Now()
		}
	}
	if err := command.Wait(); err != nil {
		return 0, nil, fmt.Errorf("pulumi %s: %w\n%s", strings.Join(arguments, " "), err, said.Bytes())
	}
	if len(phases) > 0 {
		inPhases[phases[0].name] = time.Since(phaseBegan)
	}
	return time.Since(began), inPhases, nil
}
