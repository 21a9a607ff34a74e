package office_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/office"
	"docx2pdf/service/office/officetest"
)

func TestAChildThatWaitsHasTheMemoryOfAConversion(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1})
	officetest.Until(t, "the waiting child has memory of its own", func() bool {
		if own(t, officetest.Spare(t)) > 4<<10 {
			return true
		}
		mustConvert(t, engine, small) // the next one may have been forked later
		return false
	})
}

// own is the memory of a process that it has written to and shares with nobody, in KiB.
func own(t *testing.T, pid int) int {
	t.Helper()
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)) // none when it has ended
	_, rest, _ := strings.Cut(string(content), "Private_Dirty:")
	var kib int
	fmt.Sscan(rest, &kib)
	return kib
}

func TestAChildThatIsKilledWhileItWaitsHurtsNobody(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1})
	for range 3 {
		syscall.Kill(officetest.Spare(t), syscall.SIGKILL)
		mustConvert(t, engine, small)
	}
	if s := engine.Status(); s.Restarts != 0 {
		t.Errorf("%d restarts, want none", s.Restarts)
	}
}

func TestAChildThatHangsWhileItWaitsCostsOneDeadline(t *testing.T) {
	engine := start(t, office.Config{Concurrency: 1, Timeout: time.Second})
	syscall.Kill(officetest.Spare(t), syscall.SIGSTOP)
	if _, _, err := convert(t, engine, small); !errors.Is(err, conversion.ErrRestarting) {
		t.Errorf("%v, want %v", err, conversion.ErrRestarting)
	}
	mustConvert(t, engine, small)
}
