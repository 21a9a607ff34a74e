package traffic_test

import (
	"fmt"
	"testing"

	"docx2pdf/local/machinery/traffic"
)

func TestTheLatestRequestsAreRemembered(t *testing.T) {
	const added = 25_000
	log := traffic.New()
	woken, stop := log.Follow()
	defer stop()
	for i := range added {
		log.Add(traffic.Entry{Path: fmt.Sprint(i + 1)})
	}
	select {
	case <-woken:
	default:
		t.Error("who follows is not woken")
	}
	latest := log.Latest(3)
	if len(latest) != 3 || latest[0].ID != added || latest[0].Path != fmt.Sprint(added) || latest[2].ID != added-2 {
		t.Errorf("the latest three: %+v", latest)
	}
	all := log.Latest(added)
	if len(all) >= added || len(all) < 10_000 {
		t.Errorf("%d of %d requests are kept", len(all), added)
	}
	after := log.After(added - 2)
	if len(after) != 2 || after[0].ID != added-1 || after[1].Path != fmt.Sprint(added) {
		t.Errorf("after the last but two: %+v", after)
	}
	everything := log.After(0)
	if len(everything) != len(all) || everything[0].ID != all[len(all)-1].ID {
		t.Errorf(
			"after none: %d entries from %d, want %d from %d",
			len(everything),
			everything[0].ID,
			len(all),
			all[len(all)-1].ID,
		)
	}
	for i, e := range everything {
		if e.Path != fmt.Sprint(e.ID) || (i > 0 && e.ID != everything[i-1].ID+1) {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
	if none := append(log.After(added), log.After(added+7)...); len(none) != 0 {
		t.Errorf("after the last: %+v", none)
	}
	if empty := traffic.New(); len(empty.Latest(5)) != 0 || len(empty.After(0)) != 0 {
		t.Error("a new log is not empty")
	}
}
