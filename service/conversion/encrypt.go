package conversion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xdg-go/stringprep"
	"golang.org/x/sys/unix"
)

// LibreOffice's own encryption is RC4, its passwords are Latin-1, and a comma in one has had a meaning. So qpdf
// encrypts what LibreOffice has made: with AES-256 (ISO 32000-2, 7.6.4.4: revision 6), and any password.
var qpdf = sync.OnceValues(func() (string, error) { return exec.LookPath("qpdf") })

// CanEncrypt returns nil, or ErrOption with what to install.
func CanEncrypt() error {
	if _, err := qpdf(); err != nil {
		return fmt.Errorf("option password: %w: this converter has no qpdf (apt-get install qpdf)", ErrOption)
	}
	return nil
}

// encryptTimeout is far more than the largest PDF takes: qpdf does some 100 MB a second.
const encryptTimeout = 30 * time.Second

// encrypt puts an encrypted PDF in place of a document's.
func (c Converter) encrypt(ctx context.Context, d *Document, password string) error {
	program, err := qpdf()
	if err != nil {
		return err
	}
	locked := filepath.Join(d.Directory(), "temp", "encrypted")
	job, err := qpdfJob(d.Output(), locked, password)
	if err != nil {
		return fmt.Errorf("encrypting the PDF: %w", err)
	}
	defer job.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, encryptTimeout, ErrDeadline)
	defer cancel()
	var said bytes.Buffer
	command := exec.CommandContext(ctx, program, "--job-json-file=/proc/self/fd/3")
	command.ExtraFiles = []*os.File{job}
	command.Stderr = &said
	command.Env = []string{"LC_ALL=C.UTF-8"}
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("encrypting the PDF: %w", err)
	}
	c.limit(command.Process.Pid)
	if err := command.Wait(); err != nil && command.ProcessState.ExitCode() != onlyWarnings {
		return encryptionFailed(ctx, err, command.ProcessState, said.String())
	}
	return os.Rename(locked, d.Output())
}

// onlyWarnings is qpdf's exit status when the output is there.
// https://qpdf.readthedocs.io/en/stable/cli.html#exit-status
const onlyWarnings = 3

// qpdfJob is a file with what qpdf is to do, in memory: a password belongs neither on a disk nor on a command line.
// https://qpdf.readthedocs.io/en/stable/qpdf-job.html
func qpdfJob(input, output, password string) (*os.File, error) {
	job, err := json.Marshal(map[string]any{
		"inputFile":    input,
		"outputFile":   output,
		"passwordMode": "bytes",
		"encrypt": map[string]any{
			"userPassword":  password,
			"ownerPassword": asTyped(password),
			"256bit":        map[string]any{},
		},
	})
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("qpdf job", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "qpdf job")
	if _, err := file.Write(job); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// asTyped is the form in which the standard wants a password (ISO 32000-2, 7.6.4.3.3: SASLprep, RFC 4013). Viewers
// that follow it turn what a person types into that form; others take it as it is. The PDF opens for both: it is
// locked with the password as it came, and in place of an owner's, with this one. Mostly they are the same.
func asTyped(password string) string {
	prepared, err := stringprep.SASLprep.Prepare(password)
	if err != nil || prepared == "" || len(prepared) > 127 {
		return password
	}
	return prepared
}

// limit holds qpdf to the memory of one conversion. It does not matter that it has begun.
func (c Converter) limit(pid int) {
	if c.Memory > 0 {
		most := uint64(c.Memory)
		unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most}, nil)
	}
}

func encryptionFailed(ctx context.Context, err error, state *os.ProcessState, said string) error {
	status, _ := state.Sys().(syscall.WaitStatus)
	switch {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), ErrDeadline):
		return fmt.Errorf("encrypting the PDF: %w", ErrDeadline)
	case ctx.Err() != nil:
		return ctx.Err()
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return fmt.Errorf("encrypting the PDF: %w", ErrOutOfMemory)
	case strings.Contains(said, "No space left"):
		return fmt.Errorf("encrypting the PDF: %w", ErrNoSpace)
	}
	return fmt.Errorf("%w: its PDF could not be encrypted (%v: %.300s)", ErrLimit, err, said)
}
