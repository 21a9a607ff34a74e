package office

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Job is one document: a directory of its own with room for the document, the PDF and whatever LibreOffice
// needs meanwhile.
type Job struct {
	engine *Engine
	dir    string
	name   string
}

// Result says what a conversion took.
type Result struct {
	Pages      int           // of the PDF
	Queued     time.Duration // waiting for a free place
	Converting time.Duration // from fork to exit
	CPU        time.Duration // of the child
}

// NewJob makes a job. The name is the document's, as fields in it may show it; "" will do.
func (e *Engine) NewJob(name string) (*Job, error) {
	dir, err := os.MkdirTemp(filepath.Join(e.dir, "jobs"), "")
	if err != nil {
		return nil, fmt.Errorf("making a job directory: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "temp"), 0o700); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("making a job directory: %w", err)
	}
	return &Job{engine: e, dir: dir, name: baseName(name)}, nil
}

// baseName makes a file name out of whatever a document is called.
func baseName(name string) string {
	name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." || name == "/" || name == "temp" || len(name) > 200 {
		return "document"
	}
	return name
}

// Input is where the document goes before Convert.
func (j *Job) Input() string { return filepath.Join(j.dir, j.name+".docx") }

// Output is where the PDF is after Convert.
func (j *Job) Output() string { return filepath.Join(j.dir, j.name+".pdf") }

// Close removes the job's directory.
func (j *Job) Close() error { return os.RemoveAll(j.dir) }

// Convert makes the PDF. It waits for one of the engine's places first. When ctx ends, so does the
// conversion, and ctx's error is returned. The other errors wrap one of this package's.
func (j *Job) Convert(ctx context.Context) (Result, error) {
	var result Result
	queued := time.Now()
	select {
	case j.engine.slots <- struct{}{}:
		defer func() { <-j.engine.slots }()
	case <-ctx.Done():
		return result, ctx.Err()
	}
	server, err := j.engine.ready(ctx)
	if err != nil {
		return result, err
	}
	result.Queued = time.Since(queued)

	config := j.engine.config
	started := time.Now()
	id, done, err := server.start(j.dir, fileURL(j.Input()), fileURL(j.Output()), "Batch=true", "",
		strconv.FormatInt(int64(config.CPU/time.Second), 10),
		strconv.FormatInt(config.Memory, 10),
		strconv.FormatInt(config.Output, 10))
	if err != nil {
		return result, err
	}
	deadline := time.NewTimer(config.Timeout)
	defer deadline.Stop()
	var late, gone bool
	var end ending
	select {
	case end, gone = <-done:
	case <-deadline.C:
		late = true
		server.cancel(id)
		end, gone = <-done
	case <-ctx.Done():
		server.cancel(id)
		<-done
		return result, ctx.Err()
	}
	result.Converting = time.Since(started)
	result.CPU = end.cpu
	if !gone {
		return result, ErrRestarting
	}
	if err := verdict(end, late, config); err != nil {
		return result, err
	}
	result.Pages, err = countPages(j.Output())
	return result, err
}

// verdict reads from a child's end what was wrong with the document.
func verdict(end ending, late bool, config Config) error {
	if end.refused != "" {
		return fmt.Errorf("%w: %s", ErrRestarting, end.refused)
	}
	for line := range strings.Lines(end.report) {
		switch kind, text, _ := strings.Cut(strings.TrimSpace(line), " "); kind {
		case "limit":
			return fmt.Errorf("%w: more than %d MiB of memory", ErrLimit, config.Memory>>20)
		case "error":
			return fmt.Errorf("%w (%s)", ErrUnreadable, text)
		}
	}
	switch {
	case late && end.cpu < config.Timeout/2:
		return fmt.Errorf("%w (%v)", ErrDeadline, config.Timeout)
	case late, end.status.Signaled() && end.status.Signal() == syscall.SIGXCPU:
		return fmt.Errorf("%w: more than %v of CPU time", ErrLimit, min(config.CPU, config.Timeout))
	case end.status.Signaled() && end.status.Signal() == syscall.SIGXFSZ:
		return fmt.Errorf("%w: a file of more than %d MiB", ErrLimit, config.Output>>20)
	case end.status.Signaled():
		return fmt.Errorf("%w (%v)", ErrCrashed, end.status.Signal())
	case end.status.ExitStatus() != 0:
		return fmt.Errorf("%w (exit status %d)", ErrCrashed, end.status.ExitStatus())
	}
	return nil
}
