package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"
	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// upload is a resumable upload in progress (https://cloud.google.com/storage/docs/performing-resumable-uploads). Its
// id is the credential for its chunks, as at Google.
type upload struct {
	mu     sync.Mutex
	bucket bucket
	meta   storageapi.Object
	caller policy.Principal
	query  url.Values
	file   *os.File
	sums   checksums
	size   int64
	done   *storageapi.Object
}

func (s *Service) startResumable(r *rest.Request, b bucket) (any, error) {
	meta, err := readMeta(r.Body)
	if err != nil {
		return nil, err
	}
	if name := r.URL.Query().Get("name"); name != "" {
		meta.Name = name
	}
	if meta.ContentType == "" {
		meta.ContentType = r.Header.Get("X-Upload-Content-Type")
	}
	file, err := os.CreateTemp(s.blobs, ".upload-*")
	if err != nil {
		return nil, err
	}
	id := uuid.NewString()
	s.mu.Lock()
	s.uploads[id] = &upload{bucket: b, meta: meta, caller: r.Caller, query: r.URL.Query(), file: file,
		sums: newChecksums()}
	s.mu.Unlock()
	location := fmt.Sprintf("http://%s/upload/storage/v1/b/%s/o?uploadType=resumable&upload_id=%s", r.Host,
		url.PathEscape(b.Name), id)
	return rest.Response{Header: http.Header{"Location": {location}, "X-Guploader-Uploadid": {id},
		"Content-Length": {"0"}}}, nil
}

// continueResumable takes a chunk, or tells how much has arrived when the range is "bytes */SIZE".
func (s *Service) continueResumable(r *rest.Request) (any, error) {
	id := r.URL.Query().Get("upload_id")
	s.mu.Lock()
	u := s.uploads[id]
	s.mu.Unlock()
	if u == nil {
		return nil, status.Errorf(status.NotFound, "Upload session not found; start the upload again.")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.done != nil {
		return presentObject(r, *u.done), nil
	}
	start, total, isQuery, err := parseContentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return nil, err
	}
	if !isQuery {
		if err := u.take(start, r.Body); err != nil {
			return nil, err
		}
	}
	if total < 0 && r.Header.Get("Content-Range") == "" {
		total = u.size // the whole content in one request
	}
	if total < 0 || u.size < total {
		return u.incomplete(r), nil
	}
	return s.complete(r, id, u)
}

// take appends the chunk that starts at start. Bytes that had arrived before are read over.
func (u *upload) take(start int64, chunk io.Reader) error {
	if start > u.size {
		return status.Errorf(status.FailedPrecondition,
			"Invalid request. The chunk starts at byte %d but only %d bytes have arrived.", start, u.size)
	}
	if _, err := io.CopyN(io.Discard, chunk, u.size-start); err != nil {
		return nil // nothing new in this chunk
	}
	_, err := io.Copy(u, chunk)
	if local := new(fs.PathError); errors.As(err, &local) {
		return err
	}
	if err != nil {
		return status.Errorf(status.Unavailable, "The chunk broke off: %v.", err)
	}
	return nil
}

// Write takes as much of the content as the disk has room for.
func (u *upload) Write(content []byte) (int, error) {
	n, err := u.file.Write(content)
	u.size += int64(n)
	u.sums.md5.Write(content[:n])
	u.sums.crc.Write(content[:n])
	return n, err
}

// incomplete is the answer 308 with the range that has arrived. Clients that cannot take a 308 ask for a 200 instead.
func (u *upload) incomplete(r *rest.Request) any {
	answer := rest.Response{Status: http.StatusPermanentRedirect, Header: http.Header{"Content-Length": {"0"}}}
	if u.size > 0 {
		answer.Header.Set("Range", fmt.Sprintf("bytes=0-%d", u.size-1))
	}
	if r.Header.Get("X-GUploader-No-308") == "yes" {
		answer.Status = http.StatusOK
		answer.Header.Set("X-Http-Status-Code-Override", "308")
	}
	return answer
}

func (s *Service) complete(r *rest.Request, id string, u *upload) (any, error) {
	if err := u.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return nil, err
	}
	c := content{file: u.file.Name(), size: u.size}
	c.md5, c.crc32c = u.sums.sums()
	o, err := s.commit(r.Visit().As(u.caller), u.bucket, u.meta, c, u.query)
	if status.From(err).Code == status.DiskFull {
		return nil, err // the client can try again
	}
	if err != nil {
		os.Remove(c.file)
		s.forget(id)
		return nil, err
	}
	u.done = &o
	s.ended(id)
	return presentObject(r, o), nil
}

// cancelResumable answers 499, as Google does.
func (s *Service) cancelResumable(r *rest.Request) (any, error) {
	id := r.URL.Query().Get("upload_id")
	s.mu.Lock()
	u := s.uploads[id]
	s.mu.Unlock()
	if u != nil {
		u.file.Close()
		os.Remove(u.file.Name())
		s.forget(id)
	}
	return rest.Response{Status: 499, Header: http.Header{"Content-Length": {"0"}}}, nil
}

// remembered is how many resumable uploads that are done can still be asked for, by clients whose answer was lost.
const remembered = 1000

// ended forgets the upload that was done first, when there are more than remembered.
func (s *Service) ended(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, id)
	if len(s.done) > remembered {
		delete(s.uploads, s.done[0])
		s.done = s.done[1:]
	}
}

func (s *Service) forget(id string) {
	s.mu.Lock()
	delete(s.uploads, id)
	s.mu.Unlock()
}

// parseContentRange reads "bytes FIRST-LAST/TOTAL", where TOTAL may be *, and the question "bytes */TOTAL". A total of
// -1 is not known yet.
func parseContentRange(header string) (start, total int64, isQuery bool, err error) {
	if header == "" {
		return 0, -1, false, nil
	}
	bad := invalid("Invalid Content-Range '%s'.", header)
	span, size, ok := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	if !ok || !strings.HasPrefix(header, "bytes ") {
		return 0, 0, false, bad
	}
	total = -1
	if size != "*" {
		if total, err = strconv.ParseInt(size, 10, 64); err != nil {
			return 0, 0, false, bad
		}
	}
	if span == "*" {
		return 0, total, true, nil
	}
	first, _, ok := strings.Cut(span, "-")
	if start, err = strconv.ParseInt(first, 10, 64); err != nil || !ok {
		return 0, 0, false, bad
	}
	return start, total, false, nil
}
