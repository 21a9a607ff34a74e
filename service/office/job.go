package office

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/forkserver"
	"docx2pdf/service/options"
)

// job is one document and the engine that converts it.
type job struct {
	engine   *Engine
	document *conversion.Document
}

// NewDocument makes room for a document where its child can work on it.
func (e *Engine) NewDocument(name string) (*conversion.Document, error) {
	return conversion.NewDocument(filepath.Join(e.dir.path, "jobs"), name)
}

// Convert is conversion.Engine's.
func (e *Engine) Convert(ctx context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
	var report conversion.Report
	queued := time.Now()
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return report, ctx.Err()
	}
	started := time.Now()
	j := job{e, d}
	if err := j.writeFontRules(); err != nil {
		return report, err
	}
	end, exceeded, err := j.run(ctx, o)
	report.Phases = []conversion.Phase{{Name: "queue", Took: started.Sub(queued)},
		{Name: "convert", Took: time.Since(started)}}
	report.CPU = end.CPU
	if err != nil {
		return report, err
	}
	if err := verdict(end, exceeded, e.config); err != nil {
		if full(d.Directory()) {
			return report, fmt.Errorf("%w (%w)", conversion.ErrNoSpace, err)
		}
		pages := o.Get(options.Pages)
		if errors.Is(err, conversion.ErrUnreadable) && pages != "" && hasLoaded(end.Report) {
			err = fmt.Errorf("option pages=%s: %w", pages, conversion.ErrNoPages)
		}
		return report, err
	}
	report.Fonts, report.OwnFonts = readFonts(end.Report, j.engine.config.Fonts)
	report.IndexesUpdated = strings.Contains("\n"+end.Report, "\nindexes updated\n")
	report.Inserted = inserted(end.Report)
	if report.Pages, err = countPages(d.Output(), end.Report); err == nil && o.Get(options.PDFA) != "" {
		err = agreeOnDates(d.Output())
	}
	return report, err
}

// run has a child convert the document, and another one if the first has not even begun.
func (j job) run(ctx context.Context, o options.Options) (end forkserver.Ending, exceeded limit, err error) {
	for range 3 {
		server, child, err := j.start(ctx, o)
		if err != nil {
			return forkserver.Ending{}, none, err
		}
		if end, exceeded, err = j.await(ctx, server, child); err != nil || exceeded != none || end.Refused == "" {
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
	onThreads
)

// await waits for a child's end, and brings it about when the child has had its time, its files take too much room, or
// nobody waits for it any more.
func (j job) await(ctx context.Context, server *forkserver.Server, c *forkserver.Child) (end forkserver.Ending,
	exceeded limit, err error) {
	deadline := time.NewTimer(j.engine.config.Timeout)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	told := false
	for ended := false; !ended; {
		select {
		case end, told = <-c.Done():
			ended = true
		case <-deadline.C:
			exceeded = onTime
		case <-look.C:
			switch {
			case j.takesTooMuch(c.PID()):
				exceeded = onFiles
			case threads(c.PID()) > j.engine.config.Threads:
				exceeded = onThreads
			}
		case <-ctx.Done():
			server.Cancel(c)
			return end, none, ctx.Err()
		}
		if exceeded != none {
			end, told = server.Cancel(c)
			ended = true
		}
	}
	if !told {
		err = conversion.ErrRestarting
	}
	return end, exceeded, err
}

// start gives the document to a fork server: to the next one, should the first be gone already.
func (j job) start(ctx context.Context, o options.Options) (server *forkserver.Server, c *forkserver.Child, err error) {
	for range 3 {
		if server, err = j.engine.ready(ctx, server); err != nil {
			return nil, nil, err
		}
		c, err = server.Start(j.request(o))
		if !errors.Is(err, forkserver.ErrGone) {
			return server, c, err
		}
	}
	return nil, nil, fmt.Errorf("%w: %w", conversion.ErrRestarting, err)
}

// request is what the fork server is asked for.
func (j job) request(o options.Options) forkserver.Job {
	config := j.engine.config
	return forkserver.Job{
		Directory: j.document.Directory(),
		Input:     j.document.Input(),
		Output:    j.document.Output(),
		Options:   filter(o),
		CPU:       config.CPU,
		Memory:    config.Memory,
		FileBytes: config.Output,
		Threads:   config.Threads,

		UpdateIndexes: j.document.UpdateIndexes,
		Insertions:    j.insertions(),
	}
}

// filters are LibreOffice's for what comes into a document, by how its name ends.
var filters = map[string]string{".html": "HTML (StarWriter)", ".rtf": "Rich Text Format"}

func (j job) insertions() []forkserver.Insertion {
	var all []forkserver.Insertion
	for _, i := range j.document.Insertions {
		all = append(all, forkserver.Insertion{Bookmark: i.Bookmark, File: filepath.Join(j.document.Directory(),
			i.Name), Filter: filters[filepath.Ext(i.Name)]})
	}
	return all
}

// full tells whether nothing can be written to a directory any more, be it for lack of room, of file names or of quota.
// LibreOffice only says that it could not write.
func full(dir string) bool {
	err := os.WriteFile(filepath.Join(dir, "room"), make([]byte, 256<<10), 0o600)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
