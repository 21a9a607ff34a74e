// Package office converts Word documents to PDF with LibreOffice.
//
// Starting LibreOffice takes half a second, converting a page some 20 ms. So one LibreOffice is started and made warm,
// and
// then forks a child for each document (package forkserver), which is kept in (package sandbox). Nothing is carried
// from
// one document to the next, and a crash or a hang is one document's. This package gives each document a directory, a
// place and a deadline, reads from its child's end what was wrong, and replaces a fork server that is gone.
package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/fonts"
	"docx2pdf/service/forkserver"
	"docx2pdf/service/sandbox"
)

// Config says how documents are converted. The zero value of a field stands for its default.
type Config struct {
	ProgramDir  string        // LibreOffice's program directory; found in the usual places
	TempDir     string        // where profile and job directories go; os.TempDir()
	Concurrency int           // documents converted at once; the number of CPUs
	Timeout     time.Duration // for one conversion; 60 s
	CPU         time.Duration // CPU time of one conversion; Timeout
	Memory      int64         // bytes of memory that one conversion may take; 512 MiB
	// bytes of the largest file that one conversion may write, and half of all at a time; 256 MiB
	Output     int64
	Threads    int          // that one conversion may have at a time; 64
	Sandbox    sandbox.Mode // sandbox.Auto
	SandboxWay sandbox.Way  // sandbox.Any
	Fonts      fonts.Set    // fonts.Open("")
	Log        *slog.Logger // slog.Default()
}

