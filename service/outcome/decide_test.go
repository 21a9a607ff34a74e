package outcome_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"docx2pdf/service/outcome"
	"docx2pdf/service/storage"
)

func TestNames(t *testing.T) {
	names := outcome.Names{InputBucket: "in"}
	for _, test := range []struct{ bucket, object, pdf, record string }{
		{"in", "dir/a.docx", "dir/a.pdf", "dir/a.error.json"},
		{"in", "report.final.docx", "report.final.pdf", "report.final.error.json"},
		{"in", "a.docm", "a.docm.pdf", "a.docm.error.json"},
		{"in", "a.DOCX", "a.DOCX.pdf", "a.DOCX.error.json"},
		{"in", "a", "a.docx.pdf", "a.docx.error.json"},
		{"in", "a.pdf.docx", "a.pdf.pdf", "a.pdf.error.json"},
		{"in", "a.docm.docx", "a.docm.docx.pdf", "a.docm.docx.error.json"},
		{"in", "buckets/a.docx", "buckets/in/buckets/a.pdf", "buckets/in/buckets/a.error.json"},
		{"other", "a.docx", "buckets/other/a.pdf", "buckets/other/a.error.json"},
	} {
		if pdf, record := names.PDF(test.bucket, test.object), names.Record(test.bucket, test.object); pdf != test.pdf ||
			record != test.record {
			t.Errorf("gs://%s/%s: %s and %s, want %s and %s", test.bucket, test.object, pdf, record, test.pdf, test.record)
		}
	}
	if pdf := (outcome.Names{}).PDF("any", "a.docx"); pdf != "a.pdf" {
		t.Errorf("without an input bucket: %s, want a.pdf", pdf)
	}
}

func TestNoTwoDocumentsShareAName(t *testing.T) {
	names := outcome.Names{InputBucket: "in"}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	pieces := []string{"a", "/", ".docx", ".docm", ".DOCX", ".pdf", "buckets/", "in/", "other/", ".dotx", "ä"}
	type document struct{ bucket, object string }
	pdfs, records := map[string]document{}, map[string]document{}
	for range 200_000 {
		d := document{bucket: []string{"in", "other", "a"}[random.IntN(3)]}
		for range 1 + random.IntN(5) {
			d.object += pieces[random.IntN(len(pieces))]
		}
		for name, all := range map[string]map[string]document{names.PDF(d.bucket, d.object): pdfs,
			names.Record(d.bucket, d.object): records} {
			if other, there := all[name]; there && other != d {
				t.Fatalf("seed %d: %v and %v both become %s", seed, other, d, name)
			}
			all[name] = d
		}
	}
}

