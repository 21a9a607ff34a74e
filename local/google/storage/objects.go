package storage

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// find returns the live object, or the version of a generation.
func (s *Service) find(bucketName, name string, generation int64) (storageapi.Object, error) {
	o, ok := s.objects.Get(bucketName + "/" + name)
	if ok && (generation == 0 || o.Generation == generation) {
		return o, nil
	}
	if generation != 0 {
		if o, ok := s.versions.Get(versionKey(bucketName, name, generation)); ok {
			return o, nil
		}
	}
	return o, noObject(bucketName, name)
}

// versionKey puts versions in the order of their names, and those of a name in that of their generations.
func versionKey(bucketName, name string, generation int64) string {
	return fmt.Sprintf("%s/%s\x00%020d", bucketName, name, generation)
}

func (s *Service) objectOf(r *rest.Request) (storageapi.Object, error) {
	generation, err := generationParam(r.URL.Query())
	if err != nil {
		return storageapi.Object{}, err
	}
	return s.find(r.Var("bucket"), r.Var("object"), generation)
}

func generationParam(q url.Values) (int64, error) {
	value := q.Get("generation")
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, invalid("Invalid value '%s' for generation.", value)
	}
	return n, nil
}

// content is what an upload brings.
type content struct {
	file   string // where it is now; commit moves it
	size   int64
	md5    string // empty for composed objects
	crc32c string
}

