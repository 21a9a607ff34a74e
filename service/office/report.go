package office

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"docx2pdf/service/conversion"
	"docx2pdf/service/forkserver"
)

// inserted reads a child's line about what came into the document.
func inserted(report string) int {
	for line := range strings.Lines(report) {
		if n, found := strings.CutPrefix(strings.TrimSpace(line), "inserted "); found {
			count, _ := strconv.Atoi(n)
			return count
		}
	}
	return 0
}

// ownFile is how LibreOffice names a job's file, which nobody outside knows.
var ownFile = regexp.MustCompile(`<?file://[^\s>]*>?`)

// verdict reads from a child's end what was wrong with the document. A limit that was exceeded is why it was killed.
func verdict(end forkserver.Ending, exceeded limit, config Config) error {
	if end.Refused != "" {
		return fmt.Errorf("%w: %s", conversion.ErrRestarting, end.Refused)
	}
	stage := "loading"
	for line := range strings.Lines(end.Report) {
		switch kind, text, _ := strings.Cut(strings.TrimSpace(line), " "); kind {
		case "loaded":
			stage = "making the PDF"
		case "saved":
			return nil // whatever happened after that does not concern the PDF
		case "limit":
			if text == "threads" {
				exceeded = onThreads
				continue
			}
			return fmt.Errorf("%w: more than %d MiB of memory while %s", conversion.ErrLimit, config.Memory>>20, stage)
		case "error":
			return fmt.Errorf("%w (%s)", conversion.ErrUnreadable, ownFile.ReplaceAllString(text, "the file"))
		}
	}
	signal := syscall.Signal(0)
	if end.Status.Signaled() {
		signal = end.Status.Signal()
	}
	switch {
	case exceeded == onFiles:
		return fmt.Errorf("%w: more than %d MiB of temporary files while %s", conversion.ErrLimit, config.room()>>20, stage)
	case exceeded == onThreads:
		return fmt.Errorf("%w: more than %d threads while %s", conversion.ErrLimit, config.Threads, stage)
	case exceeded == onTime && end.CPU < config.Timeout/2:
		return fmt.Errorf("%w (%v)", conversion.ErrDeadline, config.Timeout)
	case exceeded == onTime, signal == syscall.SIGXCPU:
		return fmt.Errorf("%w: more than %v of CPU time while %s", conversion.ErrLimit,
			min(config.CPU, config.Timeout), stage)
	case signal == syscall.SIGXFSZ:
		return fmt.Errorf("%w: a file of more than %d bytes", conversion.ErrLimit, config.Output)
	case signal == syscall.SIGKILL:
		// Nobody else kills a child so: not this package, which knows what was exceeded, and no other process may.
		return fmt.Errorf("%w while %s", conversion.ErrOutOfMemory, stage)
	case signal != 0:
		return fmt.Errorf("%w (%v while %s)", conversion.ErrCrashed, signal, stage)
	}
	return fmt.Errorf("%w (exit status %d while %s)", conversion.ErrCrashed, end.Status.ExitStatus(), stage)
}

// hasLoaded tells whether a child came as far as making the PDF.
func hasLoaded(report string) bool {
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "loaded ") {
			return true
		}
	}
	return false
}
