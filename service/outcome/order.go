package outcome

import (
	"path"
	"slices"
	"strings"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/storage"
)

// Order is a document in a bucket that shall become a PDF in the output bucket.
type Order struct {
	Bucket, Object string
	Generation     int64  // 0: the newest
	Event          string // the type of a Cloud Storage event, "" for none
	Push           bool   // Pub/Sub delivered it, and will again unless it is acknowledged
	MessageID      string
	Asked          []options.Layer // options of the order itself, the strongest first
}

// Result is what became of an order. With an error it has what is known so far.
type Result struct {
	Skipped   string // why nothing had to be done
	Notable   bool   // a person may want to know of that
	Unchanged bool   // the PDF was there already
	Source    storage.Object
	Options   options.Options
	Report    conversion.Report // of a PDF that was there, only its pages
	PDF       storage.Object
}

// EventsKey is the metadata of an object whose own event is not to convert it, since somebody will call: "off".
const EventsKey = "events"

// isWord tells by name and content type whether an object is meant to be a Word document. Word's own lock files,
// ~$name.docx, are not.
func isWord(o storage.Object) bool {
	if strings.HasPrefix(path.Base(o.Name), "~$") {
		return false
	}
	if HasWordEnding(o.Name) {
		return true
	}
	contentType, _, _ := strings.Cut(strings.ToLower(o.ContentType), ";")
	return mayBeWord(o.Name) && slices.Contains(wordContentTypes, strings.TrimSpace(contentType))
}

// mayBeWord tells of an object without an extension, whose content type has to say what it is.
func mayBeWord(name string) bool { return path.Ext(name) == "" }

var wordContentTypes = []string{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.template",
	"application/vnd.ms-word.document.macroenabled.12",
	"application/vnd.ms-word.template.macroenabled.12",
}
