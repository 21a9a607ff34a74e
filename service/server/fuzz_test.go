package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"docx2pdf/service/conversion/conversiontest"
	"docx2pdf/service/server"
)

// Whatever a request is, it is the caller's fault or it is answered: never the server's.
func FuzzRequest(f *testing.F) {
	converter := conversiontest.New(f).Converter()
	handler := server.New(server.Config{Converter: converter, Queue: 8, MaxDocument: 1 << 20})
	f.Add("", "application/json",
		`{"message":{"attributes":{"bucketId":"b","objectId":"o.docx","objectGeneration":"1"}},"subscription":"s"}`)
	f.Add("", "application/json", `{"docx_content":"UEsDBA=="}`)
	f.Add("pdfa=2b&pages=1-3", "", "PK\x03\x04")
	f.Add("password=x", "multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../x\"\r\n\r\nPK\r\n--b--\r\n")
	f.Add("a=%zz", "text/html", "<html>")
	f.Add("", "", `{\rtf1}`)
	f.Fuzz(func(t *testing.T, query, contentType, body string) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		request.URL = &url.URL{Path: "/", RawQuery: query}
		request.Header.Set("Content-Type", contentType)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code >= 500 {
			t.Errorf("status %d: %s", answer.Code, answer.Body)
		}
		if answer.Code != http.StatusOK && !strings.Contains(answer.Body.String(), `"code":"`) {
			t.Errorf("status %d without a code: %s", answer.Code, answer.Body)
		}
	})
}
