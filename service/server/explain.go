package server

import (
	_ "embed"
	"net/http"
)

//go:embed explain.txt
var explanation []byte

func explain(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(explanation)
}
