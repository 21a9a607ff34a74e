package burst_test

import (
	"reflect"
	"testing"
	"time"

	"docx2pdf/local/bench/burst"
)

// usual is the default stack, and a burst of documents of two pages.
func usual() burst.Config {
	return burst.Config{
		Documents: 10_000, Over: time.Second, Seed: 1, Instances: 5, CPUs: 2, Concurrency: 4,
		ColdStart: 6 * time.Second, Conversion: 77 * time.Millisecond, Pending: 10 * time.Second,
		Attempts: 10, MinBackoff: 10 * time.Second, MaxBackoff: 10 * time.Minute, Window: 1,
	}
}

func TestEveryDocumentEndsOnce(t *testing.T) {
	for seed := range uint64(20) {
		c := usual()
		c.Documents, c.Seed, c.Instances, c.Attempts = 500, seed, 1+int(seed%3), 1+int(seed%4)
		c.Conversion = time.Duration(1+seed) * 200 * time.Millisecond
		r := burst.Run(c)
		if r.Converted+r.DeadLetters != c.Documents || len(r.Waits) != r.Converted {
			t.Errorf("seed %d: %d converted and %d dead letters of %d, %d waits", seed, r.Converted, r.DeadLetters, c.Documents,
				len(r.Waits))
		}
		if r.Peak > c.Instances || r.Refused < r.DeadLetters {
			t.Errorf("seed %d: %d instances, %d refused, %d dead letters", seed, r.Peak, r.Refused, r.DeadLetters)
		}
		if again := burst.Run(c); !reflect.DeepEqual(again, r) {
			t.Errorf("seed %d gives two results", seed)
		}
	}
}

// TestABurstIsConvertedByTheDefaultStack: nothing is lost, and it takes about what the work divided by the CPUs takes.
func TestABurstIsConvertedByTheDefaultStack(t *testing.T) {
	c := usual()
	r := burst.Run(c)
	if r.DeadLetters != 0 || r.Converted != c.Documents {
		t.Errorf("%d converted, %d dead letters", r.Converted, r.DeadLetters)
	}
	if least := time.Duration(c.Documents) * c.Conversion / time.Duration(c.Instances*c.CPUs); r.Ended < least ||
		r.Ended > 5*least {
		t.Errorf("it ended after %v; the CPUs need %v at least", r.Ended, least)
	}
	if r.Peak != c.Instances {
		t.Errorf("%d instances ran", r.Peak)
	}
}

func TestMoreInstancesAndWarmOnesShortenTheWait(t *testing.T) {
	few, many, warm := usual(), usual(), usual()
	many.Instances = 20
	warm.Warm = warm.Instances
	a, b, c := burst.Run(few), burst.Run(many), burst.Run(warm)
	if b.Percentile(95) >= a.Percentile(95) {
		t.Errorf("with four times the instances 95 of 100 wait %v, before %v", b.Percentile(95), a.Percentile(95))
	}
	if c.Percentile(1) >= a.Percentile(1) {
		t.Errorf("with warm instances the first wait %v, else %v", c.Percentile(1), a.Percentile(1))
	}
}

// TestSlowDocumentsOnOneInstanceBecomeDeadLetters: the simulation shows where a stack is too small.
func TestSlowDocumentsOnOneInstanceBecomeDeadLetters(t *testing.T) {
	c := usual()
	c.Documents, c.Instances, c.CPUs, c.Concurrency, c.Conversion, c.Attempts, c.Window = 500, 1, 1, 1, time.Minute, 2, 100
	if r := burst.Run(c); r.DeadLetters == 0 || r.Refused == 0 {
		t.Errorf("%d dead letters, %d refused", r.DeadLetters, r.Refused)
	}
}