// commit makes the content the live version of the object that meta describes. The content is there before the object
// and what it replaces goes after it; the object and the messages that tell of it are stored together.
func (s *Service) commit(caller *door.Visit, b bucket, meta storageapi.Object, c content,
	q url.Values) (storageapi.Object, error) {
	if err := Refusals.CheckField("objects", "name", meta.Name); err != nil {
		return meta, err
	}
	if meta.Md5Hash != "" && meta.Md5Hash != c.md5 {
		return meta, invalid("Provided MD5 hash %q doesn't match calculated MD5 hash %q.", meta.Md5Hash, c.md5)
	}
	if meta.Crc32c != "" && meta.Crc32c != c.crc32c {
		return meta, invalid("Provided CRC32C %q doesn't match calculated CRC32C %q.", meta.Crc32c, c.crc32c)
	}
	if meta.EventBasedHold || meta.TemporaryHold || len(meta.Acl) > 0 || meta.Retention != nil {
		return meta, status.NotModelled("holds, retention and access control lists of objects")
	}
	version, err := s.encrypts(b, cmp.Or(q.Get("kmsKeyName"), q.Get("destinationKmsKeyName"), meta.KmsKeyName))
	if err != nil {
		return meta, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.buckets.Get(b.Name); !ok { // deleted meanwhile
		return meta, noBucket()
	}
	old, exists := s.objects.Get(b.Name + "/" + meta.Name)
	if err := (conditions{old.Generation, old.Metageneration, exists}).check(q, "POST"); err != nil {
		return meta, err
	}
	if exists { // replacing an object takes the right to delete it
		if err := caller.Allow("storage.objects.delete", objectsOf(b)); err != nil {
			return meta, err
		}
	}
	generation := s.nextGeneration()
	if err := os.Rename(c.file, s.blob(generation)); err != nil {
		return meta, err
	}
	o := newObject(b, meta, c, generation)
	o.KmsKeyName = version
	var change store.Batch
	extra := map[string]string{}
	if exists {
		s.retireIn(&change, b, old, map[string]string{"overwrittenByGeneration": fmt.Sprint(o.Generation)})
		extra["overwroteGeneration"] = fmt.Sprint(old.Generation)
	}
	s.objects.PutIn(&change, b.Name+"/"+o.Name, o)
	s.notifyIn(&change, b, o, "OBJECT_FINALIZE", extra)
	if err := s.db.Write(&change); err != nil {
		return meta, errors.Join(err, os.Rename(s.blob(generation), c.file)) // back to whoever may try again
	}
	return o, nil
}

func newObject(b bucket, meta storageapi.Object, c content, generation int64) storageapi.Object {
	now := timestamp(time.Now())
	o := storageapi.Object{
		Name: meta.Name, Bucket: b.Name, ContentType: meta.ContentType, ContentEncoding: meta.ContentEncoding,
		ContentDisposition: meta.ContentDisposition,
		ContentLanguage:    meta.ContentLanguage, CacheControl: meta.CacheControl, CustomTime: meta.CustomTime,
		Metadata: meta.Metadata, StorageClass: meta.StorageClass,
		Kind: "storage#object", Id: fmt.Sprintf("%s/%s/%d", b.Name, meta.Name, generation), Generation: generation,
		Metageneration: 1,
		Size:           uint64(c.size), Md5Hash: c.md5, Crc32c: c.crc32c, ComponentCount: meta.ComponentCount,
		Etag:        etag(generation, 1),
		TimeCreated: now, Updated: now, TimeStorageClassUpdated: now, TimeFinalized: now,
	}
	if o.StorageClass == "" {
		o.StorageClass = b.StorageClass
	}
	return o
}

// retireIn takes a live version away as a part of a batch, to the older versions where the bucket keeps them, otherwise
// for good, and tells of it.
func (s *Service) retireIn(change *store.Batch, b bucket, o storageapi.Object, extra map[string]string) {
	s.objects.DeleteIn(change, b.Name+"/"+o.Name)
	if b.Versioning == nil || !b.Versioning.Enabled {
		s.dropIn(change, b, o, extra)
		return
	}
	archived := o
	archived.TimeDeleted = timestamp(time.Now())
	s.versions.PutIn(change, versionKey(o.Bucket, o.Name, o.Generation), archived)
	s.notifyIn(change, b, o, "OBJECT_ARCHIVE", extra)
}

// dropIn removes a version for good, live or not, as a part of a batch, and tells of it. Its content goes afterwards.
func (s *Service) dropIn(change *store.Batch, b bucket, o storageapi.Object, extra map[string]string) {
	if o.TimeDeleted == "" {
		s.objects.DeleteIn(change, b.Name+"/"+o.Name)
	} else {
		s.versions.DeleteIn(change, versionKey(o.Bucket, o.Name, o.Generation))
	}
	s.notifyIn(change, b, o, "OBJECT_DELETE", extra)
	change.After(func() { os.Remove(s.blob(o.Generation)) }) // left behind, it goes with the next start
}

// presentObject adds the links, which name this server.
func presentObject(r *rest.Request, o storageapi.Object) storageapi.Object {
	path := "/storage/v1/b/" + o.Bucket + "/o/" + url.PathEscape(o.Name)
	o.SelfLink = "http://" + r.Host + path
	o.MediaLink = fmt.Sprintf("http://%s/download%s?generation=%d&alt=media", r.Host, path, o.Generation)
	o.ForceSendFields = []string{"Size"}
	return o
}

func (s *Service) patchObject(r *rest.Request) (any, error) { return s.changeObject(r, false) }

func (s *Service) updateObject(r *rest.Request) (any, error) { return s.changeObject(r, true) }

func (s *Service) changeObject(r *rest.Request, whole bool) (any, error) {
	var body struct {
		storageapi.Object
		Metadata map[string]*string `json:"metadata"`
	}
	if err := r.DecodeLoosely(&body); err != nil {
		return nil, err
	}
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.objectOf(r)
	if err != nil {
		return nil, err
	}
	change := func(o *storageapi.Object) error {
		if err := (conditions{o.Generation, o.Metageneration, true}).check(r.URL.Query(), r.Method); err != nil {
			return err
		}
		if body.EventBasedHold || body.TemporaryHold || body.Retention != nil {
			return status.NotModelled("holds and retention of objects")
		}
		if whole {
			o.ContentType, o.ContentEncoding, o.ContentDisposition, o.ContentLanguage, o.CacheControl, o.Metadata = "", "",
				"", "", "", nil
		}
		for field, value := range map[*string]string{&o.ContentType: body.ContentType,
			&o.ContentEncoding:    body.ContentEncoding,
			&o.ContentDisposition: body.ContentDisposition, &o.ContentLanguage: body.ContentLanguage,
			&o.CacheControl: body.CacheControl, &o.CustomTime: body.CustomTime} {
			if value != "" {
				*field = value
			}
		}
		for key, value := range body.Metadata {
			if o.Metadata == nil {
				o.Metadata = map[string]string{}
			}
			if value == nil {
				delete(o.Metadata, key)
			} else {
				o.Metadata[key] = *value
			}
		}
		o.Metageneration++
		o.Etag, o.Updated = etag(o.Generation, o.Metageneration), timestamp(time.Now())
		return nil
	}
	if err := change(&o); err != nil {
		return nil, err
	}
	var changed store.Batch
	if o.TimeDeleted != "" {
		s.versions.PutIn(&changed, versionKey(o.Bucket, o.Name, o.Generation), o)
	} else {
		s.objects.PutIn(&changed, o.Bucket+"/"+o.Name, o)
	}
	s.notifyIn(&changed, b, o, "OBJECT_METADATA_UPDATE", nil)
	return presentObject(r, o), s.db.Write(&changed)
}

func (s *Service) deleteObject(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.objectOf(r)
	if err != nil {
		return nil, err
	}
	if err := (conditions{o.Generation, o.Metageneration, true}).check(r.URL.Query(), r.Method); err != nil {
		return nil, err
	}
	var gone store.Batch
	if r.URL.Query().Get("generation") != "" { // naming the generation deletes for good
		s.dropIn(&gone, b, o, nil)
	} else {
		s.retireIn(&gone, b, o, nil)
	}
	return rest.NoContent{}, s.db.Write(&gone)
}
