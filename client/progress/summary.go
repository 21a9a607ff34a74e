package progress

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"docx2pdf/client/report"
)

// Failed is the number of documents that failed.
func (p *Progress) Failed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[report.Failed]
}

// most is how many fonts a summary names.
const most = 20

// Summary says what became of all.
func (p *Progress) Summary() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
	}
	took := time.Since(p.began)
	table := tabwriter.NewWriter(p.to, 0, 0, 2, ' ', 0)
	for _, status := range []string{report.Converted, report.Unchanged, report.Planned, report.Passed, report.Failed} {
		if n := p.counts[status]; n > 0 || status == report.Converted && p.counts[report.Planned] == 0 {
			fmt.Fprintf(table, "%s\t%d\n", status, n)
		}
	}
	if left := p.total - p.done(); left > 0 {
		fmt.Fprintf(table, "not tried\t%d\n", left)
	}
	if p.pages > 0 {
		fmt.Fprintf(table, "pages\t%d\n", p.pages)
	}
	fmt.Fprintf(table, "time\t%s, %.1f documents/s\n", took.Round(100*time.Millisecond),
		float64(p.counts[report.Converted])/took.Seconds())
	if len(p.fonts) > 0 {
		fmt.Fprintf(table, "fonts of other widths\t%s\n", Printable(p.fontList()))
	}
	table.Flush()
}

// fontList names the fonts that most documents lack first.
func (p *Progress) fontList() string {
	names := slices.SortedFunc(maps.Keys(p.fonts), func(a, b string) int {
		if p.fonts[a] != p.fonts[b] {
			return p.fonts[b] - p.fonts[a]
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, name := range names[:min(most, len(names))] {
		list = append(list, fmt.Sprintf("%s (%d)", name, p.fonts[name]))
	}
	return strings.Join(list, ", ")
}
