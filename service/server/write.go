package server

import (
	"encoding/json"
	"io"
	"net/http"

	"docx2pdf/service/problem"
)

func writeProblem(w http.ResponseWriter, p *problem.Problem) {
	retryAfter(w, p)
	writeJSON(w, p.Status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{p.Message, p.Code})
}

func writeText(w http.ResponseWriter, p *problem.Problem) {
	retryAfter(w, p)
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(p.Status)
	io.WriteString(w, p.Message)
}

func retryAfter(w http.ResponseWriter, p *problem.Problem) {
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(value)
}
