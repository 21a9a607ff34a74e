// Bench times what a developer waits for with the local Google Cloud: the whole stack from nothing, an update that
// changes nothing, and the end of it. It prints one table, and where the seconds of the first go:
//
//	go run ./local/bench -rounds 3
//
// With -soak-events it shows that no document is lost, and none doubled, whatever is killed meanwhile:
//
//	go run ./local/bench -soak-events 10000 -seed 1
//
// With -burst it simulates how long documents wait that arrive at once:
//
//	go run ./local/bench -burst 10000
//
// With -scale it prints what an operation of Cloud Storage and Pub/Sub costs when few and when many are there:
//
//	go run ./local/bench -scale 100000
//
// With -documents it shows what the client, the front end and the buckets cost: a folder of them by `client convert`,
// against the converter alone.
//
//	go run ./local/bench -documents 1000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rounds := flag.Int("rounds", 3, "times that everything is done")
	events := flag.Int("soak-events", 0, "instead: documents to drop into the input bucket while things are killed")
	documents := flag.Int("documents", 0, "instead: documents to convert with the client, and with the converter alone")
	burst := flag.Int("burst", 0, "instead: documents that arrive at once, in a simulation")
	conversion := flag.Duration("conversion", 77*time.Millisecond, "CPU time of half of the documents with -burst")
	start := flag.Duration("start", 6*time.Second, "until an instance takes requests with -burst")
	many := flag.Int("scale", 0, "instead: objects and messages to fill the local cloud with")
	seed := flag.Uint64("seed", 1, "of what is random with -soak-events and -burst")
	flag.Parse()
	if *burst > 0 {
		printBursts(*burst, *seed, *conversion, *start)
		return
	}
	bench := func() error { return run(ctx, *rounds) }
	switch {
	case *events > 0:
		bench = func() error { return soakEvents(ctx, *events, *seed) }
	case *documents > 0:
		bench = func() error { return manyDocuments(ctx, *documents, *rounds) }
	case *many > 0:
		bench = func() error { return scale(ctx, *many) }
	}
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The commands that are timed, as a developer gives them.
var commands = []struct {
	name      string
	arguments []string
	phases    []phase
}{
	{"pulumi up, from nothing", []string{"up", "--yes", "--skip-preview"}, fromNothing},
	{"pulumi up, nothing to change, with preview", []string{"up", "--yes", "--expect-no-changes"}, nil},
	{"pulumi destroy", []string{"destroy", "--yes", "--skip-preview"}, nil},
}

func run(ctx context.Context, rounds int) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: it must be 1 or more", rounds)
	}
	c, err := startCloud(ctx, "")
	if err != nil {
		return err
	}
	defer c.stop()
	took := make([][]time.Duration, len(commands))
	inPhases := map[string][]time.Duration{}
	for round := range rounds {
		for i, command := range commands {
			fmt.Fprintf(os.Stderr, "round %d: %s\n", round+1, command.name)
			all, phases, err := pulumi(ctx, command.phases, command.arguments...)
			if err != nil {
				return err
			}
			took[i] = append(took[i], all)
			for name, d := range phases {
				inPhases[name] = append(inPhases[name], d)
			}
		}
	}
	heading := fmt.Sprintf("| first round | median of %d |\n|---|---:|---:|\n", rounds)
	fmt.Printf("Seconds. The first round also links the program.\n\n| command %s", heading)
	for i, command := range commands {
		printRow(command.name, took[i])
	}
	fmt.Printf("\nWhere those of %s go:\n\n| phase %s", commands[0].name, heading)
	for _, p := range fromNothing {
		printRow(p.name, inPhases[p.name])
	}
	return nil
}

func printRow(name string, rounds []time.Duration) {
	first := rounds[0]
	fmt.Printf("| %s | %.1f | %.1f |\n", name, first.Seconds(), median(rounds).Seconds())
}

func median(all []time.Duration) time.Duration { return slices.Sorted(slices.Values(all))[len(all)/2] }
