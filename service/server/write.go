package server

import (
	"encoding/json"
	"net/http"

	"docx2pdf/service/problem"
)

func writeProblem(w http.ResponseWriter, p *problem.Problem) {
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, p.Status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{p.Message, p.Code})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(value)
}
