// Package storagetest is a Cloud Storage in memory with the few calls that the converter makes.
// https://cloud.google.com/storage/docs/json_api/v1/objects
package storagetest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// Server is a Cloud Storage in which every bucket exists but MissingBucket.
type Server struct {
	URL string

	mu         sync.Mutex
	generation int64
	objects    map[string]*Object
	fail       func(*http.Request) int
}

// Object is what has been stored last under a name.
type Object struct {
	storage.Object
	Content []byte
}

// MissingBucket is a bucket that does not exist.
const MissingBucket = "no-such-bucket"

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{objects: map[string]*Object{}}
	listening := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(listening.Close)
	s.URL = listening.URL + "/storage/v1/"
	return s
}

// Options make a client that talks to the server without credentials.
func (s *Server) Options() []option.ClientOption {
	return []option.ClientOption{option.WithoutAuthentication()}
}

// Put stores an object and returns its generation.
func (s *Server) Put(bucket, name string, content []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(bucket, &storage.Object{Name: name}, content).Generation
}

// PutWithMetadata stores an object with metadata.
func (s *Server) PutWithMetadata(bucket, name string, content []byte, metadata map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(bucket, &storage.Object{Name: name, Metadata: metadata}, content)
}

// PutEncoded stores an object with a Content-Encoding.
func (s *Server) PutEncoded(bucket, name, encoding string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(bucket, &storage.Object{Name: name, ContentEncoding: encoding}, content)
}

// Object returns a stored object, or nil.
func (s *Server) Object(bucket, name string) *Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[bucket+"/"+name]
}

// Delete removes an object.
func (s *Server) Delete(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, bucket+"/"+name)
}

// Spoil changes a byte of an object's content, but not its checksum.
func (s *Server) Spoil(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[bucket+"/"+name]
	o.Content = append([]byte(nil), o.Content...)
	o.Content[len(o.Content)-1]++
}

// Fail asks decide about each request: an answer other than 0 is sent as that status.
func (s *Server) Fail(decide func(*http.Request) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = decide
}

func (s *Server) put(bucket string, o *storage.Object, content []byte) *Object {
	s.generation++
	sum := md5.Sum(content)
	o.Bucket, o.Generation, o.Size = bucket, s.generation, uint64(len(content))
	o.Md5Hash = base64.StdEncoding.EncodeToString(sum[:])
	o.Crc32c = base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil,
		crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli))))
	stored := &Object{*o, content}
	s.objects[bucket+"/"+o.Name] = stored
	return stored
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	fail := s.fail
	s.mu.Unlock()
	if fail != nil {
		if status := fail(r); status != 0 {
			answerError(w, status)
			return
		}
	}
	path, upload := strings.CutPrefix(r.URL.EscapedPath(), "/upload")
	path, _ = strings.CutPrefix(path, "/storage/v1/b/")
	bucket, name, _ := strings.Cut(path, "/o")
	name = strings.TrimPrefix(name, "/")
	name = strings.NewReplacer("%2F", "/", "%20", " ").Replace(name)
	switch {
	case bucket == MissingBucket:
		answer(w, http.StatusNotFound, "The specified bucket does not exist.")
	case upload && r.Method == http.MethodPost:
		s.insert(w, r, bucket)
	case r.Method == http.MethodGet:
		s.get(w, r, bucket, name)
	case r.Method == http.MethodDelete:
		if o := s.Object(bucket, name); o == nil {
			answerError(w, http.StatusNotFound)
			return
		} else if match := r.FormValue("ifGenerationMatch"); match != "" && match != strconv.FormatInt(o.Generation, 10) {
			answerError(w, http.StatusPreconditionFailed)
			return
		}
		s.Delete(bucket, name)
		w.WriteHeader(http.StatusNoContent)
	default:
		answerError(w, http.StatusNotImplemented)
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, bucket, name string) {
	o := s.Object(bucket, name)
	generation := r.FormValue("generation")
	if o == nil || generation != "" && generation != strconv.FormatInt(o.Generation, 10) {
		answerError(w, http.StatusNotFound)
		return
	}
	if r.FormValue("alt") == "media" {
		w.Header().Set("X-Goog-Generation", strconv.FormatInt(o.Generation, 10))
		if o.ContentEncoding != "" {
			w.Header().Set("Content-Encoding", o.ContentEncoding)
		}
		w.Write(o.Content)
		return
	}
	json.NewEncoder(w).Encode(o.Object)
}

func (s *Server) insert(w http.ResponseWriter, r *http.Request, bucket string) {
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	var o storage.Object
	description, err := parts.NextPart()
	if err == nil {
		err = json.NewDecoder(description).Decode(&o)
	}
	var content []byte
	if err == nil {
		var media *multipart.Part
		if media, err = parts.NextPart(); err == nil {
			content, err = io.ReadAll(media)
		}
	}
	if err != nil {
		answerError(w, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	current := int64(0)
	if old := s.objects[bucket+"/"+o.Name]; old != nil {
		current = old.Generation
	}
	if match := r.FormValue("ifGenerationMatch"); match != "" && match != strconv.FormatInt(current, 10) {
		answerError(w, http.StatusPreconditionFailed)
		return
	}
	json.NewEncoder(w).Encode(s.put(bucket, &o, content).Object)
}

func answerError(w http.ResponseWriter, status int) { answer(w, status, http.StatusText(status)) }

func answer(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": status, "message": message}})
}
