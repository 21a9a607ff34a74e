package storage

import (
	"encoding/base64"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

const maxPage = 1000

type objectList struct {
	Kind          string              `json:"kind"`
	NextPageToken string              `json:"nextPageToken,omitempty"`
	Prefixes      []string            `json:"prefixes,omitempty"`
	Items         []storageapi.Object `json:"items,omitempty"`
}

// list answers a page of objects, with names beyond the delimiter folded into prefixes.
func (s *Service) list(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if q.Get("matchGlob") != "" || q.Get("softDeleted") == "true" || q.Get("filter") != "" {
		return nil, status.NotModelled("object listings by matchGlob, filter or softDeleted; list by prefix")
	}
	size := maxPage
	if n, err := strconv.Atoi(q.Get("maxResults")); err == nil && n > 0 && n < maxPage {
		size = n
	}
	after, err := base64.StdEncoding.DecodeString(q.Get("pageToken"))
	if err != nil {
		return nil, invalid("Invalid value '%s' for pageToken.", q.Get("pageToken"))
	}
	return page(r, s.candidates(b.Name, q, string(after)), q, size, string(after)), nil
}

// candidates are the objects of the prefix in the order of their names, older versions first. They begin where the page
// before ended.
func (s *Service) candidates(bucketName string, q url.Values, after string) iter.Seq[storageapi.Object] {
	prefix, from, end := q.Get("prefix"), q.Get("startOffset"), q.Get("endOffset")
	if name, _, isObject := strings.Cut(after, "\x00"); isObject || q.Get("delimiter") == "" {
		from = max(from, name)
	}
	objects := s.objects.Scan(bucketName+"/"+prefix, bucketName+"/"+from)
	if q.Get("versions") == "true" {
		all := append(slices.Collect(objects), slices.Collect(s.versions.Scan(bucketName+"/"+prefix, bucketName+"/"+from))...)
		slices.SortFunc(all, func(a, b storageapi.Object) int {
			if c := strings.Compare(a.Name, b.Name); c != 0 {
				return c
			}
			return int(a.Generation - b.Generation)
		})
		objects = slices.Values(all)
	}
	return func(yield func(storageapi.Object) bool) {
		for o := range objects {
			if end != "" && o.Name >= end || o.Name >= from && !yield(o) {
				return
			}
		}
	}
}

// page cuts one page out of the objects. Its token is the last name or prefix of the page before, with the generation
// of the last object.
func page(r *rest.Request, objects iter.Seq[storageapi.Object], q url.Values, size int, after string) objectList {
	answer := objectList{Kind: "storage#objects"}
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	last := ""
	for o := range objects {
		position := o.Name + "\x00" + strconv.FormatInt(o.Generation, 10)
		folded := fold(o.Name, prefix, delimiter)
		if folded != "" && !(q.Get("includeTrailingDelimiter") == "true" && folded == o.Name) {
			position = folded
		} else {
			folded = ""
		}
		if position <= after || (folded != "" && slices.Contains(answer.Prefixes, folded)) {
			continue
		}
		if len(answer.Items)+len(answer.Prefixes) == size {
			answer.NextPageToken = base64.StdEncoding.EncodeToString([]byte(last))
			return answer
		}
		last = position
		if folded != "" {
			answer.Prefixes = append(answer.Prefixes, folded)
		} else {
			answer.Items = append(answer.Items, presentObject(r, o))
		}
	}
	return answer
}

// fold returns the part of the name up to the delimiter after the prefix, or "" when there is none.
func fold(name, prefix, delimiter string) string {
	if delimiter == "" {
		return ""
	}
	i := strings.Index(name[len(prefix):], delimiter)
	if i < 0 {
		return ""
	}
	return name[:len(prefix)+i+len(delimiter)]
}

// storageLayout tells gcloud that a bucket has no folders of its own.
func (s *Service) storageLayout(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	v := b.wire()
	return storageapi.BucketStorageLayout{Kind: "storage#storageLayout", Bucket: v.Name, Location: v.Location,
			LocationType:          v.LocationType,
			HierarchicalNamespace: &storageapi.BucketStorageLayoutHierarchicalNamespace{ForceSendFields: []string{"Enabled"}}},
		err
}

// managedFolders lists none: there is no way to make one here.
func (s *Service) managedFolders(r *rest.Request) (any, error) {
	_, err := s.bucketOf(r)
	return storageapi.ManagedFolders{Kind: "storage#managedFolders"}, err
}
