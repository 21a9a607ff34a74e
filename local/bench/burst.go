package main

import (
	"fmt"
	"time"

	"docx2pdf/local/bench/burst"
)

// stacks are the sizes whose bursts are simulated.
var stacks = []struct {
	name                               string
	instances, warm, cpus, concurrency int
}{
	{"1 instance of 2 CPUs", 1, 0, 2, 4},
	{"5 of 2 CPUs, the default", 5, 0, 2, 4},
	{"5 of 2 CPUs, all warm", 5, 5, 2, 4},
	{"10 of 2 CPUs, all of a new project's quota", 10, 0, 2, 4},
	{"50 of 2 CPUs", 50, 0, 2, 4},
	{"200 of 2 CPUs", 200, 0, 2, 4},
}

// printBursts shows how long documents wait that arrive within a second, for a conversion's median and a start that
// were
// measured elsewhere.
func printBursts(documents int, seed uint64, conversion, start time.Duration) {
	fmt.Printf("Simulated: %d documents within a second, a median of %v of one CPU for each, instances that start in "+
		"%v, seed %d.\n\n",
		documents, conversion, start, seed)
	fmt.Println("| stack | half have their PDF after | 95 of 100 | all | refused once or more | dead letters | " +
		"instance seconds paid |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|")
	for _, s := range stacks {
		r := burst.Run(burst.Config{
			Documents: documents, Over: time.Second, Seed: seed, Instances: s.instances, Warm: s.warm, CPUs: s.cpus,
			Concurrency: s.concurrency,
			ColdStart:   start, Conversion: conversion, Pending: 10 * time.Second,
			Attempts: 10, MinBackoff: 10 * time.Second, MaxBackoff: 10 * time.Minute, Window: 1,
		})
		fmt.Printf("| %s | %.0f s | %.0f s | %.0f s | %d | %d | %.0f |\n", s.name, r.Percentile(50).Seconds(),
			r.Percentile(95).Seconds(),
			r.Ended.Seconds(), r.Refused, r.DeadLetters, r.Busy.Seconds())
	}
}
