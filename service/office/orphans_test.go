package office_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
)

// adopting says that this process becomes the parent of orphans, as the first process of a container does.
const adopting = "DOCX2PDF_TEST_ADOPTING"

// A container has nobody but the converter to take leave of processes whose parent has died. The test runs itself again
// as a child subreaper (prctl(2)), which takes no rights.
func TestOrphansAreReaped(t *testing.T) {
	if os.Getenv(adopting) != "" {
		adoptOrphans(t)
		return
	}
	again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), adopting+"=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func adoptOrphans(t *testing.T) {
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	if _, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); failed != 0 {
		t.Fatal(failed)
	}
	engine := start(t, office.Config{Concurrency: 2})
	first, second := started(t, t.Context(), engine, slow), started(t, t.Context(), engine, slow)
	server := officetest.ForkServer(t)
	var documents []officetest.Process
	officetest.Until(t, "two documents are being converted", func() bool {
		documents = officetest.Documents(t, server)
		return len(documents) == 2
	})
	syscall.Kill(server, syscall.SIGKILL)
	for _, done := range []<-chan error{first, second} {
		if err := <-done; !errors.Is(err, conversion.ErrRestarting) {
			t.Errorf("a document in flight: %v, want %v", err, conversion.ErrRestarting)
		}
	}
	mustConvert(t, engine, small)
	for _, d := range documents {
		gone(t, d.PID)
	}
	// Orphans of any other kind end when they like.
	out, _ := exec.Command("sh", "-c", "sleep 0.1 >/dev/null & echo $!").Output()
	orphan, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	gone(t, orphan)
}

// gone waits until a process is, and not even a zombie.
func gone(t *testing.T, pid int) {
	t.Helper()
	officetest.Until(t, "process "+strconv.Itoa(pid)+" is gone",
		func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}
