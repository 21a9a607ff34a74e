// Package gotenberg knows what Gotenberg 8 has for office documents: the fields of its form, the names of its answers
// and its statuses, so that programs that were written for it need no change. It converts nothing.
// https://gotenberg.dev/docs/routes#office-documents-into-pdfs-route
package gotenberg

import (
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Path is where the form is posted to.
const Path = "/forms/libreoffice/convert"

// The headers that requests and answers have.
const (
	TraceHeader    = "Gotenberg-Trace"
	FilenameHeader = "Gotenberg-Output-Filename"

	webhookPrefix = "Gotenberg-Webhook-"
)

// Trace names a request in its answer: as the caller does, or by a name of its own.
func Trace(request http.Header) string {
	if trace := request.Get(TraceHeader); trace != "" {
		return trace
	}
	return rand.Text()
}

// CheckHeaders refuses a request that is to be answered elsewhere.
func CheckHeaders(request http.Header) error {
	for name := range request {
		if strings.HasPrefix(name, webhookPrefix) {
			return fmt.Errorf("the header %s asks for an answer elsewhere, which this converter does not send; "+
				"leave it out, the PDF is in the answer", name)
		}
	}
	return nil
}

// Disposition is the answer's Content-Disposition: a file called as the caller asks for, or like no other.
func Disposition(request http.Header, extension string) string {
	name := Filename(request.Get(FilenameHeader))
	if name == "" {
		name = rand.Text()
	}
	name += extension
	disposition := `attachment; filename="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	if strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		// Gotenberg has the name's bytes as they are, which few read. This is how it should be (RFC 6266).
		_, extended, _ := strings.Cut(mime.FormatMediaType("attachment", map[string]string{"filename": name}), ";")
		disposition += ";" + extended
	}
	return disposition
}

// Filename is a caller's name for a file, without folders and control characters: an archive that has them is
// unpacked elsewhere than it should be.
func Filename(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
}

// Status is what Gotenberg answers where the converter answers with a status of a document's fault.
func Status(status int) int {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return http.StatusBadRequest
	case http.StatusGatewayTimeout:
		return http.StatusServiceUnavailable
	}
	return status
}

// invalid is what is wrong with a form, all of it, as Gotenberg says it.
func invalid(problems []error) error {
	return fmt.Errorf("Invalid form data: %w", errors.Join(problems...))
}
