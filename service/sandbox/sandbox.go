// Package sandbox keeps processes in: from the network, other programs, other processes, and files that are not named.
//
// Its work is done in C, in the process itself, while that has one thread and has read nothing of what it is not
// trusted with. Where the kernel has Landlock, that keeps it from files; elsewhere a user and a mount namespace do.
// System calls go through a seccomp filter, which lists what is allowed. What the kernel does is not believed but tried
// at start, in a process that is thrown away. From then on a process that cannot be kept from all that was proved must
// not go on. The package knows nothing of what the processes do.
package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"
)

// Mode says what to do where the kernel cannot keep processes from everything.
type Mode string

const (
	Auto    Mode = "auto"    // do what the kernel can, and report it
	Require Mode = "require" // do not start without all of it
	Off     Mode = "off"     // for tests of what others refuse
)

// ParseMode reads a setting; "" is Auto.
func ParseMode(setting string) (Mode, error) {
	switch m := Mode(setting); m {
	case "":
		return Auto, nil
	case Auto, Require:
		return m, nil
	}
	return "", fmt.Errorf("SANDBOX is %q: it must be %q or %q", setting, Auto, Require)
}

// Way is how files are kept from a process.
type Way string

const (
	Any       Way = ""          // the best that the kernel has
	Landlock  Way = "landlock"  // Linux 5.13
	Namespace Way = "namespace" // a file system of its own, in a user and a mount namespace
	None      Way = "none"      // not at all
)

// Parts is what a process can be kept from: sockets of any kind, running programs, making, signalling or reading other
// processes, and files that the sandbox does not name.
var Parts = []string{"network", "exec", "processes", "files"}

// Proof is what a kernel has been proved to keep processes from, and how.
type Proof struct {
	Way  Way
	Kept []string // of Parts
}

// ErrMissing: the kernel cannot do what is required.
var ErrMissing = errors.New("this kernel cannot keep documents from everything")

const newerKernel = "run on Linux 5.13 or newer with Landlock, or where user namespaces and pivot_root are allowed; " +
	"on Cloud Run in the second generation execution environment"

// Check compares what processes are kept from with what is required, and warns of what is missing.
func (m Mode) Check(proof Proof, log *slog.Logger) error {
	if m == Off {
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(Parts), func(part string) bool { return slices.Contains(proof.Kept, part) })
	if len(missing) == 0 {
		return nil
	}
	if slices.Contains(missing, "files") {
		hideMemory()
	}
	if m == Require {
		return fmt.Errorf("%w: not from %s; %s, or without SANDBOX=require", ErrMissing,
			strings.Join(missing, ", "), newerKernel)
	}
	log.Warn("this kernel cannot keep documents from everything; "+newerKernel, "missing", missing)
	return nil
}

// hideMemory keeps other processes of the same user from this one's memory, which is a file.
func hideMemory() {
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}
