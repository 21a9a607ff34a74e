// Package outcome decides what becomes of a document in a bucket: where its PDF goes, whether there is anything to do,
// and whether the PDF may be written over what is there.
package outcome

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Names gives documents the names of their PDFs and records. No two documents share one.
//
//   - NAME.docx becomes NAME.pdf.
//   - A name with another of Word's endings keeps it: a.docm becomes a.docm.pdf, a.DOCX a.DOCX.pdf. So does one in
//     which a second ending stands before .docx: a.docm.docx becomes a.docm.docx.pdf.
//   - A name without one of them gets .docx.pdf: a becomes a.docx.pdf.
//   - What comes from another bucket than the input bucket is put under buckets/BUCKET/; and so is what would be
//     there anyway, a document of the input bucket whose name begins with buckets/.
type Names struct {
	InputBucket string // "": every bucket is treated as the input bucket, and only what is in the way keeps two apart
}

// endings are those that Word gives to documents of the kinds that are converted.
var endings = []string{".docx", ".docm", ".dotx", ".dotm"}

// HasWordEnding tells whether a name ends as Word's documents do, in any case.
func HasWordEnding(name string) bool {
	lower := strings.ToLower(name)
	for _, ending := range endings {
		if strings.HasSuffix(lower, ending) {
			return true
		}
	}
	return false
}

// elsewhere is where documents of other buckets go.
const elsewhere = "buckets/"

// PDF is the name of a document's PDF.
func (n Names) PDF(bucket, object string) string { return n.stem(bucket, object) + ".pdf" }

// Record is the name of what says why there is no PDF. It always fits into a bucket.
func (n Names) Record(bucket, object string) string {
	const ending = ".error.json"
	stem := n.stem(bucket, object)
	if len(stem)+len(ending) <= MaxName {
		return stem + ending
	}
	sum := sha256.Sum256([]byte(stem))
	hash := "-" + hex.EncodeToString(sum[:16])
	cut := stem[:MaxName-len(hash)-len(ending)]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + hash + ending
}

// MaxName is the length of the longest name of an object, in bytes of UTF-8.
// https://cloud.google.com/storage/docs/objects#naming
const MaxName = 1024

func (n Names) stem(bucket, object string) string {
	stem := object
	name, plain := strings.CutSuffix(object, ".docx")
	switch {
	case plain && name != "" && !HasWordEnding(name):
		stem = name
	case !HasWordEnding(object):
		stem = object + ".docx"
	}
	if n.InputBucket != "" && bucket != n.InputBucket || strings.HasPrefix(object, elsewhere) {
		return elsewhere + bucket + "/" + stem
	}
	return stem
}
