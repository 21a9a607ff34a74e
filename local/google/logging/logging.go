// Package logging is Cloud Logging as far as builds and containers write to it and people read it: entries in one
// file per project, and entries.list (https://cloud.google.com/logging/docs/reference/v2/rest).
package logging

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	loggingapi "google.golang.org/api/logging/v2"

	"github.com/google/uuid"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Service keeps log entries.
type Service struct {
	dir string
	mu  sync.Mutex

	buckets    *store.Collection[loggingapi.LogBucket]
	sinks      *store.Collection[loggingapi.LogSink]
	exclusions *store.Collection[loggingapi.LogExclusion]
}

// Open uses what is configured in the store, and keeps entries beside it, one file of JSON lines per project.
func Open(db *store.DB) (*Service, error) {
	dir := db.Folder("logging")
	return &Service{dir: dir, buckets: store.In[loggingapi.LogBucket](db, "logging/buckets"),
		sinks:      store.In[loggingapi.LogSink](db, "logging/sinks"),
		exclusions: store.In[loggingapi.LogExclusion](db, "logging/exclusions")}, os.MkdirAll(dir, 0o700)
}

// Entry is one log entry.
type Entry = loggingapi.LogEntry

// maxFile is where a project's file is cut to its newer half.
const maxFile = 32 << 20

// Write adds entries of a project, with the time now where they have none.
func (s *Service) Write(project string, entries ...Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.path(project)
	if info, err := os.Stat(path); err == nil && info.Size() > maxFile {
		if err := cut(path); err != nil {
			return err
		}
	}
	var lines bytes.Buffer
	for _, e := range entries {
		now := time.Now().UTC().Format(time.RFC3339Nano)
		e.ReceiveTimestamp = now
		if e.Timestamp == "" {
			e.Timestamp = now
		}
		if e.InsertId == "" {
			e.InsertId = uuid.NewString()
		}
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("writing logs: %w", err)
		}
		lines.Write(append(data, '\n'))
	}
	if err := add(path, lines.Bytes()); err != nil {
		return fmt.Errorf("writing logs: %w", err)
	}
	return nil
}

// add appends whole lines to a file, or nothing when the disk has no room for them.
func add(path string, lines []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Write(lines); err != nil {
		return errors.Join(err, f.Truncate(end))
	}
	return nil
}

// cut drops the older half of a log file.
func cut(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	half := data[len(data)/2:]
	if i := slices.Index(half, '\n'); i >= 0 {
		half = half[i+1:]
	}
	return store.WriteFile(path, half, 0o600)
}

// Read returns the entries of a project that match, in the order they were written.
func (s *Service) Read(project string, match func(Entry) bool) ([]Entry, error) {
	return ReadFile(s.path(project), match)
}

func (s *Service) path(project string) string {
	return filepath.Join(s.dir, project+".jsonl")
}

// ReadFile returns the matching entries of one project's file. A file that is not there is empty.
func ReadFile(path string, match func(Entry) bool) ([]Entry, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading logs: %w", err)
	}
	defer f.Close()
	var entries []Entry
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && match(e) {
			entries = append(entries, e)
		}
	}
	return entries, lines.Err()
}

func (s *Service) list(r *rest.Request) (any, error) {
	var body loggingapi.ListLogEntriesRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	match, err := parseFilter(body.Filter)
	if err != nil {
		return nil, err
	}
	if len(body.ResourceNames) == 0 {
		return nil, status.Errorf(status.InvalidArgument, "resource_names must not be empty.")
	}
	var entries []Entry
	for _, name := range body.ResourceNames {
		found, err := s.Read(policy.In(name).Project, match)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Timestamp, b.Timestamp) })
	if strings.HasSuffix(body.OrderBy, "desc") {
		slices.Reverse(entries)
	}
	return page(entries, body), nil
}

func page(entries []Entry, body loggingapi.ListLogEntriesRequest) loggingapi.ListLogEntriesResponse {
	size := int(body.PageSize)
	if size <= 0 || size > 1000 {
		size = 50
	}
	start := 0
	fmt.Sscan(body.PageToken, &start)
	start = min(max(start, 0), len(entries))
	end := min(start+size, len(entries))
	var answer loggingapi.ListLogEntriesResponse
	for i := range entries[start:end] {
		answer.Entries = append(answer.Entries, &entries[start+i])
	}
	if end < len(entries) {
		answer.NextPageToken = fmt.Sprint(end)
	}
	return answer
}

// read are the projects whose entries a list asks for.
func read(r *rest.Request) ([]policy.Resource, error) {
	var body loggingapi.ListLogEntriesRequest
	err := r.Peek(&body)
	return projects(body.ResourceNames), err
}

func projects(names []string) []policy.Resource {
	var all []policy.Resource
	for _, name := range names {
		if project := policy.Project(policy.In(name).Project); !slices.Contains(all, project) {
			all = append(all, project)
		}
	}
	return all
}

func denied(_ policy.Principal, permission string, _ policy.Resource) string {
	return fmt.Sprintf("Permission '%s' denied on resource (or it may not exist).", permission)
}

// API is logging.googleapis.com.
func (s *Service) API() *rest.API {
	return &rest.API{Name: "logging.googleapis.com", Title: "Cloud Logging API", Mount: "logging", Server: "ESF",
		Default: true, StatusInErrors: true, Denied: denied,
		Routes: append([]rest.Route{
			{ID: "logging.entries.list", Method: "POST", Path: "/v2/entries:list", Handle: s.list,
				Also: []rest.Need{{Permission: "logging.logEntries.list", Of: "each project", On: read}}},
		}, s.configRoutes()...)}
}
