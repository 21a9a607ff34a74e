package server_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/conversion"
	"docx2pdf/service/outcome"
)

func TestAMemoryThatRunsOutIsNotTheDocumentsFault(t *testing.T) {
	f, engine := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	engine.Fail(conversion.ErrOutOfMemory)
	r := f.deliver("in", "a.docx")
	r.wants(t, http.StatusServiceUnavailable, "out_of_memory")
	if f.storage.Object("out", "a.error.json") != nil || r.Header.Get("Retry-After") == "" {
		t.Error("it is recorded as the document's, or nobody is told to try again")
	}
	engine.Fail(nil)
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
}

func TestObjectsThatAreStoredPacked(t *testing.T) {
	f, _ := bare(t)
	pack := func(content []byte) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(content)
		w.Close()
		return packed.Bytes()
	}
	f.storage.PutEncoded("in", "a.docx", "gzip", pack([]byte(small)))
	f.deliver("in", "a.docx").wants(t, http.StatusOK, "")
	f.storage.PutEncoded("in", "bomb.docx", "gzip", pack(make([]byte, 64<<20)))
	f.deliver("in", "bomb.docx").wants(t, http.StatusRequestEntityTooLarge, "too_large")
	f.storage.PutEncoded("in", "lie.docx", "gzip", []byte(small))
	f.deliver("in", "lie.docx").wants(t, http.StatusUnprocessableEntity, "document_corrupt")
}

func TestContentThatComesWithOtherBytes(t *testing.T) {
	f, engine := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	f.storage.Spoil("in", "a.docx")
	f.deliver("in", "a.docx").wants(t, http.StatusServiceUnavailable, "storage_unavailable")
	if engine.Converted() != 0 || f.storage.Object("out", "a.error.json") != nil {
		t.Error("it was converted, or taken for the document's fault")
	}
}

func TestNamesThatAreTooLong(t *testing.T) {
	f, _ := bare(t)
	fits := strings.Repeat("n", outcome.MaxName-len(".docx")) + ".docx"
	long := strings.Repeat("n", outcome.MaxName-len(".docm")) + ".docm"
	for _, object := range []string{fits, long} {
		f.storage.Put("in", object, []byte(small))
	}
	f.deliver("in", fits).wants(t, http.StatusOK, "")
	f.deliver("in", long).wants(t, http.StatusUnprocessableEntity, "name_too_long")
	if f.storage.Object("out", (outcome.Names{InputBucket: "in"}).Record("in", long)) == nil {
		t.Error("the reason is not written")
	}
}

func TestAPasswordThroughEveryForm(t *testing.T) {
	f, _ := bare(t)
	f.storage.Put("in", "a.docx", []byte(small))
	for _, password := range []string{"x,Watermark=yWATERMARKENDz", "a,b", "пароль", " 密码 "} {
		f.message("a.docx", "password", password).wants(t, http.StatusOK, "")
		pdf := filepath.Join(t.TempDir(), "a.pdf")
		if err := os.WriteFile(pdf, f.storage.Object("out", "a.pdf").Content, 0o600); err != nil {
			t.Fatal(err)
		}
		// Exit status 3: the password is the right one. https://qpdf.readthedocs.io/en/stable/cli.html
		command := exec.CommandContext(t.Context(), "qpdf", "--password-mode=bytes", "--password="+password,
			"--requires-password", pdf)
		if err := command.Run(); command.ProcessState.ExitCode() != 3 {
			t.Errorf("%q does not open its PDF: %v", password, err)
		}
	}
	f.message("a.docx", "password", "").wants(t, http.StatusBadRequest, "bad_option")
	f.message("a.docx", "password", strings.Repeat("p", 128)).wants(t, http.StatusBadRequest, "bad_option")
	f.post("/?password=", small).wants(t, http.StatusBadRequest, "bad_option")
	if strings.Contains(f.log.text(), "WATERMARK") {
		t.Error("a password is in the log")
	}
}

// A caller that is still sending hears it too.
func TestADiskThatIsFull(t *testing.T) {
	f, engine := bare(t)
	engine.Full(true)
	large := strings.Repeat("x", 8<<20)
	for contentType, body := range map[string]string{
		"application/octet-stream": large,
		"application/json":         `{"docx_content":"` + large + `"}`,
		"multipart/form-data; boundary=b": "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n" +
			large + "\r\n--b--\r\n",
	} {
		r := f.do(http.MethodPost, "/", contentType, strings.NewReader(body))
		r.wants(t, http.StatusServiceUnavailable, "disk_full")
		if bytes.Contains(r.body, []byte("/")) {
			t.Errorf("%s names a file of the converter", r.body)
		}
	}
	engine.Full(false)
	f.post("/", small).isPDF(t)
}
