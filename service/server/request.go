package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"

	"docx2pdf/service/conversion"
	"docx2pdf/service/gotenberg"
	"docx2pdf/service/options"
	"docx2pdf/service/problem"
)

// maxRequest is the largest request that Cloud Run passes on (HTTP/1).
// https://cloud.google.com/run/quotas#cloud_run_limits
const maxRequest = 32 << 20

// body is a JSON request: the seed's two forms and Pub/Sub's. What stands for any value is not made use of.
// https://cloud.google.com/pubsub/docs/push#receive_push
type body struct {
	Message *struct {
		Attributes map[string]string `json:"attributes"`
		MessageID  string            `json:"messageId"`
		Data       any               `json:"data"`
		Published  any               `json:"publishTime"`
		Key        any               `json:"orderingKey"`
		OldID      any               `json:"message_id"`
		OldTime    any               `json:"publish_time"`
	} `json:"message"`
	Subscription string  `json:"subscription"`
	Attempt      any     `json:"deliveryAttempt"`
	Content      *[]byte `json:"docx_content"`
}

// read reads a request. A caller's has nothing that is not known: an option in a wrong place would be passed over in
// silence. Of what Pub/Sub delivers there may be more one day.
func (b *body) read(from io.ReadSeeker) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	strict := decoder.Decode(b)
	if strict == nil {
		return nil
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	*b = body{}
	if err := json.NewDecoder(from).Decode(b); err != nil {
		return err
	}
	if b.Subscription == "" {
		return strict
	}
	return nil
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
	d, err := s.receive("", content)
	if err != nil {
		return err
	}
	defer d.Close()
	return s.answerPDF(w, r, e, "", d, o)
}

// convertForm converts the form's file. Its options are the other fields, wherever they stand: one behind the file that
// was passed over could be the password of a PDF that goes out without one.
func (s *Server) convertForm(w http.ResponseWriter, r *http.Request, e *entry, query url.Values) error {
	form, err := r.MultipartReader()
	if err != nil {
		return badRequest("the form cannot be read: %v", err)
	}
	var d *conversion.Document
	defer func() {
		if d != nil {
			d.Close()
		}
	}()
	name := ""
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return asBadRequest(err, "the form cannot be read")
		}
		switch {
		case part.FileName() == "":
			err = addField(query, part)
		case d != nil:
			err = badRequest("the form has more than one file, %.100q and %.100q: send each by itself, or to %s",
				name, part.FileName(), gotenberg.Path)
		default:
			name = part.FileName()
			d, err = s.receive(name, part)
		}
		if err != nil {
			return err
		}
	}
	if d == nil {
		return badRequest("the form has no file")
	}
	o, err := s.requestOptions(query)
	if err != nil {
		return err
	}
	return s.answerPDF(w, r, e, name, d, o)
}

// addField adds a field of a form to the options.
func addField(query url.Values, part *multipart.Part) error {
	if len(query) >= maxFields {
		return badRequest("the form has more than %d fields", maxFields)
	}
	value, err := io.ReadAll(io.LimitReader(part, maxFieldBytes))
	if err != nil {
		return asBadRequest(err, "the form cannot be read")
	}
	query.Add(part.FormName(), string(value))
	return nil
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
	if err := b.read(spool); err != nil {
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
// over in silence. So would all values of an option but one.
func (s *Server) requestOptions(query url.Values) (options.Options, error) {
	for name, values := range query {
		switch {
		case !options.Known(name):
			return options.Options{}, badOption(options.Unknown(name))
		case slices.ContainsFunc(values, func(value string) bool { return value != values[0] }):
			return options.Options{}, badOption(fmt.Errorf("option %s is there %d times: it must have one value", name,
				len(values)))
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
