package main

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

// stackOutputs are the stack's outputs that the client needs.
type stackOutputs struct {
	// URL is the service's, and so the ID token's audience.
	URL string `json:"url"`
	// Key is a JSON key file's content.
	Key          string `json:"key"`
	InputBucket  string `json:"inputBucket"`
	OutputBucket string `json:"outputBucket"`
}

// orFromStack fills what is empty from a stack's outputs. It asks Pulumi only
// when something is missing; the output bucket may stay empty unless the PDF is
// to be downloaded.
func (o stackOutputs) orFromStack(ctx context.Context, stack string, download bool) (stackOutputs, error) {
	if o.URL != "" && o.Key != "" && o.InputBucket != "" && (o.OutputBucket != "" || !download) {
		return o, nil
	}
	args := []string{"stack", "output", "--json", "--show-secrets"}
	if stack != "" {
		args = append(args, "--stack", stack)
	}
	command := exec.CommandContext(ctx, "pulumi", args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	answer, err := command.Output()
	if err != nil {
		reason := cmp.Or(strings.TrimSpace(stderr.String()), err.Error())
		return o, fmt.Errorf("reading the stack's outputs: %s; deploy with pulumi up, or give -url, -key, -input and -output", reason)
	}
	var outputs stackOutputs
	if err := json.Unmarshal(answer, &outputs); err != nil {
		return o, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	filled := stackOutputs{
		URL:          cmp.Or(o.URL, outputs.URL),
		Key:          cmp.Or(o.Key, outputs.Key),
		InputBucket:  cmp.Or(o.InputBucket, outputs.InputBucket),
		OutputBucket: cmp.Or(o.OutputBucket, outputs.OutputBucket),
	}
	if filled.URL == "" || filled.Key == "" || filled.InputBucket == "" {
		return o, errors.New("the stack has no url, key or inputBucket among its outputs; deploy it with pulumi up")
	}
	return filled, nil
}
