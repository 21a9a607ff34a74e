package main

import (
	"os"
	"os/exec"
	"testing"
)

// The client is for other machines than the tests': it compiles for each, with its tests.
func TestCompilesForOtherSystems(t *testing.T) {
	for _, system := range [][2]string{{"darwin", "arm64"}, {"windows", "amd64"}} {
		t.Run(system[0], func(t *testing.T) {
			vet := exec.Command("go", "vet", "./...")
			vet.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system[0], "GOARCH="+system[1])
			if out, err := vet.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
