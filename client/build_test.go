package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOtherSystems compiles the client for the machines that people have.
func TestOtherSystems(t *testing.T) {
	for _, system := range []string{"darwin/arm64", "windows/amd64", "linux/arm64"} {
		t.Run(system, func(t *testing.T) {
			name, machine, _ := strings.Cut(system, "/")
			build := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "client"), ".")
			build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+name, "GOARCH="+machine)
			if out, err := build.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
