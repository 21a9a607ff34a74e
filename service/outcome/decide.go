package outcome

import (
	"fmt"
	"strconv"
	"strings"

	"docx2pdf/service/storage"
)

// Metadata of what the converter writes.
const (
	sourceBucket     = "source-bucket"
	sourceObject     = "source-object"
	sourceGeneration = "source-generation"
	usedOptions      = "options"
	usedImage        = "image"
	usedLimits       = "limits"
	failureCode      = "code"
)

// Ask is what is asked for.
type Ask struct {
	Source  storage.Object
	Options string // without a password's text
	Event   bool   // Pub/Sub delivers the bucket's event; else somebody calls
	By      Identity
}

// Identity is what a failure depends on besides its document: another image or other limits may do better.
type Identity struct{ Image, Limits string }

// Metadata says what an output was made from, and by what.
func (a Ask) Metadata() map[string]string {
	m := map[string]string{
		sourceBucket:     a.Source.Bucket,
		sourceObject:     a.Source.Name,
		sourceGeneration: strconv.FormatInt(a.Source.Generation, 10),
		usedImage:        a.By.Image,
		usedLimits:       a.By.Limits,
	}
	if a.Options != "" {
		m[usedOptions] = a.Options
	}
	return m
}

// Action is what to do.
type Action int

const (
	Convert   Action = iota // or, before a PDF is written: write it
	Unchanged               // the PDF is there
	Fail                    // the document is known to fail
	Taken                   // the PDF's name is another's
)

// Before decides before the document is read, from what is there: an object's zero value stands for nothing.
func Before(a Ask, pdf, record storage.Object) Action {
	switch before := a.compare(pdf); {
	case before == foreign:
		return Taken
	case a.Event && a.covers(before, pdf):
		return Unchanged
	case a.Event && a.KnownToFail(record):
		return Fail
	}
	return Convert
}

// Writing decides before the PDF is written, from what is there now. Again says that another has written meanwhile.
func Writing(a Ask, pdf storage.Object, again bool) Action {
	switch before := a.compare(pdf); {
	case before == foreign:
		return Taken
	case before == newer, (a.Event || again) && a.covers(before, pdf):
		return Unchanged
	}
	return Convert
}

// covers tells whether a PDF that is there will do: one of a newer document, or of the same with the same options. For
// an event also one with any options, since somebody has asked for them: an event must not take a password away. What
// password a PDF has is not known, so a call that asks for one always makes its own.
func (a Ask) covers(before relation, pdf storage.Object) bool {
	there := pdf.Metadata[usedOptions]
	switch {
	case before == newer:
		return true
	case before != same:
		return false
	case a.Event:
		return there != "" || a.Options == ""
	}
	return there == a.Options && !strings.Contains(there, "password=")
}

// KnownToFail tells whether a record says that the document failed here: by the same image within the same limits. A
// name that was taken may be free by now.
func (a Ask) KnownToFail(record storage.Object) bool {
	before := a.compare(record)
	return (before == same || before == newer) && record.Metadata[usedOptions] == a.Options &&
		record.Metadata[usedImage] == a.By.Image && record.Metadata[usedLimits] == a.By.Limits &&
		record.Metadata[failureCode] != CodeTaken
}

// CodeTaken is the code of the error that a PDF's name is another's.
const CodeTaken = "output_taken"

// InTheWay says what a PDF cannot be written over.
func InTheWay(a Ask, pdf storage.Object) string {
	if pdf.Metadata[sourceObject] == "" {
		return fmt.Sprintf("%s is there already and was not made by the converter; move it, or rename %s",
			pdf.URL(), a.Source.URL())
	}
	return fmt.Sprintf("%s is the PDF of gs://%s/%s; rename %s, or move the PDF",
		pdf.URL(), pdf.Metadata[sourceBucket], pdf.Metadata[sourceObject], a.Source.URL())
}

// relation is what an output is to a document.
type relation int

const (
	nothing relation = iota // it is not there
	foreign                 // made from something else, or by somebody else
	older                   // made from an older generation
	same
	newer
)

func (a Ask) compare(output storage.Object) relation {
	if output.Generation == 0 {
		return nothing
	}
	generation, err := strconv.ParseInt(output.Metadata[sourceGeneration], 10, 64)
	if err != nil || output.Metadata[sourceBucket] != a.Source.Bucket || output.Metadata[sourceObject] != a.Source.Name {
		return foreign
	}
	switch {
	case generation < a.Source.Generation:
		return older
	case generation > a.Source.Generation:
		return newer
	}
	return same
}

// May tells whether a record may be written over what is there: nothing, or one of the same or an older document.
func (a Ask) May(record storage.Object) bool {
	before := a.compare(record)
	return before == nothing || before == older || before == same
}

// IsOf tells whether a record is of this document, and not of a newer one.
func (a Ask) IsOf(record storage.Object) bool {
	before := a.compare(record)
	return before == older || before == same
}
