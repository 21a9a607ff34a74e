package operation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"docx2pdf/local/machinery/operation"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestOperationsThatEndedLongAgoAreDropped(t *testing.T) {
	const many = 1300
	db := open(t)
	o, err := operation.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	proceed := make(chan struct{})
	nothing := func() (last, response json.RawMessage, err error) { return nil, json.RawMessage(`{}`), nil }
	start := func(name string, work func() (last, response json.RawMessage, err error)) {
		t.Helper()
		if op, err := o.Start(name, nil, work); err != nil || op.Done {
			t.Fatalf("starting %s: %+v %v", name, op, err)
		}
	}
	get := func(name string, patience time.Duration) (operation.Operation, error) {
		return o.Get(context.Background(), name, patience)
	}
	start("slow", func() (last, response json.RawMessage, err error) { <-proceed; return nothing() })
	for i := range many {
		name := fmt.Sprint("operations/", i)
		start(name, nothing)
		if op, err := get(name, time.Minute); err != nil || !op.Done || string(op.Response) != "{}" {
			t.Fatalf("%s: %+v %v", name, op, err)
		}
	}
	start("failed", func() (last, response json.RawMessage, err error) {
		return nil, nil, status.Errorf(status.NotFound, "it is not there")
	})
	if op, err := get("failed", time.Minute); err != nil || op.Error == nil || op.Error.Code != 5 {
		t.Errorf("an operation that failed: %+v %v", op, err)
	}

	if op, err := get("slow", 0); err != nil || op.Done {
		t.Errorf("the operation that runs all the time: %+v %v", op, err)
	}
	there := func() (n int) {
		for i := range many {
			if _, err := get(fmt.Sprint("operations/", i), 0); err == nil {
				n++
			}
		}
		return n
	}
	close(proceed)
	o.Wait()
	if n := there(); n < 990 || n > 1200 {
		t.Errorf("%d operations are kept of %d", n, many)
	}
	if _, err := get("operations/0", 0); !status.Is(err, status.NotFound) {
		t.Errorf("the first operation is still there: %v", err)
	}
	if o, err = operation.Open(db); err != nil {
		t.Fatal(err)
	}
	if n := there(); n != 998 {
		t.Errorf("%d operations are left by a restart, want 998", n)
	}
	for _, name := range []string{"slow", fmt.Sprint("operations/", many-1)} {
		if op, err := get(name, 0); err != nil || !op.Done || op.Error != nil {
			t.Errorf("%s, one of the last, after a restart: %+v %v", name, op, err)
		}
	}
}

func TestOperationsThatAStopCutOff(t *testing.T) {
	db := open(t)
	o, err := operation.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	t.Cleanup(func() { close(end); o.Wait() })
	if _, err := o.Start("operations/cut", json.RawMessage(`{"a":1}`),
		func() (last, response json.RawMessage, err error) { <-end; return nil, nil, nil }); err != nil {
		t.Fatal(err)
	}
	again, err := operation.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	op, err := again.Get(context.Background(), "operations/cut", 0)
	if err != nil || !op.Done || op.Error == nil || string(op.Metadata) != `{"a":1}` {
		t.Errorf("after a stop: %+v %v", op, err)
	}
	wire, err := json.Marshal(op)
	if err != nil ||
		string(
			wire,
		) != `{"name":"operations/cut","metadata":{"a":1},"done":true,"error":{"code":14,"message":"The local cloud was stopped while this operation ran. Start it again."}}` {
		t.Errorf("on the wire: %s %v", wire, err)
	}
}
