package office

import (
	"fmt"
	"slices"
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

// missing is what is required and not kept.
func (s Sandbox) missing(kept []string) []string {
	if s != SandboxRequire {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(SandboxParts), func(part string) bool { return slices.Contains(kept, part) })
}
