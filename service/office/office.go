// Package office converts Word documents to PDF with LibreOffice.
//
// Starting LibreOffice takes half a second, converting a page some 20 ms. So one LibreOffice is started, made warm
// with documents of our own, and then forks a child for each document: the child starts warm, sees one
// document and exits. The next one is forked ahead (children.c) and takes, while it waits, the memory that every
// conversion needs (hotpages.c). Nothing is carried from one document to the next, and a crash or a hang is one
// document's. The fork server (forkserver.c) is a process of its own, started from this same binary, and
// talks to this package over one Unix socket.
package office

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/fonts"
)

// Config says how documents are converted. The zero value of a field stands for its default.
type Config struct {
	ProgramDir  string        // LibreOffice's program directory; found in the usual places
	TempDir     string        // where profile and job directories go; os.TempDir()
	Concurrency int           // documents converted at once; the number of CPUs
	Timeout     time.Duration // for one conversion; 60 s
	CPU         time.Duration // CPU time of one conversion; Timeout
	Memory      int64         // bytes of memory that one conversion may take; 512 MiB
	Output      int64         // bytes of the largest file that one conversion may write, and half of all at a time; 256 MiB
	Sandbox     Sandbox       // SandboxAuto
	Fonts       fonts.Set     // fonts.Open("")
	Log         *slog.Logger  // slog.Default()
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
	if c.Sandbox == "" {
		c.Sandbox = SandboxAuto
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
	server  *forkServer   // nil while it is being replaced
	changed chan struct{} // closed and replaced when server changes
	version string
	kept    []string
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

// supervise starts the fork server and replaces it whenever it ends. The first start's outcome goes to first.
func (e *Engine) supervise(ctx context.Context, first chan<- error) {
	defer close(e.stopped)
	pause := time.Duration(0)
	for ctx.Err() == nil {
		server, err := launch(ctx, e.config, e.dir.path)
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
			<-server.ended
			e.set(nil, nil)
			if ctx.Err() == nil {
				e.config.Log.Warn("the fork server ended and is being replaced", "error", server.err)
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

func (e *Engine) set(server *forkServer, failure error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.server, e.failure = server, failure
	if server != nil {
		e.version, e.kept = server.version, server.kept
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
	s := conversion.Status{Ready: e.server != nil, LibreOffice: e.version, Sandbox: e.kept, Restarts: max(0, e.starts-1)}
	if e.failure != nil {
		s.Error = e.failure.Error()
	}
	return s
}

// restartGrace is how long a document waits for a fork server that is being replaced, which takes half a
// second.
const restartGrace = 5 * time.Second

// ready waits for a fork server other than the one that is known to be gone.
func (e *Engine) ready(ctx context.Context, gone *forkServer) (*forkServer, error) {
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
