// Package operation keeps Google's long-running operations
// (https://google.aip.dev/151): work that outlives the call which started it.
package operation

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Operation is the wire form.
type Operation struct {
	Name     string          `json:"name"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Done     bool            `json:"done,omitempty"`
	Error    *Status         `json:"error,omitempty"`
	Response json.RawMessage `json:"response,omitempty"`
}

// Status is google.rpc.Status.
type Status struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Started is an operation as it is stored.
type Started struct {
	Operation
	Ended time.Time `json:"ended,omitzero"`
}

// Operations holds the operations of all services, and of those that are done the latest.
type Operations struct {
	db    *store.DB
	items *store.Collection[Started]
	mu    sync.Mutex
	done  map[string]chan struct{} // of those that are not done
	ended int                      // since older ones were dropped
	// unwritten are those that are done, which the disk had no room to tell.
	unwritten map[string]Started
	work      sync.WaitGroup
}

const (
	// kept is how many operations that are done can still be asked for. Google keeps them for a while, too, and a
	// client asks until its own is done.
	kept = 1000
	// spare is how many more there may be until they are counted again.
	spare = 100
)

// Open uses the operations in the store. Those that a stop of the server cut off are done with an error.
func Open(db *store.DB) (*Operations, error) {
	items := store.In[Started](db, "operations")
	for _, op := range items.List("") {
		if !op.Done {
			op.Done, op.Ended = true, time.Now()
			op.Error = &Status{Code: 14, Message: "The local cloud was stopped while this operation ran. Start it again."}
			if err := items.Put(op.Name, op); err != nil {
				return nil, err
			}
		}
	}
	o := &Operations{db: db, items: items, done: map[string]chan struct{}{},
		unwritten: map[string]Started{}}
	return o, o.prune()
}

// Typed adds the @type of google.protobuf.Any to a message.
func Typed(kind string, v any) json.RawMessage {
	fields := map[string]json.RawMessage{}
	if v != nil {
		data, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(data, &fields)
		}
		if err != nil {
			panic("operation: " + err.Error()) // a message that is not a JSON object is a mistake of this program
		}
	}
	fields["@type"], _ = json.Marshal("type.googleapis.com/" + kind)
	data, _ := json.Marshal(fields)
	return data
}

// Start begins an operation and returns its first answer, which is not done. The work goes on in the background; it
// returns the operation's last metadata (nil keeps the first) and its response.
func (o *Operations) Start(
	name string,
	metadata json.RawMessage,
	work func() (last, response json.RawMessage, err error),
) (Operation, error) {
	var b store.Batch
	op := o.StartIn(&b, name, func() json.RawMessage { return metadata }, work)
	if err := o.db.Write(&b); err != nil {
		return Operation{Name: name}, err
	}
	return op.Operation, nil
}

// StartIn is Start as a part of a batch, which may also hold what the metadata is made of. The operation is there, and
// its work begins, once the batch is stored.
func (o *Operations) StartIn(
	b *store.Batch,
	name string,
	metadata func() json.RawMessage,
	work func() (last, response json.RawMessage, err error),
) *Started {
	b.After(func() {
		finished := make(chan struct{})
		o.mu.Lock()
		o.done[name] = finished
		o.mu.Unlock()
		o.work.Go(func() {
			last, response, err := work()
			o.finish(name, last, response, err)
			close(finished)
			o.forget(name)
		})
	})
	return o.items.UpdateIn(b, name, func(op *Started, _ bool) error {
		*op = Started{Operation: Operation{Name: name, Metadata: metadata()}}
		return nil
	})
}

// Wait returns when all work that was started has ended and is written down.
func (o *Operations) Wait() { o.work.Wait() }

func (o *Operations) finish(name string, last, response json.RawMessage, err error) {
	done := func(op *Started, _ bool) error {
		op.Done, op.Response, op.Ended = true, response, time.Now()
		if last != nil {
			op.Metadata = last
		}
		if err != nil {
			e := status.From(err)
			op.Response, op.Error = nil, &Status{Code: number(e.Code), Message: e.Message}
		}
		return nil
	}
	if _, err := o.items.Update(name, done); err == nil {
		return
	}
	op, _ := o.items.Get(name)
	_ = done(&op, true)
	o.mu.Lock()
	o.unwritten[name] = op
	o.mu.Unlock()
}

// forget lets go of what waited for an operation, and now and then of operations that ended long ago.
func (o *Operations) forget(name string) {
	o.mu.Lock()
	delete(o.done, name)
	o.ended++
	due := o.ended >= spare
	if due {
		o.ended = 0
	}
	o.mu.Unlock()
	if due {
		o.prune() // what cannot be deleted now is tried again the next time
	}
}

// prune drops the operations that ended first, when there are more than kept.
func (o *Operations) prune() error {
	done := slices.DeleteFunc(o.items.List(""), func(r Started) bool { return !r.Done })
	slices.SortFunc(done, func(a, b Started) int { return b.Ended.Compare(a.Ended) })
	for i := kept; i < len(done); i++ {
		if _, err := o.items.Delete(done[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// Get returns an operation. It waits up to patience for the operation to be done, which spares clients that poll
// every ten seconds most of their waiting.
func (o *Operations) Get(ctx context.Context, name string, patience time.Duration) (Operation, error) {
	o.mu.Lock()
	finished := o.done[name]
	o.mu.Unlock()
	if finished != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-finished:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	o.mu.Lock()
	op, ok := o.unwritten[name]
	o.mu.Unlock()
	if !ok {
		op, ok = o.items.Get(name)
	}
	if !ok {
		return Operation{}, status.Errorf(status.NotFound, "Operation %s not found.", name)
	}
	return op.Operation, nil
}

// number is the code's number in google.rpc.Code.
func number(c status.Code) int {
	numbers := map[string]int{
		"CANCELLED":           1,
		"INVALID_ARGUMENT":    3,
		"DEADLINE_EXCEEDED":   4,
		"NOT_FOUND":           5,
		"ALREADY_EXISTS":      6,
		"PERMISSION_DENIED":   7,
		"RESOURCE_EXHAUSTED":  8,
		"FAILED_PRECONDITION": 9,
		"ABORTED":             10,
		"OUT_OF_RANGE":        11,
		"UNIMPLEMENTED":       12,
		"INTERNAL":            13,
		"UNAVAILABLE":         14,
		"UNAUTHENTICATED":     16,
	}
	return numbers[c.Name]
}
