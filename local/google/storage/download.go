package storage

import (
	"compress/gzip"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// getObject answers the metadata, or the content with alt=media.
func (s *Service) getObject(r *rest.Request) (any, error) {
	if r.URL.Query().Get("alt") == "media" {
		return s.download(r)
	}
	o, err := s.objectOf(r)
	if err != nil {
		return nil, err
	}
	if err := (conditions{o.Generation, o.Metageneration, true}).check(r.URL.Query(), http.MethodGet); err != nil {
		return nil, err
	}
	return presentObject(r, o), nil
}

// download is getObject under /download/, where only content is asked for.
func (s *Service) download(r *rest.Request) (any, error) { return s.content(r, r.URL.Query()) }

// content opens an object's content, if the preconditions in q hold. An object that is replaced between the look at it
// and that is looked at again.
func (s *Service) content(r *rest.Request, q url.Values) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	for {
		o, err := s.objectOf(r)
		if err != nil {
			return nil, err
		}
		if err := (conditions{o.Generation, o.Metageneration, true}).check(q, http.MethodGet); err != nil {
			return nil, err
		}
		if err := s.decrypts(b, o); err != nil {
			return nil, err
		}
		f, err := os.Open(s.blob(o.Generation))
		if err == nil {
			return media(o, f), nil
		}
		if now, _ := s.objectOf(r); now.Generation == o.Generation {
			return nil, fmt.Errorf("reading an object: %w", err)
		}
	}
}

// media streams the content, or the range of it that is asked for.
func media(o storageapi.Object, f *os.File) rest.Stream {
	return func(w http.ResponseWriter, r *http.Request) {
		defer f.Close()
		h := w.Header()
		h.Set("X-Goog-Generation", fmt.Sprint(o.Generation))
		h.Set("X-Goog-Metageneration", fmt.Sprint(o.Metageneration))
		h.Set("X-Goog-Hash", "crc32c="+o.Crc32c)
		if o.Md5Hash != "" {
			h.Add("X-Goog-Hash", "md5="+o.Md5Hash)
		}
		h.Set("X-Goog-Storage-Class", o.StorageClass)
		h.Set("X-Goog-Stored-Content-Length", fmt.Sprint(o.Size))
		h.Set("X-Goog-Stored-Content-Encoding", "identity")
		h.Set("ETag", `"`+o.Etag+`"`)
		h.Set("Content-Type", "application/octet-stream")
		for name, value := range map[string]string{"Content-Type": o.ContentType, "Content-Disposition": o.ContentDisposition,
			"Content-Language": o.ContentLanguage, "Cache-Control": o.CacheControl} {
			if value != "" {
				h.Set(name, value)
			}
		}
		for key, value := range o.Metadata {
			h.Set("X-Goog-Meta-"+key, value)
		}
		if o.ContentEncoding != "" {
			h.Set("X-Goog-Stored-Content-Encoding", o.ContentEncoding)
			if o.ContentEncoding == "gzip" && !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				decompress(w, f)
				return
			}
			h.Set("Content-Encoding", o.ContentEncoding)
		}
		modified, _ := time.Parse(time.RFC3339, o.Updated)
		http.ServeContent(w, r, "", modified, f)
	}
}

// decompress is Google's transcoding of gzip objects for clients that do not accept gzip.
func decompress(w http.ResponseWriter, f io.Reader) {
	z, err := gzip.NewReader(f)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Warning", "214 UploadServer gunzipped")
	io.Copy(w, z)
}

type xmlError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	Details string `xml:",omitempty"`
}

var apiVersion = regexp.MustCompile(`^v[0-9]+(alpha|beta)?[0-9]*/`)

// xmlRefuse answers for xmlGet in XML.
func (s *Service) xmlRefuse(r *rest.Request, err error) (any, error) {
	_, noBucket := s.bucketOf(r)
	if noBucket != nil && apiVersion.MatchString(r.Var("object")) { // an API that is not here, rather than an object
		return nil, status.NotModelled("%s %s", r.Method, r.URL.Path)
	}
	e := status.From(err)
	code := map[int]string{403: "AccessDenied", 401: "AuthenticationRequired", 404: "NoSuchKey",
		412: "PreconditionFailed"}[e.Code.HTTP]
	if noBucket != nil {
		code = "NoSuchBucket"
	}
	return rest.Stream(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
		w.WriteHeader(e.Code.HTTP)
		if e.Code.HTTP != http.StatusNotModified {
			io.WriteString(w, "<?xml version='1.0' encoding='UTF-8'?>")
			xml.NewEncoder(w).Encode(xmlError{Code: code, Message: e.Message})
		}
	}), nil
}

// xmlGet is the XML API's GET and HEAD of an object, which the Go client downloads with.
func (s *Service) xmlGet(r *rest.Request) (any, error) {
	q := url.Values{}
	for header, name := range map[string]string{"X-Goog-If-Generation-Match": "ifGenerationMatch",
		"X-Goog-If-Metageneration-Match": "ifMetagenerationMatch"} {
		if value := r.Header.Get(header); value != "" {
			q.Set(name, value)
		}
	}
	return s.content(r, q)
}
