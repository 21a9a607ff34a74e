package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"docx2pdf/local/machinery/status"
)

// Empty is the answer {} of calls that have nothing to say.
type Empty struct{}

// NoContent is the answer 204 without a body.
type NoContent struct{}

// Response is an answer with a status or headers of its own. A nil Body sends no body.
type Response struct {
	Status int
	Header http.Header
	Body   any
}

// Stream is an answer that writes itself.
type Stream func(w http.ResponseWriter, r *http.Request)

// maxJSON bounds the bodies of JSON calls; Google's limit is 10 MB.
const maxJSON = 10 << 20

// Decode reads the JSON body into v. A body that is not JSON, or that has a field v does not know, is refused as
// Google refuses it. An empty body leaves v as it is.
func (r *Request) Decode(v any) error {
	return decode(r.Body, v, true)
}

// DecodeLoosely is Decode for bodies whose unknown fields do not matter.
func (r *Request) DecodeLoosely(v any) error {
	return decode(r.Body, v, false)
}

// Peek is DecodeLoosely for those who look at the body before its handler does.
func (r *Request) Peek(v any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxJSON+1))
	if err != nil {
		return status.Errorf(status.InvalidArgument, "Reading the request body: %v.", err)
	}
	r.Body = readCloser{io.MultiReader(bytes.NewReader(data), r.Body), r.Body}
	return decode(bytes.NewReader(data), v, false)
}

type readCloser struct {
	io.Reader
	io.Closer
}

func decode(body io.Reader, v any, strict bool) error {
	data, err := io.ReadAll(io.LimitReader(body, maxJSON+1))
	if err != nil {
		return status.Errorf(status.InvalidArgument, "Reading the request body: %v.", err)
	}
	if len(data) > maxJSON {
		return status.Errorf(status.InvalidArgument, "Request payload size exceeds the limit: %d bytes.", maxJSON)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	if bytes.Contains(data, []byte("null")) && nullInList(data) {
		return status.Errorf(status.InvalidArgument, "Invalid JSON payload received. A list holds null.")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if strict {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return status.Errorf(status.InvalidArgument,
				"Invalid JSON payload received. Unknown name %s: Cannot find field.", name)
		}
		return status.Errorf(status.InvalidArgument, "Invalid JSON payload received. %v", err)
	}
	return nil
}

// nullInList says whether a list in a JSON text holds null, which no list of Google's messages does.
// https://protobuf.dev/programming-guides/json/
func nullInList(data []byte) bool {
	var value any
	return json.Unmarshal(data, &value) == nil && holdsNull(value)
}

func holdsNull(value any) bool {
	switch v := value.(type) {
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return item == nil || holdsNull(item) })
	case map[string]any:
		for _, item := range v {
			if holdsNull(item) {
				return true
			}
		}
	}
	return false
}

func (a *API) write(w http.ResponseWriter, r *http.Request, answer any) int {
	switch v := answer.(type) {
	case Stream:
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		v(recorder, r)
		return recorder.status
	case NoContent:
		w.WriteHeader(http.StatusNoContent)
		return http.StatusNoContent
	case Response:
		for name, values := range v.Header {
			w.Header()[name] = values
		}
		if v.Status == 0 {
			v.Status = http.StatusOK
		}
		if v.Body == nil {
			w.WriteHeader(v.Status)
			return v.Status
		}
		return writeJSON(w, v.Status, v.Body)
	default:
		return writeJSON(w, http.StatusOK, answer)
	}
}

func writeJSON(w http.ResponseWriter, code int, body any) int {
	data, err := json.Marshal(body)
	if err != nil {
		code, data = http.StatusInternalServerError,
			fmt.Appendf(nil, `{"error":{"code":500,"message":%q,"status":"INTERNAL"}}`, err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	w.Write(append(data, '\n'))
	return code
}

type wireError struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Errors  []wireErrorReason `json:"errors,omitempty"`
	Status  string            `json:"status,omitempty"`
	Details []any             `json:"details,omitempty"`
}

type wireErrorReason struct {
	Message string `json:"message"`
	Domain  string `json:"domain"`
	Reason  string `json:"reason"`
}

// writeError sends an error in the API's format.
func (a *API) writeError(w http.ResponseWriter, err error) int {
	e := status.From(err)
	if e.Code.HTTP == http.StatusNotModified {
		w.WriteHeader(e.Code.HTTP)
		return e.Code.HTTP
	}
	body := wireError{Code: e.Code.HTTP, Message: e.Message, Details: e.Details}
	if a.StatusInErrors {
		body.Status = e.Code.Name
	}
	if a.ReasonedErrors {
		reason := e.Reason
		if reason == "" {
			reason = e.Code.Reason
		}
		body.Errors = []wireErrorReason{{e.Message, "global", reason}}
	}
	if e.Code == status.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://accounts.google.com/", error="invalid_token"`)
	}
	return writeJSON(w, e.Code.HTTP, map[string]any{"error": body})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(code int) {
	r.status = code
	r.ResponseWriter.WriteHeader(code)
}

func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
