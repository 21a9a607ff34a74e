package storage

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// rewriteTo copies an object. The answer tells the progress, which here is always done.
func (s *Service) rewriteTo(r *rest.Request) (any, error) {
	o, err := s.duplicate(r)
	if err != nil {
		return nil, err
	}
	shown := presentObject(r, o)
	return storageapi.RewriteResponse{Kind: "storage#rewriteResponse", Done: true, ObjectSize: int64(o.Size),
		TotalBytesRewritten: int64(o.Size), Resource: &shown,
		ForceSendFields: []string{"ObjectSize", "TotalBytesRewritten"}}, nil
}

func (s *Service) duplicate(r *rest.Request) (storageapi.Object, error) {
	var none storageapi.Object
	meta, err := readMeta(r.Body)
	if err != nil {
		return none, err
	}
	generation, _ := strconv.ParseInt(r.URL.Query().Get("sourceGeneration"), 10, 64)
	from, err := s.bucketOf(r)
	if err != nil {
		return none, err
	}
	source, err := s.find(from.Name, r.Var("object"), generation)
	if err != nil {
		return none, err
	}
	sourceConditions := url.Values{}
	for name, values := range r.URL.Query() {
		if rest, ok := strings.CutPrefix(name, "ifSource"); ok {
			sourceConditions["if"+rest] = values
		}
	}
	if err := (conditions{source.Generation, source.Metageneration, true}).check(sourceConditions,
		http.MethodPost); err != nil {
		return none, err
	}
	target, ok := s.buckets.Get(r.Var("targetBucket"))
	if !ok {
		return none, noBucket()
	}
	if err := s.decrypts(from, source); err != nil {
		return none, err
	}
	if meta.ContentType == "" && meta.Metadata == nil { // without metadata in the body the source's is kept
		class := meta.StorageClass
		meta = storageapi.Object{ContentType: source.ContentType, ContentEncoding: source.ContentEncoding,
			ContentDisposition: source.ContentDisposition,
			ContentLanguage:    source.ContentLanguage, CacheControl: source.CacheControl, CustomTime: source.CustomTime,
			Metadata: source.Metadata, StorageClass: class}
	}
	meta.Name, meta.Md5Hash, meta.Crc32c = r.Var("targetObject"), "", ""
	f, err := os.Open(s.blob(source.Generation))
	if err != nil {
		return none, err
	}
	defer f.Close()
	c, err := s.stage(f)
	if err != nil {
		return none, err
	}
	defer os.Remove(c.file)
	return s.commit(r.Visit(), target, meta, c, r.URL.Query())
}

// compose joins up to 32 objects of a bucket into one, which has no MD5, as at Google.
func (s *Service) compose(r *rest.Request) (any, error) {
	var body storageapi.ComposeRequest
	if err := r.DecodeLoosely(&body); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("objects.compose", "sourceObjects", body.SourceObjects); err != nil {
		return nil, err
	}
	b, err := s.bucketOf(r)
	if err != nil {
		return nil, err
	}
	meta := storageapi.Object{}
	if body.Destination != nil {
		meta = *body.Destination
	}
	var readers []io.Reader
	for _, source := range body.SourceObjects {
		o, err := s.find(b.Name, source.Name, source.Generation)
		if err != nil {
			return nil, err
		}
		if p := source.ObjectPreconditions; p != nil && p.IfGenerationMatch != 0 && p.IfGenerationMatch != o.Generation {
			return nil, status.Errorf(status.ConditionNotMet, "At least one of the pre-conditions you specified did not hold.")
		}
		if err := s.decrypts(b, o); err != nil {
			return nil, err
		}
		f, err := os.Open(s.blob(o.Generation))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		readers = append(readers, f)
		meta.ComponentCount += max(o.ComponentCount, 1)
		if meta.ContentType == "" {
			meta.ContentType = o.ContentType
		}
	}
	c, err := s.stage(io.MultiReader(readers...))
	if err != nil {
		return nil, err
	}
	defer os.Remove(c.file)
	c.md5, meta.Md5Hash = "", ""
	meta.Name = r.Var("object")
	o, err := s.commit(r.Visit(), b, meta, c, r.URL.Query())
	if err != nil {
		return nil, err
	}
	return presentObject(r, o), nil
}
