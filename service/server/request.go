package server

import (
	"bufio"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"

	"docx2pdf/service/conversion"
	"docx2pdf/service/options"
	"docx2pdf/service/problem"
)

// maxRequest is the largest request that Cloud Run passes on (HTTP/1).
// https://cloud.google.com/run/quotas#cloud_run_limits
const maxRequest = 32 << 20

// body is a JSON request: the seed's two forms and Pub/Sub's.
// https://cloud.google.com/pubsub/docs/push#receive_push
type body struct {
	Message *struct {
		Attributes map[string]string `json:"attributes"`
		MessageID  string            `json:"messageId"`
	} `json:"message"`
	Subscription string  `json:"subscription"`
	Content      *[]byte `json:"docx_content"`
}

func badRequest(format string, arguments ...any) error {
	return problem.New(http.StatusBadRequest, "bad_request", format+"; GET / explains the forms of a request",
		arguments...)
}

// convert answers POST /. It tells the forms of a request apart by what they are rather than by what their content
// type says.
func (s *Server) convert(w http.ResponseWriter, r *http.Request, e *entry) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("the query cannot be read: %v", err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType == "multipart/form-data" {
		return s.convertForm(w, r, e, query)
	}
	o, err := s.requestOptions(query)
	if err != nil {
		return err
	}
	content := bufio.NewReader(r.Body)
	start, err := content.Peek(2)
	switch {
	case len(start) == 0 && err == io.EOF:
		return badRequest("the request has no body")
	case err != nil && err != io.EOF:
		return err
	case mediaType == "application/json" || start[0] == '{' && string(start) != `{\`: // as RTF starts
		return s.convertJSON(w, r, e, o, query, content)
	}
	return s.answerPDF(w, r, e, "", content, o)
}

// convertForm takes options from the fields before the file, and the first file.
func (s *Server) convertForm(w http.ResponseWriter, r *http.Request, e *entry, query url.Values) error {
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
			return asBadRequest(err, "the form cannot be read")
		}
		if part.FileName() != "" {
			o, err := s.requestOptions(query)
			if err != nil {
				return err
			}
			return s.answerPDF(w, r, e, part.FileName(), part, o)
		}
		value, err := io.ReadAll(io.LimitReader(part, 4096))
		if err != nil {
			return asBadRequest(err, "the form cannot be read")
		}
		query.Set(part.FormName(), string(value))
	}
}

func (s *Server) convertJSON(w http.ResponseWriter, r *http.Request, e *entry, o options.Options, query url.Values,
	content io.Reader,
) error {
	d, err := s.Converter.NewDocument("")
	if err != nil {
		return err
	}
	defer d.Close()
	b, err := s.decode(r, d, content)
	if err != nil {
		return err
	}
	switch {
	case b.Message != nil:
		return s.convertMessage(w, r, e, b, query)
	case b.Content != nil:
		return s.answerJSON(w, r, e, d, o)
	}
	return badRequest(`the JSON has neither "message" nor "docx_content"`)
}

// decode reads a JSON request. A document in it becomes the document's input.
func (s *Server) decode(r *http.Request, d *conversion.Document, content io.Reader) (*body, error) {
	spool, err := os.CreateTemp(path.Dir(d.Input()), "request-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	if _, err := io.Copy(spool, content); err != nil {
		return nil, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	var b body
	if err := json.NewDecoder(spool).Decode(&b); err != nil {
		return nil, badRequest("the request is not JSON of the right form: %v", err)
	}
	if b.Content != nil {
		if err := os.WriteFile(d.Input(), *b.Content, 0o600); err != nil {
			return nil, err
		}
		*b.Content = nil
	}
	return &b, nil
}

// requestOptions reads options from a request. One that is not known is refused: a misspelt option would be passed
// over in silence.
func (s *Server) requestOptions(query url.Values) (options.Options, error) {
	for name := range query {
		if !options.Known(name) {
			return options.Options{}, badOption(options.Unknown(name))
		}
	}
	o, err := options.Parse(layer(query), s.Defaults)
	return o, badOption(err)
}

// layer is the options in a query.
func layer(query url.Values) options.Layer {
	return func(name string) (string, bool) { return query.Get(name), query.Has(name) }
}

func badOption(err error) error {
	if err == nil {
		return nil
	}
	return problem.New(http.StatusBadRequest, "bad_option", "%v", err)
}

// asBadRequest keeps an error that has a meaning of its own, and makes any other a bad request.
func asBadRequest(err error, what string) error {
	if problem.Of(err).Code != "internal" {
		return err
	}
	return badRequest("%s: %v", what, err)
}
