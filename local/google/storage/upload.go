package storage

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"os"
	"regexp"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// insert takes an upload in the form that uploadType names.
func (s *Service) insert(r *rest.Request) (any, error) {
	if r.URL.Query().Has("upload_id") { // Google's Go client posts the chunks of a resumable upload
		return s.continueResumable(r)
	}
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	switch kind := r.URL.Query().Get("uploadType"); kind {
	case "media":
		return s.insertMedia(r, b)
	case "multipart":
		return s.insertMultipart(r, b)
	case "resumable":
		return s.startResumable(r, b)
	default:
		return nil, invalid("Invalid upload type '%s'; use media, multipart or resumable.", kind)
	}
}

func (s *Service) insertMedia(r *rest.Request, b bucket) (any, error) {
	meta := storageapi.Object{Name: r.URL.Query().Get("name"), ContentType: r.Header.Get("Content-Type"),
		ContentEncoding: r.URL.Query().Get("contentEncoding")}
	return s.finish(r, b, meta, r.Body)
}

// insertMultipart reads multipart/related: the metadata as JSON, then the content.
func (s *Service) insertMultipart(r *rest.Request, b bucket) (any, error) {
	boundary := boundaryOf(r.Header.Get("Content-Type"))
	if boundary == "" {
		return nil, invalid("Multipart upload requires Content-Type multipart/related with a boundary.")
	}
	parts := multipart.NewReader(r.Body, boundary)
	first, err := parts.NextRawPart()
	if err != nil {
		return nil, invalid("Malformed multipart body: %v.", err)
	}
	meta, err := readMeta(first)
	if err != nil {
		return nil, err
	}
	media, err := parts.NextRawPart()
	if err != nil {
		return nil, invalid("Malformed multipart body: %v.", err)
	}
	if meta.ContentType == "" {
		meta.ContentType = media.Header.Get("Content-Type")
	}
	if name := r.URL.Query().Get("name"); name != "" {
		meta.Name = name
	}
	return s.finish(r, b, meta, media)
}

// singleQuoted is how gcloud writes the boundary, which RFC 2045 does not allow.
var singleQuoted = regexp.MustCompile(`^multipart/related;\s*boundary='([^']+)'$`)

func boundaryOf(contentType string) string {
	if m := singleQuoted.FindStringSubmatch(contentType); m != nil {
		return m[1]
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/related" {
		return ""
	}
	return params["boundary"]
}

func readMeta(from io.Reader) (storageapi.Object, error) {
	var meta storageapi.Object
	data, err := io.ReadAll(io.LimitReader(from, 1<<20))
	if err != nil {
		return meta, invalid("Reading the metadata: %v.", err)
	}
	if len(data) == 0 {
		return meta, nil
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		e := status.Errorf(status.InvalidArgument, "Parse Error: %v", err)
		e.Reason = "parseError"
		return meta, e
	}
	return meta, nil
}

func (s *Service) finish(r *rest.Request, b bucket, meta storageapi.Object, media io.Reader) (any, error) {
	c, err := s.stage(media)
	if err != nil {
		return nil, err
	}
	defer os.Remove(c.file)
	o, err := s.commit(r.Visit(), b, meta, c, r.URL.Query())
	return presentObject(&rest.Request{Request: r.Request}, o), err
}

// stage writes content to a file of its own and computes its checksums.
func (s *Service) stage(media io.Reader) (content, error) {
	f, err := os.CreateTemp(s.blobs, ".upload-*")
	if err != nil {
		return content{}, err
	}
	sums := newChecksums()
	size, err := io.Copy(io.MultiWriter(f, sums.md5, sums.crc), media)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(f.Name())
		if local := new(fs.PathError); errors.As(err, &local) {
			return content{}, err
		}
		return content{}, invalid("Reading the content: %v.", err)
	}
	c := content{file: f.Name(), size: size}
	c.md5, c.crc32c = sums.sums()
	return c, nil
}

type checksums struct {
	md5 hash.Hash
	crc hash.Hash32
}

func newChecksums() checksums {
	return checksums{md5.New(), crc32.New(crc32.MakeTable(crc32.Castagnoli))}
}

// sums returns MD5 and CRC32C in base64, as objects carry them.
func (c checksums) sums() (md5sum, crc32c string) {
	return base64.StdEncoding.EncodeToString(c.md5.Sum(nil)),
		base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, c.crc.Sum32()))
}
