package monitoring

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// kind is one collection of the API: its methods are alike.
type kind struct {
	documents  *store.Collection[document]
	collection string
	permission string
	message    func() any // the wire type
	check      func(d document, project string) error
}

// update makes the new document of the present one and the request's.
type update func(present, given document, mask string) (document, error)

func (k kind) routes(version string, change update) []rest.Route {
	all := "/" + version + "/projects/{project}/" + k.collection
	one := all + "/{id}"
	route := func(verb, method, path string, handle func(*rest.Request) (any, error)) rest.Route {
		return rest.Route{ID: "monitoring.projects." + k.collection + "." + verb, Method: method, Path: path,
			Permission: "monitoring." + k.permission + "." + strings.Replace(verb, "patch", "update", 1), On: rest.OnProject,
			Handle: handle}
	}
	return []rest.Route{
		route("create", http.MethodPost, all, k.create),
		route("list", http.MethodGet, all, k.list),
		route("get", http.MethodGet, one, k.get),
		route("patch", http.MethodPatch, one, func(r *rest.Request) (any, error) { return k.patch(r, change) }),
		route("delete", http.MethodDelete, one, func(r *rest.Request) (any,
			error) {
			return remove(k.documents, nameOf(r, k.collection))
		}),
	}
}

func nameOf(r *rest.Request, collection string) string {
	return r.Name("projects", "{project}", collection, "{id}")
}

func (k kind) create(r *rest.Request) (any, error) {
	d, err := read(r, k.message())
	if err != nil {
		return nil, err
	}
	if err := k.check(d, r.Var("project")); err != nil {
		return nil, err
	}
	if k.collection == "dashboards" {
		r.SetVar("id", uuid.NewString())
		d["etag"] = newEtag()
	} else {
		id, err := rand.Int(rand.Reader, big.NewInt(1<<62))
		if err != nil {
			return nil, err
		}
		r.SetVar("id", id.String())
		if _, given := d["enabled"]; !given {
			d["enabled"] = true
		}
		d["creationRecord"] = record(r)
		d["mutationRecord"] = record(r)
	}
	if k.collection == "notificationChannels" {
		// Channels keep a list of their changes, policies the last one.
		d["mutationRecords"] = []any{d["mutationRecord"]}
		delete(d, "mutationRecord")
	}
	d["name"] = nameOf(r, k.collection)
	nameConditions(d)
	return d, k.documents.Put(text(d["name"]), d)
}

// nameConditions gives the conditions of a policy that are new a name.
func nameConditions(d document) {
	conditions, _ := d["conditions"].([]any)
	for i, condition := range conditions {
		if fields, ok := condition.(document); ok && text(fields["name"]) == "" {
			fields["name"] = fmt.Sprintf("%s/conditions/%d", d["name"], time.Now().UnixNano()+int64(i))
		}
	}
}

func record(r *rest.Request) document {
	return document{"mutateTime": time.Now().UTC().Format(time.RFC3339Nano), "mutatedBy": r.Caller.Email}
}

func (k kind) list(r *rest.Request) (any, error) {
	found := k.documents.List("projects/" + r.Var("project") + "/")
	answer := document{}
	if len(found) > 0 {
		answer[k.collection] = found
	}
	if k.collection != "dashboards" {
		answer["totalSize"] = len(found)
	}
	return answer, nil
}

func (k kind) get(r *rest.Request) (any, error) {
	name := nameOf(r, k.collection)
	d, ok := k.documents.Get(name)
	if !ok {
		return nil, notFound(name)
	}
	return d, nil
}

func (k kind) patch(r *rest.Request, change update) (any, error) {
	given, err := read(r, k.message())
	if err != nil {
		return nil, err
	}
	name := nameOf(r, k.collection)
	return k.documents.Update(name, func(d *document, exists bool) error {
		if !exists {
			return notFound(name)
		}
		changed, err := change(*d, given, r.URL.Query().Get("updateMask"))
		if err != nil {
			return err
		}
		changed["name"] = name
		nameConditions(changed)
		*d = changed
		return k.check(changed, r.Var("project"))
	})
}

// replace is the update of dashboards: the whole document, guarded by its etag.
func replace(present, given document, _ string) (document, error) {
	if etag := text(given["etag"]); etag != "" && etag != present["etag"] {
		return nil, status.Errorf(status.Conflict, "The etag does not match the dashboard's; it was changed meanwhile.")
	}
	given["etag"] = newEtag()
	return given, nil
}

// merge is the update of policies and channels: the fields of the mask, or all without one.
func merge(present, given document, mask string) (document, error) {
	if mask == "" {
		changed := maps.Clone(given)
		for _, kept := range []string{"creationRecord", "mutationRecord", "mutationRecords"} {
			if v, ok := present[kept]; ok {
				changed[kept] = v
			}
		}
		return changed, nil
	}
	changed := maps.Clone(present)
	for field := range strings.SplitSeq(mask, ",") {
		field, _, _ = strings.Cut(field, ".")
		if v, ok := given[field]; ok {
			changed[field] = v
		} else {
			delete(changed, field)
		}
	}
	return changed, nil
}

func remove(documents *store.Collection[document], name string) (any, error) {
	existed, err := documents.Delete(name)
	if err == nil && !existed {
		err = notFound(name)
	}
	return rest.Empty{}, err
}

func notFound(name string) error {
	return status.Errorf(status.NotFound, "Requested entity was not found: %s.", name)
}

func newEtag() string {
	bytes := make([]byte, 16)
	rand.Read(bytes)
	return hex.EncodeToString(bytes)
}