func TestARecordsNameFits(t *testing.T) {
	names := outcome.Names{InputBucket: "in"}
	seen := map[string]bool{}
	for length := 990; length <= outcome.MaxName; length++ {
		for _, ending := range []string{".docx", ".docm", ""} {
			object := strings.Repeat("ä", (length-len(ending))/2) + ending
			record := names.Record("in", object)
			if len(record) > outcome.MaxName || !strings.HasSuffix(record, ".error.json") {
				t.Errorf("a name of %d bytes has a record's of %d", len(object), len(record))
			}
			seen[record] = true
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d names of records, want each its own", len(seen))
	}
}

var by = outcome.Identity{Image: "image-1", Limits: "512 MiB"}

func made(source string, generation, options string, more ...string) storage.Object {
	m := map[string]string{"source-bucket": "in", "source-object": source, "source-generation": generation,
		"image": by.Image, "limits": by.Limits}
	if options != "" {
		m["options"] = options
	}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return storage.Object{Bucket: "out", Name: "a.pdf", Generation: 7, Metadata: m}
}

func TestWhatBecomesOfADocument(t *testing.T) {
	none := storage.Object{}
	hand := storage.Object{Bucket: "out", Name: "a.pdf", Generation: 7}
	for _, test := range []struct {
		name        string
		options     string
		pdf, record storage.Object
		event, call outcome.Action
	}{
		{"nothing is there", "", none, none, outcome.Convert, outcome.Convert},
		{"an older document's PDF", "", made("a.docx", "4", ""), none, outcome.Convert, outcome.Convert},
		{"an older document's PDF with options", "", made("a.docx", "4", "password=set"), none, outcome.Convert,
			outcome.Convert},
		{"its own PDF", "", made("a.docx", "5", ""), none, outcome.Unchanged, outcome.Convert},
		{"its own PDF with a password", "", made("a.docx", "5", "password=set"), none, outcome.Unchanged, outcome.Convert},
		{"its own PDF without what is asked", "pdfa=2b", made("a.docx", "5", ""), none, outcome.Convert, outcome.Convert},
		{"its own PDF with other options", "pdfa=2b", made("a.docx", "5", "pdfa=3b"), none, outcome.Unchanged,
			outcome.Convert},
		{"a newer document's PDF", "", made("a.docx", "6", ""), none, outcome.Unchanged, outcome.Convert},
		{"another document's PDF", "", made("a.docm", "4", ""), none, outcome.Taken, outcome.Taken},
		{"what somebody put there", "", hand, none, outcome.Taken, outcome.Taken},
		{"it failed", "", none, made("a.docx", "5", ""), outcome.Fail, outcome.Convert},
		{"an older one failed", "", none, made("a.docx", "4", ""), outcome.Convert, outcome.Convert},
		{"it failed with other options", "pdfa=2b", none, made("a.docx", "5", ""), outcome.Convert, outcome.Convert},
		{"it failed by another image", "", none, made("a.docx", "5", "", "image", "image-0"), outcome.Convert,
			outcome.Convert},
		{"it failed by other limits", "", none, made("a.docx", "5", "", "limits", "64 MiB"), outcome.Convert,
			outcome.Convert},
		{"its name was taken and is free", "", none, made("a.docx", "5", "", "code", "output_taken"), outcome.Convert,
			outcome.Convert},
		{"a record that somebody put there", "", none, hand, outcome.Convert, outcome.Convert},
	} {
		ask := outcome.Ask{Source: storage.Object{Bucket: "in", Name: "a.docx", Generation: 5}, Options: test.options, By: by}
		if got := outcome.Before(ask, test.pdf, test.record); got != test.call {
			t.Errorf("%s: a call gets %v, want %v", test.name, got, test.call)
		}
		ask.Event = true
		if got := outcome.Before(ask, test.pdf, test.record); got != test.event {
			t.Errorf("%s: an event gets %v, want %v", test.name, got, test.event)
		}
	}
}

func TestWhatMayBeWrittenOver(t *testing.T) {
	for _, test := range []struct {
		name               string
		options            string
		pdf                storage.Object
		event, call, again outcome.Action
	}{
		{"nothing", "", storage.Object{}, outcome.Convert, outcome.Convert, outcome.Convert},
		{"an older document's", "", made("a.docx", "4", ""), outcome.Convert, outcome.Convert, outcome.Convert},
		{"its own", "", made("a.docx", "5", ""), outcome.Unchanged, outcome.Convert, outcome.Unchanged},
		{"its own with a password", "", made("a.docx", "5", "password=set"), outcome.Unchanged, outcome.Convert,
			outcome.Convert},
		{"one with perhaps another password", "password=set", made("a.docx", "5", "password=set"), outcome.Unchanged,
			outcome.Convert, outcome.Convert},
		{"a newer document's", "", made("a.docx", "6", ""), outcome.Unchanged, outcome.Unchanged, outcome.Unchanged},
		{"another's", "", made("b.docx", "1", ""), outcome.Taken, outcome.Taken, outcome.Taken},
	} {
		ask := outcome.Ask{Source: storage.Object{Bucket: "in", Name: "a.docx", Generation: 5}, Options: test.options, By: by}
		call, again := outcome.Writing(ask, test.pdf, false), outcome.Writing(ask, test.pdf, true)
		ask.Event = true
		if event := outcome.Writing(ask, test.pdf, false); event != test.event || call != test.call || again != test.again {
			t.Errorf("over %s: an event %v, a call %v, a second time %v; want %v, %v, %v",
				test.name, event, call, again, test.event, test.call, test.again)
		}
	}
}
