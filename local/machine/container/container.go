// Package container runs the containers of Cloud Run: as processes of the host for images that hold one binary for the
// host's system, with the Docker engine for all others.
package container

import (
	"fmt"
	"time"
)

// Spec is one container to run.
type Spec struct {
	ID      string
	Owner   string // the state folder that it belongs to; RemoveContainers finds it by that
	Image   Image
	Command []string // overrides the image's entrypoint
	Args    []string // overrides the image's arguments
	Env     []string
	Dir     string // the instance's own directory, removed by whoever made it
	WorkDir string // working directory inside the image, or ""
	Memory  int64  // bytes
	CPU     float64
	// Output gets each line that the container writes.
	Output func(stderr bool, line string)
}

// Container is a running container.
type Container interface {
	// Done is closed when the container has ended.
	Done() <-chan struct{}
	// Err says why it ended, once Done is closed: nil for exit status 0.
	Err() error
	// Stop sends SIGTERM, and SIGKILL after the grace period; it returns when the container has ended.
	Stop(grace time.Duration)
}

// Start runs the container with whatever its image needs.
func Start(spec Spec) (Container, error) {
	if spec.Image.Host {
		return startProcess(spec)
	}
	if spec.Image.Docker {
		return startDocker(spec)
	}
	return nil,
		fmt.Errorf("image %s needs a Docker engine; start `go run ./local serve -docker`, or build the image with the "+
			"local Cloud Build", spec.Image.Name)
}

// MemoryError is why a container was killed that used more than its limit.
type MemoryError struct {
	Limit, Used int64
}

func (e MemoryError) Error() string {
	return fmt.Sprintf("Memory limit of %d MiB exceeded with %d MiB used. Consider increasing the memory limit, see "+
		"https://cloud.google.com/run/docs/configuring/memory-limits", e.Limit>>20, e.Used>>20)
}
