package office

import (
	"context"
	"errors"
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
	Pages      int            // of the PDF
	Fonts      []Substitution // in the order in which the document asks for them
	Queued     time.Duration  // waiting for a free place
	Converting time.Duration  // until the PDF is there
	CPU        time.Duration  // of the child
}

// NewJob makes a job. The name is the document's, as fields in it may show it; "" will do.
func (e *Engine) NewJob(name string) (*Job, error) {
	dir, err := os.MkdirTemp(filepath.Join(e.dir.path, "jobs"), "")
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
func (j *Job) Convert(ctx context.Context, options Options) (Result, error) {
	var result Result
	queued := time.Now()
	select {
	case j.engine.slots <- struct{}{}:
		defer func() { <-j.engine.slots }()
	case <-ctx.Done():
		return result, ctx.Err()
	}
	started := time.Now()
	result.Queued = started.Sub(queued)
	end, exceeded, err := j.run(ctx, options)
	result.Converting = time.Since(started)
	result.CPU = end.cpu
	if err != nil {
		return result, err
	}
	if err := verdict(end, exceeded, j.engine.config); err != nil {
		if full(j.dir) {
			return result, fmt.Errorf("%w (%w)", ErrNoSpace, err)
		}
		if errors.Is(err, ErrUnreadable) && options.settings["pages"] != "" && hasLoaded(end.report) {
			err = fmt.Errorf("option pages=%s: %w", options.settings["pages"], ErrNoPages)
		}
		return result, err
	}
	result.Fonts = substitutions(end.report)
	result.Pages, err = countPages(j.Output(), end.report)
	return result, err
}

// run has a child convert the document, and another one if the first has not even begun.
func (j *Job) run(ctx context.Context, options Options) (end ending, exceeded limit, err error) {
	for range 3 {
		server, child, err := j.start(ctx, options)
		if err != nil {
			return ending{}, none, err
		}
		if end, exceeded, err = j.await(ctx, server, child); err != nil || exceeded != none || end.refused == "" {
			return end, exceeded, err
		}
	}
	return end, exceeded, nil
}

// limit is one that a conversion is held to from outside.
type limit int

const (
	none limit = iota
	onTime
	onFiles
)

// await waits for a child's end, and brings it about when the child has had its time, its files take too much room, or
// nobody waits for it any more.
func (j *Job) await(ctx context.Context, server *forkServer, c *child) (end ending, exceeded limit, err error) {
	deadline := time.NewTimer(j.engine.config.Timeout)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := false
	for ended := false; !ended; {
		select {
		case end, told = <-c.done:
			ended = true
		case <-deadline.C:
			exceeded = onTime
		case <-look.C:
			if j.takesTooMuch(int(c.pid.Load())) {
				exceeded = onFiles
			}
		case <-ctx.Done():
			server.cancel(c)
			return end, none, ctx.Err()
		}
		if exceeded != none {
			end, told = server.cancel(c)
			ended = true
		}
	}
	if !told {
		err = ErrRestarting
	}
	return end, exceeded, err
}

// loadOptions are LibreOfficeKit's: nobody is there to answer questions. Macros are not run unless it is told to.
const loadOptions = "Batch=true"

// start gives the document to a fork server: to the next one, should the first be gone already.
func (j *Job) start(ctx context.Context, options Options) (server *forkServer, c *child, err error) {
	for range 3 {
		if server, err = j.engine.ready(ctx, server); err != nil {
			return nil, nil, err
		}
		c, err = server.start("convert", j.fields(options)...)
		if !errors.Is(err, ErrRestarting) {
			break
		}
	}
	return server, c, err
}

// fields are those of struct job in child.c.
func (j *Job) fields(options Options) []string {
	config := j.engine.config
	return []string{j.dir, fileURL(j.Input()), fileURL(j.Output()), loadOptions, options.json(),
		strconv.FormatInt(int64(config.CPU/time.Second), 10),
		strconv.FormatInt(config.Memory, 10),
		strconv.FormatInt(config.Output, 10)}
}

// full tells whether nothing can be written to a directory any more, be it for lack of room, of file names or of quota.
// LibreOffice only says that it could not write.
func full(dir string) bool {
	err := os.WriteFile(filepath.Join(dir, "room"), make([]byte, 256<<10), 0o600)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
