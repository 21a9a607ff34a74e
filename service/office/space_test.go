package office_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/office"
	"docx2pdf/service/options"
)

// smallSystem is a file system that can be filled, for the process that is told of it.
const smallSystem = "DOCX2PDF_TEST_SMALL_FILE_SYSTEM"

// A full disk is nobody's fault. The test runs itself again where it may mount a small file system: as root in a mount
// namespace, as anybody else in a user namespace as well. A container allows neither, but its /dev/shm is small.
func TestAFullDiskIsNotTheDocumentsFault(t *testing.T) {
	if dir := os.Getenv(smallSystem); dir != "" {
		mountSmall(t, dir)
		convertOnFullDisk(t, dir)
		return
	}
	again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), smallSystem+"="+t.TempDir())
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := again.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		convertOnFullDisk(t, smallSharedMemory(t))
	} else if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// mountSmall mounts a small file system where no other process sees it.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if errors.Is(err, syscall.EINVAL) { // a chroot's root is no mount point, so there has to be one below it
		err = errors.Join(syscall.Mount(dir, dir, "", syscall.MS_BIND, ""),
			syscall.Mount("", dir, "", syscall.MS_PRIVATE, ""))
		t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
	if err := errors.Join(err, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func smallSharedMemory(t *testing.T) string {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &disk); err != nil || disk.Blocks*uint64(disk.Bsize) > 256<<20 {
		t.Fatalf("nothing may be mounted here, and /dev/shm has %d MiB (%v): no file system can be filled",
			disk.Blocks*uint64(disk.Bsize)>>20, err)
	}
	dir, err := os.MkdirTemp("/dev/shm", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func convertOnFullDisk(t *testing.T, dir string) {
	t.Helper()
	engine, err := office.Start(t.Context(), office.Config{TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	first, second := newDocument(t, engine, small), newDocument(t, engine, small)
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
	if _, err := engine.Convert(t.Context(), first, options.Options{}); !errors.Is(err, conversion.ErrNoSpace) {
		t.Errorf("%v, want %v", err, conversion.ErrNoSpace)
	}
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Convert(t.Context(), second, options.Options{}); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
