package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/server"
)

// deliver posts an event of an object as Pub/Sub does.
func (f *fixture) deliver(bucket, object string, attributes ...string) reply {
	f.t.Helper()
	attributes = append([]string{"eventType", "OBJECT_FINALIZE"}, attributes...)
	return f.do(http.MethodPost, "/", "application/json",
		strings.NewReader(messageFor(bucket, object, "projects/p/subscriptions/s", attributes...)))
}

func TestADeliveryIsIdempotent(t *testing.T) {
	f := newFixture(t)
	generation := fmt.Sprint(f.storage.Put("in", "a.docx", []byte(small)))
	f.deliver("in", "a.docx", "objectGeneration", generation).wants(t, http.StatusOK, "")
	first := f.storage.Object("out", "a.pdf")
	again := f.deliver("in", "a.docx", "objectGeneration", generation)
	again.wants(t, http.StatusOK, "")
	if again.json(t)["unchanged"] != true || f.storage.Object("out", "a.pdf").Generation != first.Generation {
		t.Errorf("the second delivery wrote again: %s", again.body)
	}
	other := f.deliver("in", "a.docx", "objectGeneration", generation, "pdfa", "2b")
	if other.json(t)["unchanged"] != nil {
		t.Errorf("other options are not another result: %s", other.body)
	}
}

func TestTwoDeliveriesAtOnceAreOneResult(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	answers := make(chan reply)
	for range 4 {
		go func() { answers <- f.deliver("in", "a.docx") }()
	}
	generations := map[any]bool{}
	for range 4 {
		r := <-answers
		r.wants(t, http.StatusOK, "")
		generations[r.json(t)["generation"]] = true
	}
	if len(generations) != 1 {
		t.Errorf("%d results, want one", len(generations))
	}
}

func TestAnOlderDocumentNeverOverwritesANewerOnesPDF(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	// While the older one is being written, a newer one's PDF arrives.
	written := false
	f.storage.Fail(func(r *http.Request) int {
		if r.Method == http.MethodPost && !written {
			written = true
			f.storage.PutWithMetadata("out", "a.pdf", []byte("newer"), map[string]string{"source-bucket": "in",
				"source-object": "a.docx", "source-generation": "99"})
		}
		return 0
	})
	f.message("a.docx").wants(t, http.StatusOK, "")
	if pdf := f.storage.Object("out", "a.pdf"); string(pdf.Content) != "newer" {
		t.Errorf("the newer document's PDF was overwritten")
	}
}

func TestDeliveriesThatAskForNothing(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "picture.png", []byte("\x89PNG"))
	f.storage.Put("in", "no-extension", []byte("text"))
	f.storage.Put("in", "~$lock.docx", []byte("x"))
	for _, test := range []struct{ name, object, event string }{
		{"another event", "a.docx", "OBJECT_DELETE"},
		{"another event of old", "a.docx", "OBJECT_METADATA_UPDATE"},
		{"not a Word document", "picture.png", "OBJECT_FINALIZE"},
		{"not a Word document either", "no-extension", "OBJECT_FINALIZE"},
		{"Word's lock file", "~$lock.docx", "OBJECT_FINALIZE"},
		{"our own PDF", "a.pdf", "OBJECT_FINALIZE"},
		{"our own record of a failure", "a.error.json", "OBJECT_FINALIZE"},
		{"deleted before its turn", "gone.docx", "OBJECT_FINALIZE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := f.deliver("in", test.object, "eventType", test.event)
			r.wants(t, http.StatusOK, "")
			if r.json(t)["skipped"] == nil {
				t.Errorf("%s does not say why nothing was done", r.body)
			}
			if line := f.log.last(t); line["outcome"] != "skipped" {
				t.Errorf("the log says %v", line["outcome"])
			}
		})
	}
}

func TestADocumentThatIsDeletedWhileItIsRead(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	f.storage.Fail(func(r *http.Request) int {
		if r.FormValue("alt") == "media" {
			return http.StatusNotFound
		}
		return 0
	})
	r := f.deliver("in", "a.docx")
	r.wants(t, http.StatusOK, "")
	if r.json(t)["skipped"] == nil {
		t.Errorf("%s, want it acknowledged", r.body)
	}
}

func TestAnInputBucketThatIsTheOutputBucket(t *testing.T) {
	f := newFixture(t, change{server: func(c *server.Config) { c.OutputBucket = "in" }})
	f.storage.Put("in", "a.docx", []byte(small))
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
	r := f.deliver("in", "a.pdf")
	r.wants(t, http.StatusOK, "")
	if r.json(t)["skipped"] == nil {
		t.Errorf("the PDF's own event starts another conversion: %s", r.body)
	}
}

func TestAPermanentFailureSaysWhyAndIsNotTriedAgain(t *testing.T) {
	f := newFixture(t)
	generation := f.storage.Put("in", "dir/bad.docx", docxtest.Document("<w:p><w:r></w:p>"))
	f.deliver("in", "dir/bad.docx").wants(t, http.StatusUnprocessableEntity, "document_corrupt")
	record := f.storage.Object("out", "dir/bad.error.json")
	if record == nil {
		t.Fatal("the reason is not written")
	}
	var reason map[string]any
	if err := json.Unmarshal(record.Content, &reason); err != nil || reason["code"] != "document_corrupt" ||
		reason["error"] == "" || reason["generation"] != fmt.Sprint(generation) {
		t.Errorf("the record says %s: %v", record.Content, err)
	}
	// Its next deliveries fail without a look at the document.
	f.storage.Fail(func(r *http.Request) int {
		if r.FormValue("alt") == "media" {
			t.Error("the document is read again")
		}
		return 0
	})
	f.deliver("in", "dir/bad.docx").wants(t, http.StatusUnprocessableEntity, "document_corrupt")
	f.storage.Fail(nil)
	// A document that is mended clears the record.
	f.storage.Put("in", "dir/bad.docx", []byte(small))
	f.deliver("in", "dir/bad.docx").wants(t, http.StatusOK, "")
	if f.storage.Object("out", "dir/bad.error.json") != nil || f.storage.Object("out", "dir/bad.pdf") == nil {
		t.Error("the mended document has a record of failure, or no PDF")
	}
}

func TestAFileThatOnlyLooksLikeWordIsAcknowledged(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "scan.docx", []byte("%PDF-1.7"))
	for range 2 {
		r := f.deliver("in", "scan.docx")
		r.wants(t, http.StatusOK, "")
		if skipped := fmt.Sprint(r.json(t)["skipped"]); !strings.Contains(skipped, "PDF") {
			t.Errorf("%s does not say what it is", r.body)
		}
	}
	if record := f.storage.Object("out", "scan.error.json"); record == nil ||
		!bytes.Contains(record.Content, []byte("not_word_document")) {
		t.Error("the reason is not written")
	}
}

func TestTransientFailuresAreDeliveredAgain(t *testing.T) {
	f := newFixture(t)
	f.storage.Put("in", "a.docx", []byte(small))
	f.storage.Fail(func(r *http.Request) int {
		if r.Method == http.MethodPost {
			return http.StatusServiceUnavailable
		}
		return 0
	})
	f.deliver("in", "a.docx").wants(t, http.StatusServiceUnavailable, "storage_unavailable")
	f.storage.Fail(nil)
	if f.storage.Object("out", "a.error.json") != nil {
		t.Error("a transient failure is recorded as a permanent one")
	}
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
}
