package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"docx2pdf/service/conversion"
	"docx2pdf/service/conversion/conversiontest"
	"docx2pdf/service/options"
	"docx2pdf/service/outcome"
	"docx2pdf/service/server"
	"docx2pdf/service/storage"
	"docx2pdf/service/storage/storagetest"
)

// bare is a fixture without LibreOffice: its engine makes PDFs that show the options.
func bare(t *testing.T, changes ...func(*server.Config)) (*fixture, *conversiontest.Engine) {
	t.Helper()
	f := &fixture{t: t, storage: storagetest.New(t), log: &lines{}}
	engine := conversiontest.New(t)
	f.url = f.serve(engine, changes...)
	return f, engine
}

// serve starts a server on the fixture's storage: a new one when the image or the limits change.
func (f *fixture) serve(engine *conversiontest.Engine, changes ...func(*server.Config)) string {
	f.t.Helper()
	store, err := storage.Open(f.t.Context(), f.storage.URL, 5*time.Second, f.storage.Options()...)
	if err != nil {
		f.t.Fatal(err)
	}
	config := server.Config{
		Converter: engine.Converter(), Store: store, OutputBucket: "out", Queue: 8, MaxDocument: 1 << 20,
		Names: outcome.Names{InputBucket: "in"}, By: outcome.Identity{Image: "first", Limits: "small"},
		Log: slog.New(slog.NewJSONHandler(f.log, nil)),
	}
	for _, change := range changes {
		change(&config)
	}
	listening := httptest.NewServer(server.New(config))
	f.t.Cleanup(listening.Close)
	return listening.URL
}

func TestAnEventNeverTakesAwayWhatACallAskedFor(t *testing.T) {
	for _, asked := range [][]string{{"password", "secret"}, {"pdfa", "2b"}} {
		f, engine := bare(t)
		generation := fmt.Sprint(f.storage.Put("in", "a.docx", []byte(small)))
		f.message("a.docx", asked...).wants(t, http.StatusOK, "")
		before := f.storage.Object("out", "a.pdf")
		r := f.deliver("in", "a.docx", "objectGeneration", generation)
		r.wants(t, http.StatusOK, "")
		if r.json(t)["unchanged"] != true || f.storage.Object("out", "a.pdf").Generation != before.Generation ||
			engine.Converted() != 1 {
			t.Errorf("after a call with %q the event answers %s and the document was converted %d times", asked, r.body,
				engine.Converted())
		}
		// A newer document is another matter.
		f.storage.Put("in", "a.docx", []byte(small))
		f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
		if f.storage.Object("out", "a.pdf").Generation == before.Generation {
			t.Error("the newer document has no PDF")
		}
	}
}

// The call is slower than the event: what it asked for prevails all the same.
func TestACallPrevailsOverItsDocumentsEvent(t *testing.T) {
	f, engine := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	began, goOn := make(chan bool), make(chan bool)
	engine.Instead(func(ctx context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
		if o.Get(options.PDFA) != "" {
			began <- true
			<-goOn
		}
		return conversiontest.Make(ctx, d, o)
	})
	call := make(chan reply)
	go func() { call <- f.message("a.docx", "pdfa", "2b") }()
	<-began
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
	close(goOn)
	(<-call).wants(t, http.StatusOK, "")
	if options := f.storage.Object("out", "a.pdf").Metadata["options"]; options != "pdfa=2b" {
		t.Errorf("the PDF has options %q, want the call's", options)
	}
}

func TestMetadataThatLeavesADocumentToACall(t *testing.T) {
	f, engine := bare(t)
	f.storage.PutWithMetadata("in", "a.docx", []byte(small), map[string]string{"docx2pdf-events": "off"})
	r := f.deliver("in", "a.docx")
	r.wants(t, http.StatusOK, "")
	if r.json(t)["skipped"] == nil || engine.Converted() != 0 {
		t.Errorf("the event answers %s", r.body)
	}
	f.message("a.docx").wants(t, http.StatusOK, "")
}

func TestOptionsOfADocumentThatIsDropped(t *testing.T) {
	defaults, err := options.ReadDefaults("pdfa=2b&tagged=true")
	if err != nil {
		t.Fatal(err)
	}
	f, _ := bare(t, func(c *server.Config) { c.Defaults = defaults })
	for _, test := range []struct {
		metadata map[string]string
		call     []string
		want     string
	}{
		{nil, nil, "pdfa=2b tagged=true"},
		{map[string]string{"docx2pdf-pdfa": "3b"}, nil, "pdfa=3b tagged=true"},
		{map[string]string{"docx2pdf-pdfa": "3b"}, []string{"pdfa", "1b"}, "pdfa=1b tagged=true"},
		{nil, []string{"pdfa", "default", "password", "secret"}, "password=set tagged=true"},
	} {
		f.storage.PutWithMetadata("in", "a.docx", []byte(small), test.metadata)
		if test.call == nil {
			f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
		} else {
			f.message("a.docx", test.call...).wants(t, http.StatusOK, "")
		}
		if got := f.storage.Object("out", "a.pdf").Metadata["options"]; got != test.want {
			t.Errorf("metadata %v, call %q: options %q, want %q", test.metadata, test.call, got, test.want)
		}
	}
	for _, metadata := range []map[string]string{{"docx2pdf-password": "hunter2"}, {"docx2pdf-pdfx": "1"}} {
		f.storage.PutWithMetadata("in", "b.docx", []byte(small), metadata)
		f.deliver("in", "b.docx").wants(t, http.StatusBadRequest, "bad_option")
		record := f.storage.Object("out", "b.error.json")
		if record == nil || strings.Contains(string(record.Content)+fmt.Sprint(record.Metadata)+f.log.text(), "hunter2") {
			t.Errorf("metadata %v: the record is %v, want one without the password", metadata, record)
		}
	}
}

