package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// engine converts documents.
type engine interface {
	name() string
	concurrent() bool // worth asking for several documents at once
	convert(ctx context.Context, d document) ([]byte, error)
}

// accountable engines tell the CPU time that they have used.
type accountable interface{ used() (time.Duration, error) }

var clientCounts = []int{1, 2, 4, 8}

// row is what is known of one engine and one document.
type row struct {
	document, engine string
	pages            int
	p50, p95, cpu    time.Duration
	own              int64 // largest private memory of a conversion, in bytes
	throughput       map[int]float64
}

func measure(ctx context.Context, e engine, d document, rounds int, load time.Duration) (row, error) {
	r := row{document: d.name, engine: e.name(), throughput: map[int]float64{}}
	if !e.concurrent() {
		rounds = min(rounds, 7)
	}
	pdf, err := e.convert(ctx, d) // a first one, unmeasured
	if err != nil {
		return r, err
	}
	text, err := textOf(ctx, pdf)
	if err != nil {
		return r, err
	}
	r.pages = strings.Count(text, "\f")
	before, err := usedBy(e)
	if err != nil {
		return r, err
	}
	var took []time.Duration
	for range rounds {
		started := time.Now()
		if _, err := e.convert(ctx, d); err != nil {
			return r, err
		}
		took = append(took, time.Since(started))
	}
	after, err := usedBy(e)
	if err != nil {
		return r, err
	}
	r.cpu = (after - before) / time.Duration(rounds)
	r.p50, r.p95 = percentile(took, 50), percentile(took, 95)
	if !e.concurrent() {
		return r, nil
	}
	for _, clients := range clientCounts {
		if r.throughput[clients], err = throughput(ctx, e, d, clients, load); err != nil {
			return r, err
		}
	}
	if c, ok := e.(*converter); ok {
		r.own, err = c.ownMemory(ctx, d)
	}
	return r, err
}

// warmth is how long a converter's first and tenth document take.
func warmth(ctx context.Context, e engine, d document) (first, tenth time.Duration, err error) {
	for n := 1; n <= 10; n++ {
		started := time.Now()
		if _, err := e.convert(ctx, d); err != nil {
			return 0, 0, err
		}
		if tenth = time.Since(started); n == 1 {
			first = tenth
		}
	}
	return first, tenth, nil
}

func usedBy(e engine) (time.Duration, error) {
	if a, ok := e.(accountable); ok {
		return a.used()
	}
	return 0, nil
}

// throughput is documents per second with so many clients, each sending its next when it has its last.
func throughput(ctx context.Context, e engine, d document, clients int, load time.Duration) (float64, error) {
	var done atomic.Int64
	var failure atomic.Pointer[error]
	var working sync.WaitGroup
	started := time.Now()
	for range clients {
		working.Go(func() {
			for time.Since(started) < load && failure.Load() == nil {
				if _, err := e.convert(ctx, d); err != nil {
					failure.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	working.Wait()
	if err := failure.Load(); err != nil {
		return 0, fmt.Errorf("with %d clients: %w", clients, *err)
	}
	return float64(done.Load()) / time.Since(started).Seconds(), nil
}

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

// measureCorpus converts a whole corpus with each engine, one document at a time.
func measureCorpus(ctx context.Context, engines []engine, corpus []document) error {
	fmt.Printf("%d documents of the corpus, one at a time:\n\n| engine | median ms | p95 ms | all s | CPU s | failed "+
		"|\n|---|---:|---:|---:|---:|---:|\n", len(corpus))
	var sums []time.Duration
	for _, e := range engines {
		var took []time.Duration
		var all time.Duration
		failed := 0
		before, err := usedBy(e)
		if err != nil {
			return err
		}
		for _, d := range corpus {
			started := time.Now()
			if _, err := e.convert(ctx, d); err != nil {
				failed++
			}
			took = append(took, time.Since(started))
			all += time.Since(started)
		}
		after, err := usedBy(e)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %s | %s | %.1f | %s | %d |\n", e.name(), ms(percentile(took, 50)), ms(percentile(took, 95)),
			all.Seconds(),
			orNone(after > before, fmt.Sprintf("%.1f", (after-before).Seconds())), failed)
		sums = append(sums, all)
	}
	fmt.Println()
	for i, e := range engines[1:] {
		fmt.Printf("%s takes %.2f of the time of %s for all of them.\n", engines[0].name(),
			sums[0].Seconds()/sums[i+1].Seconds(), e.name())
	}
	return nil
}
