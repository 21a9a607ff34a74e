package office_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/sandbox"
)

// oldKernel says that this process runs as on a kernel without Landlock; "unprivileged" that it also lets nobody have
// namespaces.
const oldKernel = "DOCX2PDF_TEST_OLD_KERNEL"

// gVisor and older kernels have no Landlock. The test runs itself again as nobody in particular, as the image does, and
// behind a filter that has the kernel say so.
func TestWithoutLandlock(t *testing.T) {
	switch os.Getenv(oldKernel) {
	case "namespaces":
		refuse(t, landlockCreateRuleset)
		withNamespaces(t)
	case "unprivileged":
		refuse(t, landlockCreateRuleset, unshare[runtime.GOARCH])
		withNothing(t)
	default:
		for _, kernel := range []string{"namespaces", "unprivileged"} {
			again := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
			again.Dir, again.Env = "/", append(os.Environ(), oldKernel+"="+kernel)
			if os.Getuid() == 0 {
				again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			if out, err := again.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", kernel, err, out)
			}
		}
	}
}

func withNamespaces(t *testing.T) {
	engine := start(t, office.Config{Sandbox: sandbox.Require})
	if status := engine.Status(); status.SandboxWay != string(sandbox.Namespace) ||
		!slices.Equal(status.Sandbox, sandbox.Parts) {
		t.Errorf("documents are kept from %v by %s, want all by %s", status.Sandbox, status.SandboxWay, sandbox.Namespace)
	}
	mustConvert(t, engine, small)
}

func withNothing(t *testing.T) {
	_, err := office.Start(t.Context(), office.Config{TempDir: t.TempDir(), Sandbox: sandbox.Require})
	if err == nil || !strings.Contains(err.Error(), "not from files") || !strings.Contains(err.Error(), "Landlock") ||
		strings.Contains(err.Error(), "install") {
		t.Errorf("%v, want an error that says what is missing and where it is not", err)
	}
	var log bytes.Buffer
	engine := start(t, office.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if kept := engine.Status().Sandbox; !slices.Equal(kept, []string{"network", "exec", "processes"}) {
		t.Errorf("documents are kept from %v, want all but files", kept)
	}
	if !strings.Contains(log.String(), "missing=[files]") {
		t.Errorf("the log does not say what is missing: %s", log.String())
	}
	mustConvert(t, engine, small)
	// What a document could read of other processes, had it taken over its own.
	for _, pid := range []int{os.Getpid(), officetest.ForkServer(t)} {
		if exec.Command("cat", fmt.Sprintf("/proc/%d/environ", pid)).Run() == nil {
			t.Errorf("others of the same user can read process %d", pid)
		}
	}
}

const landlockCreateRuleset = 444

var unshare = map[string]uint32{"amd64": 272, "arm64": 97}

// refuse has all threads of this process, and those it starts, told that there are no such system calls.
func refuse(t *testing.T, calls ...uint32) {
	t.Helper()
	const (
		setModeFilter      = 1 // SECCOMP_SET_MODE_FILTER
		allThreads         = 1 // SECCOMP_FILTER_FLAG_TSYNC
		allow              = 0x7fff0000
		fail               = 0x00050000 // SECCOMP_RET_ERRNO
		setNoNewPrivileges = 38         // PR_SET_NO_NEW_PRIVS
	)
	seccomp := map[string]uintptr{"amd64": 317, "arm64": 277}[runtime.GOARCH]
	filter := []syscall.SockFilter{{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS}}
	for _, call := range calls {
		filter = append(filter,
			syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, K: call, Jf: 1},
			syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: fail | uint32(syscall.ENOSYS)})
	}
	filter = append(filter, syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: allow})
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // the filter asks its own thread for no new privileges
	defer runtime.UnlockOSThread()
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivileges, 1, 0, 0, 0, 0); failed != 0 {
		t.Fatal(failed)
	}
	if _, _, failed := syscall.RawSyscall(seccomp, setModeFilter, allThreads,
		uintptr(unsafe.Pointer(&program))); failed != 0 {
		t.Fatal(failed)
	}
}
