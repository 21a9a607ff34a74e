package storage

import (
	"encoding/base64"
	"iter"
	"net/url"
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
	from := q.Get("startOffset")
	if name, _, isObject := strings.Cut(string(after), "\x00"); isObject || q.Get("delimiter") == "" {
		from = max(from, name)
	} else if name != "" {
		from = max(from, behind(name))
	}
	scan := func(from string) iter.Seq[storageapi.Object] { return s.candidates(b.Name, q, from) }
	return page(r, scan, q, size, from, string(after)), nil
}

// candidates are the objects of the prefix that are not before from, in the order of their names, older versions first.
func (s *Service) candidates(bucketName string, q url.Values, from string) iter.Seq[storageapi.Object] {
	prefix, end := q.Get("prefix"), q.Get("endOffset")
	objects := s.objects.Scan(bucketName+"/"+prefix, bucketName+"/"+from)
	if q.Get("versions") == "true" {
		objects = merged(s.versions.Scan(bucketName+"/"+prefix, bucketName+"/"+from), objects)
	}
	return func(yield func(storageapi.Object) bool) {
		for o := range objects {
			if end != "" && o.Name >= end || o.Name >= from && !yield(o) {
				return
			}
		}
	}
}

// merged puts older versions, which are in the order of their names, before the live objects of the same names.
func merged(versions, objects iter.Seq[storageapi.Object]) iter.Seq[storageapi.Object] {
	return func(yield func(storageapi.Object) bool) {
		next, stop := iter.Pull(versions)
		defer stop()
		version, left := next()
		for o := range objects {
			for ; left && version.Name <= o.Name; version, left = next() {
				if !yield(version) {
					return
				}
			}
			if !yield(o) {
				return
			}
		}
		for ; left; version, left = next() {
			if !yield(version) {
				return
			}
		}
	}
}

// page cuts one page out of the objects. Its token is the last name or prefix of the page before, with the generation
// of the last object. What is folded into a prefix is passed over.
func page(r *rest.Request, scan func(from string) iter.Seq[storageapi.Object], q url.Values, size int,
	from, after string) objectList {
	answer := objectList{Kind: "storage#objects"}
	prefix, delimiter, trailing := q.Get("prefix"), q.Get("delimiter"), q.Get("includeTrailingDelimiter") == "true"
	last := ""
	for again := true; again; {
		again = false
		for o := range scan(from) {
			position := o.Name + "\x00" + strconv.FormatInt(o.Generation, 10)
			folded := fold(o.Name, prefix, delimiter)
			if trailing && folded == o.Name {
				folded = ""
			}
			if folded != "" {
				position = folded
			}
			if position <= after {
				continue
			}
			if len(answer.Items)+len(answer.Prefixes) == size {
				answer.NextPageToken = base64.StdEncoding.EncodeToString([]byte(last))
				return answer
			}
			last = position
			if folded != "" {
				answer.Prefixes = append(answer.Prefixes, folded)
				from, again = behind(folded), true
				break
			}
			answer.Items = append(answer.Items, presentObject(r, o))
		}
	}
	return answer
}

// behind is what comes after all names that begin with a prefix. No name has a byte 0xff, since it is UTF-8.
func behind(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
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
