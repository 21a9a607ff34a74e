package console

import (
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"docx2pdf/local/machinery/status"
)

// object answers the content of an object. A PDF and plain text are to be looked at; everything else is only saved,
// since a page or a script that somebody uploaded must not run at the local cloud's address.
func (s Source) object(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	file, kind, err := s.Open(r.URL.Query().Get("bucket"), name)
	if err != nil {
		e := status.From(err)
		http.Error(w, e.Message, e.Code.HTTP)
		return
	}
	f, err := os.Open(file)
	if err != nil { // deleted in this moment
		http.Error(w, "The object is gone.", http.StatusNotFound)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	disposition := "inline"
	switch kind, _, _ = mime.ParseMediaType(kind); {
	case kind == "application/pdf": // no sandbox: Chromium's viewer does not start in one
		h.Set("Content-Type", "application/pdf")
	case kind == "application/json" || kind == "text/plain":
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		disposition = "attachment"
	}
	filename := path.Base(strings.ReplaceAll(name, `\`, "/"))
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": filename}))
	http.ServeContent(w, r, "", time.Time{}, f)
}
