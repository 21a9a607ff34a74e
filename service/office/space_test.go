package office_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"docx2pdf/service/office"
)

// inside says that this process has a mount namespace of its own, and where it may mount.
const inside = "DOCX2PDF_TEST_MOUNT"

// A full disk is nobody's fault. The test runs itself again where it may mount a small file system: as root in a mount
// namespace, as anybody else in a user namespace as well.
func TestAFullDiskIsNotTheDocumentsFault(t *testing.T) {
	if dir := os.Getenv(inside); dir != "" {
		convertOnFullDisk(t, dir)
		return
	}
	again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), inside+"="+t.TempDir())
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func convertOnFullDisk(t *testing.T, dir string) {
	if err := errors.Join(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""), syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m")); err != nil {
		t.Fatal(err)
	}
	engine, err := office.Start(t.Context(), office.Config{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	first, second := newJob(t, engine, small), newJob(t, engine, small)
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); err == nil; {
		_, err = filler.Write(chunk)
	}
	filler.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	if _, err := first.Convert(t.Context(), office.Options{}); !errors.Is(err, office.ErrNoSpace) {
		t.Errorf("%v, want %v", err, office.ErrNoSpace)
	}
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Convert(t.Context(), office.Options{}); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestFilesWithoutANameTakeRoomToo(t *testing.T) {
	engine := start(t, office.Config{Output: 1 << 20})
	job := newJob(t, engine, make([]byte, 3<<20)) // the document itself does not count
	file, err := os.Create(filepath.Join(t.TempDir(), "removed"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil {
		t.Fatal(err)
	}
	for i, tooMuch := range []bool{false, true} {
		if _, err := file.Write(make([]byte, 3<<19)); err != nil {
			t.Fatal(err)
		}
		if got := job.TakesTooMuch(os.Getpid()); got != tooMuch {
			t.Errorf("%d KiB take too much room: %v, want %v", (i+1)*3<<9, got, tooMuch)
		}
	}
}
