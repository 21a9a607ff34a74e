// Package progress shows how far a run is: a bar on a terminal, a line every few seconds elsewhere, and at the end a
// summary.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"docx2pdf/client/converter"
	"docx2pdf/client/report"
)

// every is how often a line is written where there is no terminal.
const every = 5 * time.Second

// Progress counts documents. It is safe for concurrent use.
type Progress struct {
	to  io.Writer
	bar *progressbar.ProgressBar // nil without a terminal

	mu     sync.Mutex
	total  int
	counts map[string]int
	pages  int
	began  time.Time
	said   time.Time
	fonts  map[string]int
}

// New shows progress on to.
func New(to io.Writer) *Progress {
	return &Progress{to: to, counts: map[string]int{}, fonts: map[string]int{}, began: time.Now(), said: time.Now()}
}

// Total says how many documents there are.
func (p *Progress) Total(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total, p.began = n, time.Now()
	if file, ok := p.to.(*os.File); ok && n > 1 && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions(n, progressbar.OptionSetWriter(p.to), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("documents"), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
}

// Done counts a document. A failure is shown at once.
func (p *Progress) Done(d report.Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[d.Status]++
	p.pages += d.Pages
	for _, f := range converter.Mattering(d.Fonts) {
		p.fonts[f.Font]++
	}
	if d.Error != "" {
		p.line(fmt.Sprintf("%s: %s: %s", d.Status, Printable(d.Source), Printable(d.Error)))
	}
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%d failed", p.counts[report.Failed]))
		p.bar.Set(p.done())
		return
	}
	if time.Since(p.said) >= every {
		p.said = time.Now()
		fmt.Fprintln(p.to, p.status())
	}
}

// Say shows a line between.
func (p *Progress) Say(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(Printable(what))
}

func (p *Progress) line(what string) {
	if p.bar != nil {
		p.bar.Clear()
	}
	fmt.Fprintln(p.to, what)
}

func (p *Progress) done() int {
	n := 0
	for _, count := range p.counts {
		n += count
	}
	return min(n, p.total)
}

// status is "412 of 1000, 2 failed, 26.1 documents/s, 23s left".
func (p *Progress) status() string {
	done, took := p.done(), time.Since(p.began)
	rate := float64(done) / took.Seconds()
	left := "?"
	if rate > 0 {
		left = time.Duration(float64(p.total-done) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%d of %d, %d failed, %.1f documents/s, %s left", done, p.total, p.counts[report.Failed], rate,
		left)
}

// Printable keeps names that hold line ends or escape codes on one line, and harmless.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
}