func TestNoTwoDocumentsShareAPDF(t *testing.T) {
	f, _ := bare(t)
	documents := [][2]string{{"in", "a.docx"}, {"in", "a.docm"}, {"in", "a.DOCX"}, {"in", "a"}, {"other", "a.docx"},
		{"in", "a.docm.docx"}}
	pdfs := map[any]bool{}
	for _, d := range documents {
		f.storage.Put(d[0], d[1], []byte(small))
		r := f.do(http.MethodPost, "/", "application/json", strings.NewReader(messageFor(d[0], d[1], "")))
		r.wants(t, http.StatusOK, "")
		pdfs[r.json(t)["object"]] = true
	}
	if len(pdfs) != len(documents) || !pdfs["a.pdf"] {
		t.Errorf("%d documents became %v", len(documents), pdfs)
	}
}

func TestANameThatIsTaken(t *testing.T) {
	for _, test := range []struct {
		name     string
		metadata map[string]string
		says     []string
	}{
		{"by another document's PDF", map[string]string{"source-bucket": "in", "source-object": "A.docx",
			"source-generation": "1"}, []string{"gs://in/a.docx", "gs://in/A.docx", "gs://out/a.pdf"}},
		{"by what the converter did not make", nil, []string{"gs://in/a.docx", "gs://out/a.pdf"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, engine := bare(t)
			f.storage.PutWithMetadata("out", "a.pdf", []byte("theirs"), test.metadata)
			f.storage.Put("in", "a.docx", []byte(small))
			r := f.message("a.docx")
			r.wants(t, http.StatusConflict, "output_taken")
			f.deliver("in", "a.docx").wants(t, http.StatusConflict, "output_taken")
			record := f.storage.Object("out", "a.error.json")
			for _, says := range test.says {
				if record == nil || !bytes.Contains(record.Content, []byte(says)) || !bytes.Contains(r.body, []byte(says)) {
					t.Errorf("%s and the record %v do not name %s", r.body, record, says)
				}
			}
			if string(f.storage.Object("out", "a.pdf").Content) != "theirs" || engine.Converted() != 0 {
				t.Error("it was written over, or the document converted in vain")
			}
			// Out of the way, the next delivery makes the PDF.
			f.storage.Delete("out", "a.pdf")
			f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
			if f.storage.Object("out", "a.error.json") != nil {
				t.Error("the record is still there")
			}
		})
	}
}

func TestARecordCountsForItsImageAndLimits(t *testing.T) {
	f, engine := bare(t)
	engine.Fail(fmt.Errorf("%w: more than 64 MiB of memory", conversion.ErrLimit))
	f.storage.Put("in", "a.docx", []byte(small))
	f.deliver("in", "a.docx").wants(t, http.StatusUnprocessableEntity, "document_too_complex")
	f.deliver("in", "a.docx").wants(t, http.StatusUnprocessableEntity, "document_too_complex")
	if engine.Converted() != 1 {
		t.Errorf("it was tried %d times, want once", engine.Converted())
	}
	var record map[string]any
	if err := json.Unmarshal(f.storage.Object("out", "a.error.json").Content, &record); err != nil ||
		record["image"] != "first" || record["limits"] != "small" {
		t.Errorf("the record %v (%v) does not say by what", record, err)
	}
	for tries, by := range []outcome.Identity{{Image: "second", Limits: "small"}, {Image: "second", Limits: "large"}} {
		f.url = f.serve(engine, func(c *server.Config) { c.By = by })
		f.deliver("in", "a.docx").wants(t, http.StatusUnprocessableEntity, "document_too_complex")
		if engine.Converted() != tries+2 {
			t.Errorf("by %v it was not tried again", by)
		}
	}
	engine.Fail(nil)
	f.url = f.serve(engine, func(c *server.Config) { c.By.Image = "third" })
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
	if f.storage.Object("out", "a.error.json") != nil {
		t.Error("the record is still there")
	}
}

// A record that another delivery has written since it was read stays.
func TestARecordIsDeletedOnlyAsItWasRead(t *testing.T) {
	f, engine := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	engine.Fail(conversion.ErrCrashed)
	f.deliver("in", "a.docx").wants(t, http.StatusUnprocessableEntity, "document_crashes")
	engine.Instead(func(ctx context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
		f.storage.PutWithMetadata("out", "a.error.json", []byte("newer"), map[string]string{"source-bucket": "in",
			"source-object": "a.docx", "source-generation": "99"})
		return conversiontest.Make(ctx, d, o)
	})
	f.url = f.serve(engine, func(c *server.Config) { c.By.Image = "second" })
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
	if record := f.storage.Object("out", "a.error.json"); record == nil || string(record.Content) != "newer" {
		t.Errorf("the newer record is gone: %v", record)
	}
}
