package server_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/conversion/conversiontest"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/options"
	"docx2pdf/service/server"
)

// gotenberg is a form for Gotenberg's route: a part whose value is a document is a file of that name in the field
// "files", all others are fields.
func (f *fixture) gotenberg(parts [][2]string, headers ...string) reply {
	f.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, part := range parts {
		var err error
		if strings.HasPrefix(part[1], "PK") {
			var file io.Writer
			if file, err = w.CreateFormFile("files", part[0]); err == nil {
				_, err = io.WriteString(file, part[1])
			}
		} else {
			err = w.WriteField(part[0], part[1])
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
	w.Close()
	return f.do(http.MethodPost, "/forms/libreoffice/convert", w.FormDataContentType(), &form, headers...)
}

func (r reply) isText(t *testing.T, status int, says ...string) {
	t.Helper()
	plain := r.Header.Get("Content-Type") == "text/plain; charset=UTF-8"
	if r.StatusCode != status || !plain || r.trace() == "" {
		t.Errorf("%d %v, want %d in plain text, with a trace: %.300s", r.StatusCode, r.Header, status, r.body)
	}
	for _, want := range says {
		if !strings.Contains(string(r.body), want) {
			t.Errorf("%d %.500s\nwant %q", r.StatusCode, r.body, want)
		}
	}
}

func (r reply) trace() string { return r.Header.Get("Gotenberg-Trace") }

func filename(t *testing.T, r reply) string {
	t.Helper()
	disposition, values, err := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	if err != nil || disposition != "attachment" {
		t.Errorf("disposition %q: %v", r.Header.Get("Content-Disposition"), err)
	}
	return values["filename"]
}

func TestGotenbergsFormOfOneDocument(t *testing.T) {
	f, _ := bare(t)
	r := f.gotenberg([][2]string{{"a.docx", small}, {"pdfa", "PDF/A-2b"}, {"pdfua", "true"}},
		"Gotenberg-Output-Filename", "../Bericht „März“", "Gotenberg-Trace", "mine")
	r.isPDF(t)
	if name := filename(t, r); name != "Bericht „März“.pdf" || r.trace() != "mine" || r.Header.Get("X-Pages") != "1" {
		t.Errorf("%q %v", name, r.Header)
	}
	line, options := f.log.last(t), "forms=true pdfa=2b pdfua=true"
	if line["form"] != "gotenberg" || line["gotenbergTrace"] != "mine" || line["options"] != options {
		t.Errorf("the log has %v", line)
	}
	other, again := f.gotenberg([][2]string{{"a.docx", small}}), f.gotenberg([][2]string{{"a.docx", small}})
	if filename(t, other) == filename(t, again) || other.trace() == again.trace() {
		t.Errorf("two answers have the same names: %v", again.Header)
	}
}

func TestGotenbergsFieldsAreOptions(t *testing.T) {
	for fields, want := range map[string]string{
		"":                       "forms=true",
		"exportFormFields=false": "forms=false",
		"quality=50":             "forms=true quality=50",
		"losslessImageCompression=true&nativePageRanges=1-2": "forms=true lossless=true pages=1-2",
		"reduceImageResolution=true":                         "forms=true resolution=300",
		"maxImageResolution=75&reduceImageResolution=true":   "forms=true resolution=75",
		"maxImageResolution=75":                              "forms=true",
		"exportBookmarks=0&exportNotes=true":                 "bookmarks=false comments=annotations forms=true",
		"exportNotesInMargin=true&exportNotes=false":         "comments=margin forms=true",
		"exportNotes=false":                                  "comments=none forms=true",
		"userPassword=secret&ownerPassword=secret":           "forms=true password=set",
		"updateIndexes=false":                                "fields=saved forms=true",
		"landscape=false&zoom=100&initialView=&merge=true&singlePageSheets=true&allowPrinting=true": "forms=true",
	} {
		values, err := url.ParseQuery(fields)
		if err != nil {
			t.Fatal(err)
		}
		var parts [][2]string
		for name := range values {
			parts = append(parts, [2]string{name, values.Get(name)})
		}
		f, engine := bare(t)
		var asked string
		engine.Instead(func(ctx context.Context, d *conversion.Document, o options.Options) (conversion.Report, error) {
			asked += o.String() + "\n"
			return conversiontest.Make(ctx, d, o)
		})
		// Its file comes first with some clients, and last with others.
		f.gotenberg(append([][2]string{{"a.docx", small}}, parts...)).isPDF(t)
		f.gotenberg(append(parts, [2]string{"a.docx", small})).isPDF(t)
		if asked != want+"\n"+want+"\n" {
			t.Errorf("%s: options\n%swant %q twice", fields, asked, want)
		}
	}
}

func TestGotenbergsFieldsThatTheConverterLacksAreNamed(t *testing.T) {
	f, engine := bare(t)
	lacking := map[string]string{
		"landscape": "true", "zoom": "50", "metadata": `{"Author":"me"}`, "splitMode": "pages", "flatten": "true",
		"watermarkText": "DRAFT", "nativeWatermarkText": "DRAFT", "rotateAngle": "90", "downloadFrom": "[]",
		"embeds": "x", "password": "hunter2",
		"updateIndexes": "true", "ownerPassword": "hunter3", "allowPrinting": "false", "noSuchField": "1", "initialPage": "2",
		"pdfa": "PDF/A-1a", "quality": "101", "maxImageResolution": "10", "exportBookmarks": "perhaps",
		"nativePageRanges":        "last",
		"exportLinksRelativeFsys": "false", "nativePdfFormats": "false", "files": "x",
	}
	parts := [][2]string{{"a.docx", small}}
	var says []string
	for name, value := range lacking {
		parts = append(parts, [2]string{name, value})
		says = append(says, "form field '"+name+"' ")
	}
	r := f.gotenberg(parts)
	r.isText(t, http.StatusBadRequest, append(says, "Invalid form data: ", "1 to 100", "75, 150, 300, 600, 1200")...)
	if strings.Contains(string(r.body)+f.log.text(), "hunter") {
		t.Errorf("a password is told: %s", r.body)
	}
	for fields, says := range map[string]string{
		"pdfa=PDF/A-2b&userPassword=x":                  "PDF/A must not be encrypted",
		"quality=50&losslessImageCompression=true":      "losslessImageCompression",
		"exportNotes=true&exportNotesInMargin=true":     "exportNotesInMargin",
		"exportNotes=" + strings.Repeat("x", 5000):      "4096 bytes",
		"exportNotes=true&exportNotes=" + "a\x00\u0007": "2 times",
	} {
		values, _ := url.ParseQuery(fields)
		parts := [][2]string{{"a.docx", small}}
		for name, all := range values {
			for _, value := range all {
				parts = append(parts, [2]string{name, value})
			}
		}
		f.gotenberg(parts).isText(t, http.StatusBadRequest, says)
	}
	f.gotenberg([][2]string{{"a.docx", small}, {"b.docx", small}, {"merge", "true"}}).isText(t, 400, "form field 'merge' ")
	f.gotenberg([][2]string{{"a.docx", small}}, "Gotenberg-Webhook-Url", "http://127.0.0.1:1").
		isText(t, 400, "Gotenberg-Webhook-Url")
	if engine.Converted() != 0 {
		t.Errorf("%d documents were converted", engine.Converted())
	}
}

func TestGotenbergsFormOfSeveralDocuments(t *testing.T) {
	f, _ := bare(t)
	r := f.gotenberg([][2]string{{"b.docx", small}, {`..\folder\a.docx`, small}}, "Gotenberg-Output-Filename", "both")
	isArchive := r.StatusCode == http.StatusOK && r.Header.Get("Content-Type") == "application/zip"
	if !isArchive || filename(t, r) != "both.zip" || r.Header.Get("X-Pages") != "2" {
		t.Fatalf("%d %v %.300s", r.StatusCode, r.Header, r.body)
	}
	archive, err := zip.NewReader(bytes.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range archive.File {
		names = append(names, file.Name)
		content, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if pdf, err := io.ReadAll(content); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%s: %v %.40q", file.Name, err, pdf)
		}
	}
	if !slices.Equal(names, []string{"b.docx.pdf", "a.docx.pdf"}) {
		t.Errorf("the archive has %q", names)
	}
	bad := [2]string{"bad.docx", "PK\x03\x04 not one"}
	f.gotenberg([][2]string{{"a.docx", small}, bad}).isText(t, 400, "the document 'bad.docx': ")
	f.gotenberg([][2]string{{"a.docx", small}, {`x\a.docx`, small}}).isText(t, 400, "two files of the form", "'a.docx'")
}

func TestGotenbergsFormHasLimits(t *testing.T) {
	f, engine := bare(t, func(c *server.Config) { c.MaxPDF = 1000 })
	var many, fields [][2]string
	for n := range 101 {
		many = append(many, [2]string{fmt.Sprint(n, ".docx"), "PK"})
	}
	for n := range 201 {
		fields = append(fields, [2]string{fmt.Sprint("field", n), "x"})
	}
	f.gotenberg(many).isText(t, http.StatusRequestEntityTooLarge, "100 documents")
	f.gotenberg(fields).isText(t, http.StatusBadRequest, "200 parts")
	large := [2]string{"a.docx", "PK" + strings.Repeat("x", 33<<20)}
	f.gotenberg([][2]string{large}).isText(t, http.StatusRequestEntityTooLarge, "32 MiB")
	if engine.Converted() != 0 {
		t.Errorf("%d documents were converted", engine.Converted())
	}
	f.gotenberg([][2]string{{"a.docx", small}, {"b.docx", small}}).isText(t, http.StatusRequestEntityTooLarge, "together")
}

func TestGotenbergsStatuses(t *testing.T) {
	f, engine := bare(t)
	const path = "/forms/libreoffice/convert"
	f.gotenberg(nil).isText(t, http.StatusBadRequest, "no form file found")
	f.gotenberg([][2]string{{"sheet.xlsx", small[:200]}}).isText(t, http.StatusBadRequest, "sheet.xlsx")
	const multipart = "multipart/form-data; boundary=b"
	post := func(path, contentType, body string) reply {
		return f.do(http.MethodPost, path, contentType, strings.NewReader(body))
	}
	post(path, "application/json", "{}").isText(t, http.StatusUnsupportedMediaType, "multipart/form-data")
	post(path, multipart, "--b\r\n").isText(t, http.StatusBadRequest, "form")
	post(path+"?pdfa=2b", multipart, "--b--\r\n").isText(t, http.StatusBadRequest, "query")
	f.do(http.MethodGet, path, "", nil).wants(t, http.StatusMethodNotAllowed, "method_not_allowed")
	for err, status := range map[error]int{
		conversion.ErrCrashed: 400, conversion.ErrLimit: 400, conversion.ErrDeadline: 503, conversion.ErrRestarting: 503,
		fmt.Errorf("secret"): 500,
	} {
		engine.Fail(err)
		r := f.gotenberg([][2]string{{"a.docx", small}})
		r.isText(t, status, "a.docx")
		again := r.Header.Get("Retry-After") != ""
		if again != (status == 503) || strings.Contains(string(r.body), "secret") {
			t.Errorf("%v: %v, %s", err, r.Header, r.body)
		}
	}
}

func TestACallerOfGotenbergsFormThatGoesAway(t *testing.T) {
	f, engine := bare(t)
	began := make(chan bool)
	engine.Instead(func(ctx context.Context, _ *conversion.Document, _ options.Options) (conversion.Report, error) {
		began <- true
		<-ctx.Done()
		return conversion.Report{}, ctx.Err()
	})
	// What follows the form is nothing to anybody, but has to be read for the end to be noticed.
	form := "--b\r\nContent-Disposition: form-data; name=files; filename=a.docx\r\n\r\n" + small + "\r\n--b--\r\n" +
		strings.Repeat(" ", 100_000)
	connection := f.connect(fmt.Sprintf("POST /forms/libreoffice/convert HTTP/1.1\r\nHost: x\r\n"+
		"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s", len(form), form))
	<-began
	connection.Close()
	officetest.Until(t, "the request is given up", func() bool { return f.log.text() != "" })
	if line := f.log.last(t); line["outcome"] != "client_closed_request" {
		t.Errorf("the log says %v", line)
	}
}

// Whatever a form is, it is the caller's fault or it is answered: never the server's.
func FuzzGotenberg(f *testing.F) {
	handler := server.New(server.Config{Converter: conversiontest.New(f).Converter(), Queue: 8, MaxDocument: 1 << 20})
	const multipart, part = "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name="
	f.Add(multipart, part+"f; filename=\"..\\\\x\"\r\n\r\nPK\r\n--b--\r\n", "a\"b")
	f.Add(multipart, part+"pdfa\r\n\r\nPDF/A-1b\r\n--b--\r\n", "")
	f.Add("multipart/form-data", "x", "\xff")
	f.Add("", "", "/")
	f.Fuzz(func(t *testing.T, contentType, body, name string) {
		request := httptest.NewRequest(http.MethodPost, "/forms/libreoffice/convert", strings.NewReader(body))
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Gotenberg-Output-Filename", name)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code >= 500 || answer.Code != http.StatusOK && answer.Body.Len() == 0 {
			t.Errorf("status %d: %s", answer.Code, answer.Body)
		}
		if strings.ContainsAny(answer.Header().Get("Content-Disposition"), "\r\n\x00") {
			t.Errorf("disposition %q", answer.Header().Get("Content-Disposition"))
		}
	})
}
