// Package settings finds what the client works with: by flag, then environment, then the file that `client save`
// wrote, then the outputs of the Pulumi stack.
package settings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
)

// Settings say which converter to use, and as whom. Their names are those of the stack's outputs.
type Settings struct {
	// URL is the service's, and so the ID token's audience.
	URL          string `json:"url"`
	InputBucket  string `json:"inputBucket,omitempty"`
	OutputBucket string `json:"outputBucket,omitempty"`
	// ServiceAccount is the caller that people without a key impersonate.
	ServiceAccount string `json:"serviceAccount,omitempty"`
	// DeadLetters is the subscription with the documents that could not be converted.
	DeadLetters string `json:"deadLetters,omitempty"`
	// Key is a JSON key file's content. Empty signs in with Application Default Credentials.
	Key string `json:"key,omitempty"`
}

// Request says where to look.
type Request struct {
	Flags   Settings
	KeyFile string // a flag's; DOCX2PDF_KEY is the environment's
	File    string // of client save; empty takes DOCX2PDF_CONFIG or the usual place
	Stack   string // Pulumi stack; a name makes the file stand back
	// Need names what the command cannot do without, in the names of the outputs.
	Need []string
}

// Variables are the environment's names for the settings.
var Variables = []struct {
	Name string
	Of   func(*Settings) *string
}{
	{"DOCX2PDF_URL", func(s *Settings) *string { return &s.URL }},
	{"DOCX2PDF_INPUT_BUCKET", func(s *Settings) *string { return &s.InputBucket }},
	{"DOCX2PDF_OUTPUT_BUCKET", func(s *Settings) *string { return &s.OutputBucket }},
	{"DOCX2PDF_SERVICE_ACCOUNT", func(s *Settings) *string { return &s.ServiceAccount }},
	{"DOCX2PDF_DEAD_LETTERS", func(s *Settings) *string { return &s.DeadLetters }},
}

// Find looks in one place after another until all that is needed is there.
func Find(ctx context.Context, r Request) (Settings, error) {
	found := r.Flags
	for _, v := range Variables {
		if field := v.Of(&found); *field == "" {
			*field = os.Getenv(v.Name)
		}
	}
	if file := cmp.Or(r.KeyFile, os.Getenv("DOCX2PDF_KEY")); file != "" {
		key, err := os.ReadFile(file)
		if err != nil {
			return found, fmt.Errorf("reading the key: %w", err)
		}
		found.Key = string(key)
	}
	// A key is taken from where the URL is from, unless other credentials were named.
	if found.URL != "" && found.missing(r.Need) == "" {
		return found, nil
	}
	if r.Stack == "" {
		saved, there, err := read(r.File)
		if err != nil {
			return found, err
		}
		if there {
			if found = found.or(saved); found.missing(r.Need) == "" {
				return found, nil
			}
		}
	}
	outputs, err := outputs(ctx, r.Stack)
	if err != nil {
		return found, err
	}
	found = found.or(outputs)
	if name := found.missing(r.Need); name != "" {
		if name == "deadLetters" {
			return found, errors.New("the stack has no dead letters: its events are off; " +
				"pulumi config set events true, then pulumi up")
		}
		return found, fmt.Errorf("the stack has no output %s; deploy it with pulumi up", name)
	}
	return found, nil
}

// missing is the first thing that is needed and not there.
func (s Settings) missing(need []string) string {
	if s.URL == "" {
		return "url"
	}
	values := map[string]string{"inputBucket": s.InputBucket, "outputBucket": s.OutputBucket, "deadLetters": s.DeadLetters}
	for _, name := range need {
		if values[name] == "" {
			return name
		}
	}
	return ""
}

// or fills what is empty.
func (s Settings) or(other Settings) Settings {
	return Settings{
		URL:            cmp.Or(s.URL, other.URL),
		InputBucket:    cmp.Or(s.InputBucket, other.InputBucket),
		OutputBucket:   cmp.Or(s.OutputBucket, other.OutputBucket),
		ServiceAccount: cmp.Or(s.ServiceAccount, other.ServiceAccount),
		DeadLetters:    cmp.Or(s.DeadLetters, other.DeadLetters),
		Key:            cmp.Or(s.Key, other.Key),
	}
}
