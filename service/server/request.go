package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxRequest is the largest request that Cloud Run passes on (HTTP/1).
// https://cloud.google.com/run/quotas#cloud_run_limits
const maxRequest = 32 << 20

// message is the seed's form of a request, and Pub/Sub's.
// https://cloud.google.com/pubsub/docs/push#receive_push
type message struct {
	Message *struct {
		Attributes map[string]string `json:"attributes"`
		MessageID  string            `json:"messageId"`
	} `json:"message"`
	Subscription string `json:"subscription"`
}

func badRequest(format string, arguments ...any) error {
	return &problem{http.StatusBadRequest, "bad_request", fmt.Sprintf(format, arguments...) + "; GET / explains the forms of a request"}
}

// convert answers POST /: it tells the forms of a request apart by what they are rather than by what their
// content type says.
func (s *Server) convert(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType == "multipart/form-data" {
		return s.convertUpload(w, r)
	}
	body := bufio.NewReader(r.Body)
	start, err := body.Peek(1)
	if err == io.EOF {
		return badRequest("the request has no body")
	}
	if err != nil {
		return err
	}
	if mediaType == "application/json" || start[0] == '{' {
		return s.convertMessage(w, r, body)
	}
	return s.convertDocument(w, r, "", body)
}

func (s *Server) convertMessage(w http.ResponseWriter, r *http.Request, body io.Reader) error {
	var m message
	if err := json.NewDecoder(body).Decode(&m); err != nil {
		return badRequest("the request is not JSON of the right form: %v", err)
	}
	if m.Message == nil {
		return badRequest(`the request has no "message"`)
	}
	bucket, object := m.Message.Attributes["bucketId"], m.Message.Attributes["objectId"]
	if bucket == "" || object == "" {
		return badRequest(`the message needs the attributes "bucketId" and "objectId"`)
	}
	return s.convertObject(w, r, bucket, object)
}

func (s *Server) convertUpload(w http.ResponseWriter, r *http.Request) error {
	form, err := r.MultipartReader()
	if err != nil {
		return badRequest("the form cannot be read: %v", err)
	}
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return badRequest("the form has no file")
		}
		if err != nil {
			return badRequest("the form cannot be read: %v", err)
		}
		if part.FileName() != "" {
			return s.convertDocument(w, r, part.FileName(), part)
		}
	}
}

// pdfName is the name of a document's PDF: its own with another extension.
func pdfName(name string) string {
	for _, extension := range []string{".docx", ".docm", ".dotx", ".dotm"} {
		if len(name) > len(extension) && strings.EqualFold(name[len(name)-len(extension):], extension) {
			return name[:len(name)-len(extension)] + ".pdf"
		}
	}
	return name + ".pdf"
}
