package office_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/docx"
	"docx2pdf/service/office"
	"docx2pdf/service/server"
)

// No document is known that has LibreOffice start threads without end, so a library does it in its place, held to the
// bound that every document is.
func TestADocumentThatStartsThreadsWithoutEndIsTooComplex(t *testing.T) {
	library := filepath.Join(t.TempDir(), "threads.so")
	build := exec.Command("cc", "-shared", "-fPIC", "-pthread", "-o", library, "testdata/threads.c", "-ldl")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	restore := office.WithEnvironment("LD_PRELOAD=" + library)
	engine := start(t, office.Config{Concurrency: 1})
	restore()
	service := httptest.NewServer(server.New(server.Config{
		Converter: conversion.Converter{Engine: engine, Limits: docx.DefaultLimits},
		Queue:     1, MaxDocument: 1 << 20, MaxPDF: 1 << 20,
	}))
	defer service.Close()
	for range 2 { // the fork server is none the worse for it
		response, err := http.Post(service.URL, "", bytes.NewReader(small))
		if err != nil {
			t.Fatal(err)
		}
		var problem struct{ Code, Error string }
		err = json.NewDecoder(response.Body).Decode(&problem)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusUnprocessableEntity ||
			problem.Code != "document_too_complex" || !strings.Contains(problem.Error, "64 threads") {
			t.Errorf("%s, %+v, %v; want 422, document_too_complex naming the threads", response.Status, problem, err)
		}
	}
	if status := engine.Status(); status.Restarts != 0 {
		t.Errorf("the fork server was replaced %d times", status.Restarts)
	}
}
