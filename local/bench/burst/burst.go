// Package burst simulates what becomes of many documents that arrive at once: Pub/Sub's push with its window and its
// retries, Cloud Run's instances with their starts and their limit, and the converter that takes one document for each
// CPU. It is arithmetic over random numbers of a seed, not a measurement; what it starts from is measured.
package burst

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Config is a stack and a burst.
type Config struct {
	Documents int
	Over      time.Duration // the documents arrive evenly over it
	Seed      uint64

	Instances   int           // the most (maxInstances)
	Warm        int           // that run already (minInstances)
	CPUs        int           // of one instance, each of which converts a document
	Concurrency int           // requests that one instance takes
	ColdStart   time.Duration // until an instance takes requests
	Conversion  time.Duration // the median; a tenth of the documents takes more than three times as long
	Pending     time.Duration // that a request waits for an instance before it is refused

	Attempts               int // deliveries after which a document is a dead letter
	MinBackoff, MaxBackoff time.Duration
	Window                 int // deliveries under way that Pub/Sub begins with, and grows from
}

// Result is what became of the documents.
type Result struct {
	Converted, DeadLetters, Refused int
	// Waits are the times from a document's arrival to its PDF, sorted.
	Waits []time.Duration
	// Busy is for how long instances had a request, which is what is paid for.
	Busy  time.Duration
	Peak  int // instances
	Ended time.Duration
}

// Percentile is the wait that p of 100 documents do not exceed.
func (r *Result) Percentile(p int) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[(len(r.Waits)-1)*p/100]
}

type document struct {
	arrived  time.Duration
	attempts int
}

type instance struct {
	ready     time.Duration
	inFlight  int
	free      []time.Duration // when each CPU is free
	busySince time.Duration
}

type event struct {
	at time.Duration
	n  int // the order of events at the same time
	do func()
}

type world struct {
	Config
	now       time.Duration
	events    events
	n         int
	random    *rand.Rand
	waiting   []*document // at Pub/Sub
	pending   []*request  // at Cloud Run
	underWay  int
	window    float64
	instances []*instance
	result    Result
}

// request is one delivery that waits for an instance.
type request struct {
	*document
	taken bool
}

// Run simulates a burst to its end.
func Run(c Config) Result {
	w := &world{Config: c, random: rand.New(rand.NewPCG(c.Seed, 1)), window: float64(c.Window)}
	for range c.Warm {
		w.instances = append(w.instances, &instance{free: make([]time.Duration, c.CPUs)})
	}
	w.result.Peak = c.Warm
	for i := range c.Documents {
		d := &document{arrived: c.Over * time.Duration(i) / time.Duration(c.Documents)}
		w.at(d.arrived, func() { w.queue(d) })
	}
	for w.events.Len() > 0 {
		next := heap.Pop(&w.events).(*event)
		w.now = next.at
		next.do()
	}
	slices.Sort(w.result.Waits)
	return w.result
}

func (w *world) at(when time.Duration, do func()) {
	w.n++
	heap.Push(&w.events, &event{when, w.n, do})
}

// queue gives a document to Pub/Sub.
func (w *world) queue(d *document) {
	w.waiting = append(w.waiting, d)
	w.deliver()
}

// deliver pushes what the window has room for.
func (w *world) deliver() {
	for len(w.waiting) > 0 && w.underWay < int(w.window) {
		d := w.waiting[0]
		w.waiting = w.waiting[1:]
		w.underWay++
		d.attempts++
		r := &request{document: d}
		w.pending = append(w.pending, r)
		w.at(w.now+w.Pending, func() { w.refuse(r) })
		w.assign()
	}
}

// assign gives pending requests to instances with room, and starts instances where there is none.
func (w *world) assign() {
	for len(w.pending) > 0 {
		if w.pending[0].taken {
			w.pending = w.pending[1:]
			continue
		}
		i := w.room()
		if i == nil {
			w.start()
			return
		}
		r := w.pending[0]
		w.pending = w.pending[1:]
		r.taken = true
		w.convert(i, r.document)
	}
}

// room is the least busy instance that takes another request.
func (w *world) room() *instance {
	var best *instance
	for _, i := range w.instances {
		if i.ready <= w.now && i.inFlight < w.Concurrency && (best == nil || i.inFlight < best.inFlight) {
			best = i
		}
	}
	return best
}

// start starts an instance for each that pending requests would fill, up to the limit.
func (w *world) start() {
	starting := 0
	for _, i := range w.instances {
		if i.ready > w.now {
			starting++
		}
	}
	for starting*w.Concurrency < len(w.pending) && len(w.instances) < w.Instances {
		i := &instance{ready: w.now + w.ColdStart, free: make([]time.Duration, w.CPUs)}
		w.instances = append(w.instances, i)
		w.result.Peak = max(w.result.Peak, len(w.instances))
		w.at(i.ready, w.assign)
		starting++
	}
}

// convert has an instance convert a document on the CPU that is free first.
func (w *world) convert(i *instance, d *document) {
	if i.inFlight == 0 {
		i.busySince = w.now
	}
	i.inFlight++
	cpu := 0
	for n := range i.free {
		if i.free[n] < i.free[cpu] {
			cpu = n
		}
	}
	// Lognormal: with a sigma of 0.86 one in ten takes three times the median.
	took := time.Duration(float64(w.Conversion) * math.Exp(0.86*w.random.NormFloat64()))
	i.free[cpu] = max(i.free[cpu], w.now) + took
	w.at(i.free[cpu], func() {
		if i.inFlight--; i.inFlight == 0 {
			w.result.Busy += w.now - i.busySince
		}
		w.result.Converted++
		w.result.Waits = append(w.result.Waits, w.now-d.arrived)
		w.result.Ended = w.now
		w.underWay--
		w.window++ // each success opens it further: it doubles with every round
		w.assign()
		w.deliver()
	})
}

// refuse answers 429 to a request that still waits for an instance. Pub/Sub delivers it again after a pause that grows
// with each attempt, and closes its window by half.
func (w *world) refuse(r *request) {
	if r.taken {
		return
	}
	r.taken = true
	w.result.Refused++
	w.underWay--
	w.window = max(1, w.window/2)
	if r.attempts >= w.Attempts {
		w.result.DeadLetters++
		w.result.Ended = w.now
	} else {
		pause := min(w.MaxBackoff, w.MinBackoff<<min(r.attempts-1, 20))
		w.at(w.now+pause+time.Duration(w.random.Int64N(int64(time.Second))), func() { w.queue(r.document) })
	}
	w.deliver()
}

// events are those to come, the next first.
type events []*event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].n < e[j].n
}
func (e *events) Push(v any) { *e = append(*e, v.(*event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
