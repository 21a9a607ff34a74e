package settings

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// outputs are the outputs of a Pulumi stack; "" is the selected one.
func outputs(ctx context.Context, stack string) (Settings, error) {
	const instead = "; deploy with pulumi up, or name a file of client save with --config, or the URL with --url"
	args := []string{"stack", "output", "--json", "--show-secrets", "--non-interactive"}
	if stack != "" {
		args = append(args, "--stack", stack)
	}
	command := exec.CommandContext(ctx, "pulumi", args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	answer, err := command.Output()
	if ctx.Err() != nil {
		return Settings{}, ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return Settings{}, errors.New("it is not known which converter to use, and there is no pulumi to ask" + instead)
	}
	if err != nil {
		reason := strings.TrimPrefix(cmp.Or(strings.TrimSpace(stderr.String()), err.Error()), "error: ")
		return Settings{}, fmt.Errorf("reading the stack's outputs: %s%s", reason, instead)
	}
	var s Settings
	if err := json.Unmarshal(answer, &s); err != nil {
		return Settings{}, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	return s, nil
}