func (c Config) withDefaults() Config {
	if c.TempDir == "" {
		c.TempDir = os.TempDir()
	}
	if c.Concurrency <= 0 {
		c.Concurrency = runtime.GOMAXPROCS(0)
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.CPU <= 0 {
		c.CPU = c.Timeout
	}
	if c.Memory <= 0 {
		c.Memory = 512 << 20
	}
	if c.Output <= 0 {
		c.Output = 256 << 20
	}
	if c.Threads <= 0 {
		c.Threads = 64
	}
	if c.Sandbox == "" {
		c.Sandbox = sandbox.Auto
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// room is the room that all files of one conversion may take: LibreOffice writes a PDF and then copies it.
func (c Config) room() int64 { return 2 * c.Output }

// Engine keeps the fork server running and gives it documents.
type Engine struct {
	config  Config
	dir     directory
	slots   chan struct{}
	closing context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	server  *forkserver.Server // nil while it is being replaced
	changed chan struct{}      // closed and replaced when server changes
	version string
	proof   sandbox.Proof
	failure error // why the last start failed
	starts  int
}

// Start starts LibreOffice and returns when it is warm. Its errors say what to do about them.
func Start(ctx context.Context, config Config) (*Engine, error) {
	config = config.withDefaults()
	if err := config.findProgramDir(); err != nil {
		return nil, err
	}
	if config.Fonts.Twins == "" {
		set, err := fonts.Open("")
		if err != nil {
			return nil, err
		}
		config.Fonts = set
	}
	for _, broken := range config.Fonts.Broken {
		config.Log.Warn("a font file is left out", "file", broken.File, "error", broken.Why)
	}
	dir, err := makeDirectory(config.TempDir, config.Fonts)
	if err != nil {
		return nil, err
	}
	supervised, closing := context.WithCancel(context.Background())
	e := &Engine{
		config:  config,
		dir:     dir,
		slots:   make(chan struct{}, config.Concurrency),
		closing: closing,
		stopped: make(chan struct{}),
		changed: make(chan struct{}),
	}
	first := make(chan error, 1)
	go e.supervise(supervised, first)
	go reapOrphans(supervised)
	select {
	case err = <-first:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	// Not before: the killed converter's processes may have needed a moment to follow it.
	removeLeftovers(config.TempDir, config.Log)
	return e, nil
}

// prepare fills the engine's directory: the profile, the warm-up documents and a place for jobs.
func prepare(dir string, set fonts.Set) error {
	return errors.Join(
		writeProfile(filepath.Join(dir, "profile"), set),
		writeWarmUp(filepath.Join(dir, "warmup.docx"), nil),
		os.Mkdir(filepath.Join(dir, "jobs"), 0o700),
	)
}

// launch starts a fork server. Its errors say what to do about them.
func (e *Engine) launch(ctx context.Context) (*forkserver.Server, error) {
	config, dir := e.config, e.dir.path
	profile, work := filepath.Join(dir, "profile"), filepath.Join(dir, "work")
	server, err := forkserver.Launch(ctx, forkserver.Config{
		ProgramDir:  config.ProgramDir,
		Profile:     profile,
		WorkDir:     work,
		Environment: environment(config, dir),
		WarmUp:      []string{filepath.Join(dir, "warmup.docx")},
		WarmUpPDF:   filepath.Join(dir, "warmup.pdf"),
		Readable:    append(readable(config, profile), work),
		Sandbox:     config.Sandbox,
		Way:         config.SandboxWay,
		Log:         config.Log,
	})
	if err != nil && !errors.Is(err, sandbox.ErrMissing) {
		err = fmt.Errorf("starting LibreOffice in %s: %w; %s", config.ProgramDir, err, howToInstall)
	}
	return server, err
}

// supervise starts the fork server and replaces it whenever it ends. The first start's outcome goes to first.
func (e *Engine) supervise(ctx context.Context, first chan<- error) {
	defer close(e.stopped)
	pause := time.Duration(0)
	for ctx.Err() == nil {
		server, err := e.launch(ctx)
		if err == nil {
			if err := e.learn(server); err != nil && !errors.Is(err, conversion.ErrRestarting) {
				e.config.Log.Warn("documents will take longer than they need to", "error", err)
			}
		}
		e.set(server, err)
		if first != nil {
			first <- err
			first = nil
		}
		if err == nil {
			pause = 0
			<-server.Ended()
			e.set(nil, nil)
			if ctx.Err() == nil {
				e.config.Log.Warn("the fork server ended and is being replaced", "error", server.Err())
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		e.config.Log.Error("LibreOffice does not start", "error", err)
		pause = min(max(2*pause, 100*time.Millisecond), 10*time.Second)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (e *Engine) set(server *forkserver.Server, failure error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server, e.failure = server, failure
	if server != nil {
		e.version, e.proof = server.LibreOffice(), server.Sandbox()
		e.starts++
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// Close ends LibreOffice and the conversions in flight and removes what they left.
func (e *Engine) Close() error {
	e.closing()
	<-e.stopped
	return e.dir.remove()
}

// Concurrency is how many documents are converted at once.
func (e *Engine) Concurrency() int { return cap(e.slots) }

// Status tells whether documents can be converted now.
func (e *Engine) Status() conversion.Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := conversion.Status{Ready: e.server != nil, LibreOffice: e.version, Sandbox: e.proof.Kept,
		SandboxWay: string(e.proof.Way), OwnFonts: e.config.Fonts.Families, Restarts: max(0, e.starts-1)}
	if e.failure != nil {
		s.Error = e.failure.Error()
	}
	return s
}

// restartGrace is how long a document waits for a fork server that is being replaced, which takes half a
// second.
const restartGrace = 20 * time.Second

// ready waits for a fork server other than the one that is known to be gone.
func (e *Engine) ready(ctx context.Context, gone *forkserver.Server) (*forkserver.Server, error) {
	late := time.NewTimer(restartGrace)
	defer late.Stop()
	for {
		e.mu.Lock()
		server, changed := e.server, e.changed
		e.mu.Unlock()
		if server != nil && server != gone {
			return server, nil
		}
		select {
		case <-changed:
		case <-e.stopped:
			return nil, conversion.ErrRestarting
		case <-late.C:
			return nil, conversion.ErrRestarting
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
