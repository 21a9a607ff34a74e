package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// converter is this repository's service, built and started as it is deployed.
type converter struct {
	url, libreOffice string
	ready            time.Duration
	process          *exec.Cmd
	dir              string
}

func startConverter(ctx context.Context) (*converter, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	c := &converter{dir: dir}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", filepath.Join(dir, "converter"), "./service")
	if out, err := build.CombinedOutput(); err != nil {
		c.stop()
		return nil, fmt.Errorf("building the converter: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		c.stop()
		return nil, err
	}
	c.url = "http://127.0.0.1:" + port
	c.process = exec.Command(filepath.Join(dir, "converter"))
	c.process.Env = append(os.Environ(), "PORT="+port, "OUTPUT_BUCKET=", "TMPDIR="+dir)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		c.stop()
		return nil, err
	}
	defer log.Close()
	c.process.Stderr = log
	started := time.Now()
	if err := c.process.Start(); err != nil {
		c.stop()
		return nil, err
	}
	for {
		if c.healthy() {
			c.ready = time.Since(started)
			return c, nil
		}
		if time.Since(started) > time.Minute || ctx.Err() != nil {
			text, _ := os.ReadFile(log.Name())
			c.stop()
			return nil, fmt.Errorf("the converter does not become ready: %s", text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (c *converter) healthy() bool {
	response, err := http.Get(c.url + "/health")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	var health struct{ LibreOffice string }
	err = json.NewDecoder(response.Body).Decode(&health)
	c.libreOffice = health.LibreOffice
	return err == nil && response.StatusCode == http.StatusOK
}

func (c *converter) stop() {
	if c.process != nil && c.process.Process != nil {
		c.process.Process.Signal(syscall.SIGTERM)
		c.process.Wait()
	}
	os.RemoveAll(c.dir)
}

func (c *converter) name() string {
	if c.process == nil {
		return c.url
	}
	return "this service"
}

func (c *converter) concurrent() bool { return true }

func (c *converter) convert(ctx context.Context, d document) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(d.content))
	if err != nil {
		return nil, err
	}
	return fetch(request)
}

func fetch(request *http.Request) ([]byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.200s", response.Status, content)
	}
	return content, err
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}
