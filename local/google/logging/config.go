package logging

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	loggingapi "google.golang.org/api/logging/v2"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// The configuration of logs: buckets that keep entries, sinks that bring entries there, and exclusions of the sink
// _Default. It is kept and checked; entries stay in the project's one file, however long their bucket keeps them.
// https://cloud.google.com/logging/docs/routing/overview

// configured is one collection of the API.
type configured[T any] struct {
	items  *store.Collection[T]
	name   func(*rest.Request) string
	fields []string // that patch may change
	check  func(v *T, r *rest.Request) error
	set    func(v *T, r *rest.Request, created bool)
}

func (c configured[T]) create(r *rest.Request) (any, error) {
	var v T
	if err := r.Decode(&v); err != nil {
		return nil, err
	}
	c.identify(r, &v)
	if err := c.check(&v, r); err != nil {
		return nil, err
	}
	return c.items.Update(c.name(r), func(have *T, exists bool) error {
		if exists {
			return status.Errorf(status.AlreadyExists, "Resource already exists: %s.", c.name(r))
		}
		c.set(&v, r, true)
		*have = v
		return nil
	})
}

// identify takes the id of what is made from where the call has it: a bucket's from the query, others' from the body.
func (c configured[T]) identify(r *rest.Request, v *T) {
	id := r.URL.Query().Get("bucketId")
	switch v := any(v).(type) {
	case *loggingapi.LogSink:
		id = v.Name
	case *loggingapi.LogExclusion:
		id = v.Name
	}
	r.SetVar("id", id)
}

func (c configured[T]) list(field string, prefix func(*rest.Request) string) func(*rest.Request) (any, error) {
	return func(r *rest.Request) (any, error) {
		answer := map[string]any{}
		if found := c.items.List(prefix(r)); len(found) > 0 {
			answer[field] = found
		}
		return answer, nil
	}
}

func (c configured[T]) get(r *rest.Request) (any, error) {
	v, ok := c.items.Get(c.name(r))
	if !ok {
		return nil, notFound(c.name(r))
	}
	return v, nil
}

// patch changes the fields of the mask.
func (c configured[T]) patch(r *rest.Request) (any, error) {
	var given map[string]json.RawMessage
	if err := r.Decode(&given); err != nil {
		return nil, err
	}
	mask := r.URL.Query().Get("updateMask")
	if mask == "" {
		return nil, status.Errorf(status.InvalidArgument, "An update mask must be provided.")
	}
	return c.items.Update(c.name(r), func(v *T, exists bool) error {
		if !exists {
			return notFound(c.name(r))
		}
		text, err := json.Marshal(*v)
		if err != nil {
			return err
		}
		fields := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &fields); err != nil {
			return err
		}
		for field := range strings.SplitSeq(mask, ",") {
			if !slices.Contains(c.fields, field) {
				return status.Errorf(status.InvalidArgument, "Invalid update mask: %s cannot be changed.", field)
			}
			delete(fields, field)
			if value, ok := given[field]; ok {
				fields[field] = value
			}
		}
		if text, err = json.Marshal(fields); err != nil {
			return err
		}
		var changed T
		if err := json.Unmarshal(text, &changed); err != nil {
			return status.Errorf(status.InvalidArgument, "Invalid JSON payload received. %v", err)
		}
		if err := c.check(&changed, r); err != nil {
			return err
		}
		c.set(&changed, r, false)
		*v = changed
		return nil
	})
}

func (c configured[T]) remove(r *rest.Request) (any, error) {
	existed, err := c.items.Delete(c.name(r))
	if err == nil && !existed {
		err = notFound(c.name(r))
	}
	return rest.Empty{}, err
}

func notFound(name string) error { return status.Errorf(status.NotFound, "%s does not exist", name) }

func now() string { return time.Now().UTC().Format(time.RFC3339Nano) }

// https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks
var configID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

func checkID(r *rest.Request) error {
	if !configID.MatchString(r.Var("id")) {
		return status.Errorf(status.InvalidArgument, "Invalid name %q.", r.Var("id"))
	}
	return nil
}
