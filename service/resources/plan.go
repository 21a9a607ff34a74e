// Package resources divides what a container has among the documents that it converts: how many at once, the memory,
// files and time of each, and the sizes that are accepted.
package resources

import (
	"fmt"
	"time"
)

// Container is what there is.
type Container struct {
	CPUs           int
	Memory         int64         // bytes
	FilesAreMemory bool          // temporary files count as memory, as on Cloud Run
	RequestTimeout time.Duration // after which a request is cut off from outside; 0 for never
}

// Plan is what a document may have. Sizes are in bytes.
type Plan struct {
	Concurrency int           // documents converted at the same time
	Document    int64         // the largest from a bucket
	Memory      int64         // of one conversion
	PDF         int64         // the largest; all files of one conversion may take twice as much
	Timeout     time.Duration // of one conversion
}

// base is what the converter takes before there is a document: the warm LibreOffice with what it shares with its
// children, the waiting child, and the program in Go (measured: go run ./service/bench -soak).
const base = 320 << 20

const mebi = 1 << 20

// The least with which a usual document can be converted, and the most that one gets unasked.
var (
	least = Plan{Document: 4 * mebi, Memory: 64 * mebi, PDF: 8 * mebi}
	most  = Plan{Document: 100 * mebi, Memory: 1024 * mebi, PDF: 256 * mebi}
)

// together is how many documents of the largest size must fit at once. All of many are not the largest: should they be,
// the kernel ends one, which is tried again.
func together(concurrency int) int64 { return int64(min(2, concurrency)) }

// Default divides a container: of each document's share five eighths are memory, a sixteenth the document, and the rest
// room for two copies of the PDF.
func (c Container) Default() Plan {
	p := Plan{Concurrency: max(1, c.CPUs), Timeout: c.timeout()}
	share := (c.Memory - base) / together(p.Concurrency)
	p.Memory = bounded(share*5/8, least.Memory, most.Memory)
	p.Document, p.PDF = most.Document, most.PDF
	if c.FilesAreMemory {
		p.Document = bounded(share/16, least.Document, most.Document)
		p.PDF = bounded((share-p.Memory-p.Document)/2, least.PDF, most.PDF)
	}
	return p
}

// timeout leaves a fifth of a request's time to Cloud Storage and the queue. It is a minute at most, unless requests
// are given more than five.
func (c Container) timeout() time.Duration {
	if c.RequestTimeout == 0 {
		return time.Minute
	}
	return max(min(time.Minute, c.RequestTimeout*4/5), c.RequestTimeout/5, time.Second).Truncate(time.Second)
}

func bounded(n, least, most int64) int64 { return min(max(n, least), most) }

// need is the memory that a plan takes.
func (c Container) need(p Plan) int64 {
	each := p.Memory
	if c.FilesAreMemory {
		each += p.Document + 2*p.PDF
	}
	return base + together(p.Concurrency)*each
}

// Check refuses a plan that cannot work here, with the numbers that can.
func (c Container) Check(p Plan) error {
	if need := c.need(p); need > c.Memory {
		return fmt.Errorf("%s need %d MiB of memory, and the container has %d: give it at least that, or %s",
			c.sum(p), mib(need), c.Memory/mebi, c.instead(p))
	}
	if c.RequestTimeout > 0 && c.RequestTimeout < 2*time.Second {
		return fmt.Errorf("a request is cut off after %v (REQUEST_TIMEOUT): give it at least 2 s", c.RequestTimeout)
	}
	if c.RequestTimeout > 0 && p.Timeout >= c.RequestTimeout {
		return fmt.Errorf("a conversion may take %v (TIMEOUT), but a request is cut off after %v (REQUEST_TIMEOUT): "+
			"set TIMEOUT to at most %d", p.Timeout, c.RequestTimeout, max(1, int(c.timeout().Seconds())))
	}
	return nil
}

func (c Container) sum(p Plan) string {
	text := fmt.Sprintf("%d MiB for LibreOffice and %d at once of %d MiB (MAX_MEMORY_BYTES)", base/mebi,
		together(p.Concurrency), mib(p.Memory))
	if c.FilesAreMemory {
		text += fmt.Sprintf(" with a document of %d (MAX_DOCUMENT_BYTES) and twice a PDF of %d (MAX_PDF_BYTES)",
			mib(p.Document), mib(p.PDF))
	}
	return text
}

// instead names the plan that would fit, if there is one.
func (c Container) instead(p Plan) string {
	fits := c.Default()
	fits.Concurrency = p.Concurrency
	if c.need(fits) > c.Memory {
		fits.Concurrency = 1
	}
	if c.need(fits) > c.Memory {
		return fmt.Sprintf("as little as %d MiB with CONCURRENCY=1",
			mib(c.need(Plan{1, least.Document, least.Memory, least.PDF, 0})))
	}
	return fmt.Sprintf("set CONCURRENCY=%d, MAX_MEMORY_BYTES=%d, MAX_DOCUMENT_BYTES=%d and MAX_PDF_BYTES=%d at most",
		fits.Concurrency, fits.Memory, fits.Document, fits.PDF)
}

func mib(bytes int64) int64 { return (bytes + mebi - 1) / mebi }
