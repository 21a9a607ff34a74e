package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestEventsSurviveKills has a few hundred documents dropped into the input bucket while fork servers, converters and
// deliveries are killed: each has one PDF of its newest generation afterwards, or one record of its failure.
func TestEventsSurviveKills(t *testing.T) {
	m := &machine{t: t, dir: checkout(t), env: os.Environ()}
	seed := fmt.Sprint(rand.Uint32())
	out := m.run("go", "run", "./local/bench", "-soak-events", "200", "-seed", seed)
	if !strings.Contains(out, "200 documents as events, seed "+seed) || !strings.Contains(out, " 0 wrong") {
		t.Errorf("seed %s: %s", seed, out)
	}
}
