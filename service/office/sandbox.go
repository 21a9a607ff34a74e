package office

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"
)

// Sandbox says what to do where the kernel cannot keep documents in.
type Sandbox string

const (
	SandboxAuto    Sandbox = "auto"    // do what the kernel can, and report it
	SandboxRequire Sandbox = "require" // do not start without all of it
	SandboxOff     Sandbox = "off"     // for tests of what LibreOffice itself refuses
)

// SandboxParts is what a document can be kept from: sockets of any kind, running programs, making or
// signalling processes, and files other than its own, LibreOffice's and the fonts.
var SandboxParts = []string{"network", "exec", "processes", "files"}

// ParseSandbox reads a setting; "" is SandboxAuto.
func ParseSandbox(setting string) (Sandbox, error) {
	switch s := Sandbox(setting); s {
	case "":
		return SandboxAuto, nil
	case SandboxAuto, SandboxRequire:
		return s, nil
	}
	return "", fmt.Errorf("SANDBOX is %q: it must be %q or %q", setting, SandboxAuto, SandboxRequire)
}

// errNoSandbox: the kernel cannot do what is required.
var errNoSandbox = errors.New("this kernel cannot keep documents from everything")

const newerKernel = "run on Linux 5.13 or newer with Landlock, on Cloud Run in the second generation execution environment"

// check compares what documents are kept from with what is required, and warns of what is missing.
func (s Sandbox) check(kept []string, log *slog.Logger) error {
	missing := slices.DeleteFunc(slices.Clone(SandboxParts), func(part string) bool { return slices.Contains(kept, part) })
	if s == SandboxOff || len(missing) == 0 {
		return nil
	}
	if slices.Contains(missing, "files") {
		hideMemory()
	}
	if s == SandboxRequire {
		return fmt.Errorf("%w: not from %s; %s, or without SANDBOX=require", errNoSandbox, strings.Join(missing, ", "), newerKernel)
	}
	log.Warn("this kernel cannot keep documents from everything; "+newerKernel, "missing", missing)
	return nil
}

// hideMemory keeps other processes of the same user from this one's memory, as the fork server does for itself.
func hideMemory() {
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}
