package storage

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
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

func versionKey(bucketName, name string, generation int64) string {
	return fmt.Sprintf("%s/%s#%d", bucketName, name, generation)
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

// commit makes the content the live version of the object that meta describes.
func (s *Service) commit(caller policy.Principal, b bucket, meta storageapi.Object, c content,
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
	if meta.EventBasedHold || meta.TemporaryHold || meta.KmsKeyName != "" || len(meta.Acl) > 0 || meta.Retention != nil {
		return meta, status.NotModelled("holds, retention, encryption keys and access control lists of objects")
	}
	s.mu.Lock()
	old, exists := s.objects.Get(b.Name + "/" + meta.Name)
	o, err := s.replace(caller, b, meta, c, q, old, exists)
	s.mu.Unlock()
	if err != nil {
		return o, err
	}
	s.notifyReplaced(b, o, old, exists)
	return o, nil
}

func (s *Service) replace(caller policy.Principal, b bucket, meta storageapi.Object, c content, q url.Values,
	old storageapi.Object, exists bool) (storageapi.Object, error) {
	if err := (conditions{old.Generation, old.Metageneration, exists}).check(q, "POST"); err != nil {
		return meta, err
	}
	if exists { // replacing an object takes the right to delete it
		if err := s.require(caller, "storage.objects.delete", b); err != nil {
			return meta, err
		}
	}
	generation := s.nextGeneration()
	if err := os.Rename(c.file, s.blob(generation)); err != nil {
		return meta, err
	}
	o := newObject(b, meta, c, generation)
	put := func() error { return s.objects.Put(b.Name+"/"+o.Name, o) }
	if exists {
		return o, s.retire(b, old, put)
	}
	return o, put()
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

// retire takes the live version away, which change does: to the older versions where the bucket keeps them, otherwise
// for
// good. Whenever it is cut off, what has a record has its content.
func (s *Service) retire(b bucket, o storageapi.Object, change func() error) error {
	if b.Versioning != nil && b.Versioning.Enabled {
		o.TimeDeleted = timestamp(time.Now())
		if err := s.versions.Put(versionKey(o.Bucket, o.Name, o.Generation), o); err != nil {
			return err
		}
		return change()
	}
	if err := change(); err != nil {
		return err
	}
	return os.Remove(s.blob(o.Generation))
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
	o, err := s.objectOf(r)
	if err != nil {
		return nil, err
	}
	change := func(o *storageapi.Object, exists bool) error {
		if !exists {
			return noObject(b.Name, r.Var("object"))
		}
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
	if o.TimeDeleted != "" {
		o, err = s.versions.Update(versionKey(o.Bucket, o.Name, o.Generation), change)
	} else {
		o, err = s.objects.Update(o.Bucket+"/"+o.Name, change)
	}
	if err != nil {
		return nil, err
	}
	s.notify(b, o, "OBJECT_METADATA_UPDATE", nil)
	return presentObject(r, o), nil
}

func (s *Service) deleteObject(r *rest.Request) (any, error) {
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	o, event, err := s.remove(r, b)
	if err != nil {
		return nil, err
	}
	s.notify(b, o, event, nil)
	return rest.NoContent{}, nil
}

func (s *Service) remove(r *rest.Request, b bucket) (o storageapi.Object, event string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, err = s.objectOf(r); err != nil {
		return o, "", err
	}
	if err := (conditions{o.Generation, o.Metageneration, true}).check(r.URL.Query(), r.Method); err != nil {
		return o, "", err
	}
	if o.TimeDeleted != "" {
		if _, err := s.versions.Delete(versionKey(o.Bucket, o.Name, o.Generation)); err != nil {
			return o, "", err
		}
		return o, "OBJECT_DELETE", os.Remove(s.blob(o.Generation))
	}
	drop := func() error {
		_, err := s.objects.Delete(o.Bucket + "/" + o.Name)
		return err
	}
	if r.URL.Query().Get("generation") != "" { // naming the generation deletes for good
		if err := drop(); err != nil {
			return o, "", err
		}
		return o, "OBJECT_DELETE", os.Remove(s.blob(o.Generation))
	}
	event = "OBJECT_DELETE"
	if b.Versioning != nil && b.Versioning.Enabled {
		event = "OBJECT_ARCHIVE"
	}
	return o, event, s.retire(b, o, drop)
}
