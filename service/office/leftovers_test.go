package office_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
)

// another says that this process is another converter than the test, and where its files go.
const another = "DOCX2PDF_TEST_CONVERTER"

// convertForEver is a converter that is at work until it is killed.
func convertForEver(t *testing.T, temp string) {
	engine, err := office.Start(t.Context(), office.Config{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = convert(t, engine, slow)
	t.Fatalf("it has ended: %v", err)
}

func TestFilesOfAKilledConverterAreRemoved(t *testing.T) {
	if temp := os.Getenv(another); temp != "" {
		convertForEver(t, temp)
	}
	temp := t.TempDir()
	foreign := filepath.Join(temp, "docx2pdf-backup")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	neighbour, err := office.Start(t.Context(), office.Config{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	defer neighbour.Close()
	before := entries(t, temp)

	killed := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$")
	killed.Env = append(os.Environ(), another+"="+temp)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	officetest.Until(t, "the other converter is at work", func() bool {
		for _, server := range officetest.Children(t, killed.Process.Pid) {
			if len(officetest.Documents(t, server.PID)) > 0 {
				return true
			}
		}
		return false
	})
	killed.Process.Kill()
	killed.Wait()
	left := entries(t, temp)
	if len(left) != len(before)+1 {
		t.Fatalf("a killed converter leaves %v, want one directory more than %v", left, before)
	}

	next, err := office.Start(t.Context(), office.Config{TempDir: temp})
	if err != nil {
		t.Fatal(err)
	}
	mustConvert(t, neighbour, small)
	mustConvert(t, next, small)
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	if after := entries(t, temp); !slices.Equal(after, before) {
		t.Errorf("there are %v, want %v", after, before)
	}
}

func entries(t *testing.T, directory string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
