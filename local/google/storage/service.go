// Package storage is Cloud Storage: the JSON API with its uploads and downloads, the XML API's plain reads, bucket
// policies, and notifications to Pub/Sub (https://cloud.google.com/storage/docs/json_api/v1).
package storage

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/iam"
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Cloud Storage refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps buckets and objects.
type Service struct {
	db       *store.DB
	policies *policy.Engine
	door     *door.Door
	accounts *iam.Service
	projects *project.Service
	keys     *kms.Service

	buckets  *store.Collection[bucket]            // by name
	objects  *store.Collection[storageapi.Object] // live objects by bucket/name
	versions *store.Collection[storageapi.Object] // older versions by versionKey
	notices  *store.Collection[notification]      // by bucket/id
	blobs    string

	publish Publisher

	mu         sync.Mutex // orders changes of objects
	generation int64
	uploads    map[string]*upload
	done       []string // the uploads that are done, in their order
}

const (
	objectsName  = "storage/objects"
	versionsName = "storage/versions"
)

// bucketFields are the wire type's fields without its methods, so that a bucket can be stored with its project.
type bucketFields storageapi.Bucket

type bucket struct {
	bucketFields
	Project string `json:"project"`
}

func (b bucket) wire() storageapi.Bucket { return storageapi.Bucket(b.bucketFields) }

// Open uses the buckets and objects in the store. publish sends notifications.
func Open(db *store.DB, policies *policy.Engine, door *door.Door, accounts *iam.Service, projects *project.Service,
	keys *kms.Service, publish Publisher) (*Service, error) {
	s := &Service{db: db, policies: policies, door: door, accounts: accounts, projects: projects, keys: keys,
		publish: publish,
		blobs:   db.Folder("storage/blobs"), uploads: map[string]*upload{}}
	s.buckets = store.In[bucket](db, "storage/buckets")
	s.objects = store.In[storageapi.Object](db, objectsName)
	s.versions = store.In[storageapi.Object](db, versionsName)
	s.notices = store.In[notification](db, "storage/notifications")
	if err := os.MkdirAll(s.blobs, 0o700); err != nil {
		return nil, err
	}
	return s, s.dropUnfinished()
}

// Buckets returns the names of all buckets, in order.
func (s *Service) Buckets() []string { return s.buckets.Keys("") }

// Objects returns the names of the live objects of a bucket, in order.
func (s *Service) Objects(bucketName string) []string {
	names := s.objects.Keys(bucketName + "/")
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], bucketName+"/")
	}
	return names
}

// Latest returns the n live objects of a bucket that were changed last, the newest first, and how many there are of how
// many bytes together.
func (s *Service) Latest(bucketName string, n int) (latest []storageapi.Object, count int, bytes uint64) {
	type changed struct { // reading all of an object takes many times as long
		Name    string `json:"name"`
		Updated string `json:"updated"`
		Size    uint64 `json:"size,string"`
	}
	var all []changed
	for o := range store.In[changed](s.db, objectsName).Scan(bucketName+"/", "") {
		all = append(all, o)
		bytes += o.Size
	}
	slices.SortStableFunc(all, func(a, b changed) int { return strings.Compare(b.Updated, a.Updated) })
	for _, o := range all[:min(n, len(all))] {
		if object, ok := s.Object(bucketName, o.Name); ok {
			latest = append(latest, object)
		}
	}
	return latest, len(all), bytes
}

// ProjectOf returns the project of a bucket.
func (s *Service) ProjectOf(bucketName string) string {
	b, _ := s.buckets.Get(bucketName)
	return b.Project
}

// Object returns a live object.
func (s *Service) Object(bucketName, name string) (storageapi.Object, bool) {
	return s.objects.Get(bucketName + "/" + name)
}

// NotificationsOf returns the notification configurations of a bucket.
func (s *Service) NotificationsOf(bucketName string) []storageapi.Notification {
	return s.notices.List(bucketName + "/")
}

// Agent is Cloud Storage's service agent in a project.
func (s *Service) Agent(projectID string) policy.Principal { return s.agent(projectID) }

// Notifications returns the resource names of all notification configurations.
func (s *Service) Notifications() []string {
	var names []string
	for _, key := range s.notices.Keys("") {
		bucketName, id := filepath.Split(key)
		names = append(names, "buckets/"+bucketName+"notificationConfigs/"+id)
	}
	return names
}

// Read returns the file with the content of an object for a caller who may read it.
func (s *Service) Read(caller *door.Visit, bucketName, name string, generation int64) (string, error) {
	b, ok := s.buckets.Get(bucketName)
	if !ok {
		return "", noBucket()
	}
	caller.Words = denied
	if err := caller.Allow("storage.objects.get", objectsOf(b)); err != nil {
		return "", err
	}
	o, err := s.find(bucketName, name, generation)
	if err != nil {
		return "", err
	}
	return s.blob(o.Generation), s.decrypts(b, o)
}

// nextGeneration is the time in microseconds, made unique.
func (s *Service) nextGeneration() int64 {
	s.generation = max(s.generation+1, time.Now().UnixMicro())
	return s.generation
}

func (s *Service) blob(generation int64) string {
	return filepath.Join(s.blobs, strconv.FormatInt(generation, 10))
}

// etag is what Google's looks like: numbers as a protocol buffer in base64.
func etag(numbers ...int64) string {
	var b []byte
	for i, n := range numbers {
		b = append(b, byte(i+1)<<3)
		b = binary.AppendUvarint(b, uint64(n))
	}
	return base64.StdEncoding.EncodeToString(b)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func noBucket() error {
	return status.Errorf(status.NotFound, "The specified bucket does not exist.")
}

func noObject(bucketName, name string) error {
	return status.Errorf(status.NotFound, "No such object: %s/%s", bucketName, name)
}

func conflict(format string, args ...any) error {
	e := status.Errorf(status.AlreadyExists, format, args...)
	e.Reason = "conflict"
	return e
}

func invalid(format string, args ...any) error {
	e := status.Errorf(status.InvalidArgument, format, args...)
	e.Reason = "invalid"
	return e
}

// bucketOf finds the path's bucket.
func (s *Service) bucketOf(r *rest.Request) (bucket, error) {
	b, ok := s.buckets.Get(r.Var("bucket"))
	if !ok {
		return b, noBucket()
	}
	return b, nil
}

func (s *Service) onBucket(r *rest.Request) (policy.Resource, error) {
	b, err := s.bucketOf(r)
	return policy.Resource{Project: b.Project, Name: "buckets/" + b.Name}, err
}

// onTarget is the bucket that an object is copied to.
func (s *Service) onTarget(r *rest.Request) (policy.Resource, error) {
	b, ok := s.buckets.Get(r.Var("targetBucket"))
	if !ok {
		return policy.Resource{}, noBucket()
	}
	return objectsOf(b), nil
}

func (s *Service) onObjects(r *rest.Request) (policy.Resource, error) {
	b, err := s.bucketOf(r)
	return objectsOf(b), err
}

// objectsOf is the objects of a bucket as a resource. Its own policy stands for the default object ACL of buckets
// without uniform access.
func objectsOf(b bucket) policy.Resource {
	return policy.Resource{Project: b.Project, Name: "buckets/" + b.Name + "/objects", Parent: "buckets/" + b.Name}
}
