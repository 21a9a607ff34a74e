package container

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// dockerPull makes the Docker engine fetch an image from the local registry. The login is in dir meanwhile.
func dockerPull(ctx context.Context, dir, registry, image, accessToken string) error {
	config, err := DockerConfig(dir, registry, accessToken)
	if err != nil {
		return err
	}
	defer os.RemoveAll(config)
	if out, err := exec.CommandContext(ctx, "docker", "--config", config, "pull", "--quiet",
		image).CombinedOutput(); err != nil {
		return fmt.Errorf("docker pull: %w: %s", err, out)
	}
	return nil
}

// dockerKeep removes the images of the local registry from the Docker engine, but those with the given digests. What
// the engine keeps to build faster stays.
func dockerKeep(ctx context.Context, registry string, digests []string) error {
	out, err := ask(ctx, "", "image", "ls", "--digests", "--no-trunc", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}")
	if err != nil {
		return fmt.Errorf("listing the Docker engine's images: %w", err)
	}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[0], registry+"/") || slices.Contains(digests, fields[2]) {
			continue
		}
		name := fields[0] + "@" + fields[2]
		if fields[1] != "<none>" {
			name = fields[0] + ":" + fields[1]
		}
		// With the last tag of a name its digests go too.
		if _, err := ask(ctx, "", "image", "rm", name); err != nil && !strings.Contains(err.Error(), "No such image") {
			return fmt.Errorf("removing an image from the Docker engine: %w", err)
		}
	}
	return nil
}
