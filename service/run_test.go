package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/fonts"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/storage/storagetest"
)

// running is a converter that was started as main starts it.
type running struct {
	url  string
	stop context.CancelFunc
	done <-chan error
	log  *io.PipeReader
}

// runWith starts the converter with an environment and waits until it says that it is ready.
func runWith(t *testing.T, environment map[string]string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	t.Setenv("TMPDIR", t.TempDir())
	go func() {
		err := run(ctx, func(name string) string { return environment[name] }, writer)
		writer.CloseWithError(err)
		done <- err
	}()
	t.Cleanup(stop)
	lines := json.NewDecoder(reader)
	for {
		var line struct{ Message, Severity, Address string }
		if err := lines.Decode(&line); err != nil {
			t.Fatalf("before it was ready: %v", err)
		}
		if line.Message == "ready" {
			if line.Severity != "INFO" {
				t.Errorf("severity %q, want what Cloud Logging knows", line.Severity)
			}
			go io.Copy(io.Discard, io.MultiReader(lines.Buffered(), reader))
			return &running{"http://" + line.Address, stop, done, reader}
		}
	}
}

func post(t *testing.T, url, contentType, body string) (int, string) {
	t.Helper()
	response, err := http.Post(url, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestRunDrainsAndLeavesNothing(t *testing.T) {
	r := runWith(t, map[string]string{"PORT": "0"})
	type outcome struct {
		status int
		body   string
	}
	answers := make(chan outcome, 1)
	go func() {
		status, body := post(t, r.url, "", string(docxtest.Document(docxtest.Text(300))))
		answers <- outcome{status, body}
	}()
	officetest.Child(t)
	r.stop()
	if o := <-answers; o.status != http.StatusOK || !strings.HasPrefix(o.body, "%PDF-") {
		t.Errorf("the request in flight got %d %.100q, want its PDF", o.status, o.body)
	}
	if err := <-r.done; err != nil {
		t.Errorf("run: %v", err)
	}
	if _, err := http.Get(r.url); err == nil {
		t.Error("it still answers")
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if left := officetest.Children(t, os.Getpid()); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

func TestRunTakesItsCredentialsFromTheMetadataServer(t *testing.T) {
	asked := make(chan string, 100)
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"the-token","expires_in":3600,"token_type":"Bearer"}`)
		case strings.HasSuffix(r.URL.Path, "/project-id"):
			io.WriteString(w, "a-project")
		case strings.HasSuffix(r.URL.Path, "/universe-domain"), strings.HasSuffix(r.URL.Path, "/universe_domain"):
			io.WriteString(w, "googleapis.com")
		}
	}))
	defer metadata.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(metadata.URL, "http://"))
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	objects := storagetest.New(t)
	objects.Fail(func(r *http.Request) int {
		if r.Header.Get("Authorization") != "Bearer the-token" {
			return http.StatusUnauthorized
		}
		return 0
	})
	objects.Put("in", "a.docx", docxtest.Document(docxtest.Paragraph("x")))
	r := runWith(t, map[string]string{
		"PORT": "0", "HOST": "127.0.0.1", "K_SERVICE": "converter", "OUTPUT_BUCKET": "out",
		"GOOGLE_STORAGE_CUSTOM_ENDPOINT": objects.URL,
	})
	status, body := post(t, r.url, "application/json", `{"message":{"attributes":{"bucketId":"in","objectId":"a.docx"}}}`)
	if status != http.StatusOK || objects.Object("out", "a.pdf") == nil {
		t.Errorf("answer %d %s", status, body)
	}
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("run: %v", err)
	}
}

// The folder of fonts that the environment names is what /health lists, and LibreOffice's package as dpkg has it.
func TestRunTakesFontsFromAFolder(t *testing.T) {
	set, err := fonts.Open("")
	if err != nil {
		t.Fatal(err)
	}
	font, err := os.ReadFile(filepath.Join(set.Twins, "CalibriTwin-Regular.ttf"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"good.ttf": font, "broken.ttf": []byte("no font")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := runWith(t, map[string]string{"PORT": "0", "FONTS_DIR": dir})
	response, err := http.Get(r.url + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var health struct {
		OwnFonts           []string
		LibreofficePackage string
	}
	if err := json.NewDecoder(response.Body).Decode(&health); err != nil ||
		!slices.Equal(health.OwnFonts, []string{"Calibri Twin"}) {
		t.Errorf("%v: the own fonts are %q, want the one that is in order", err, health.OwnFonts)
	}
	// One of the two is not there, which is an error of its own.
	installed, _ := exec.Command("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}\n",
		"libreoffice-core", "libreoffice-core-nogui").Output()
	if health.LibreofficePackage == "" ||
		!strings.Contains(string(installed), "installed "+health.LibreofficePackage+"\n") {
		t.Errorf("LibreOffice's package is %q; dpkg has %q", health.LibreofficePackage, installed)
	}
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestRunRefusesWhatItCannotDo(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		says        []string
	}{
		"wrong numbers, all at once": {map[string]string{"CONCURRENCY": "0", "TIMEOUT": "soon", "MAX_DOCUMENT_BYTES": "-1"},
			[]string{"CONCURRENCY", "TIMEOUT", "MAX_DOCUMENT_BYTES"}},
		"a sandbox that is none": {map[string]string{"SANDBOX": "maybe"}, []string{"SANDBOX", "auto", "require"}},
		"no LibreOffice": {map[string]string{"LIBREOFFICE_PROGRAM_DIR": "/nowhere"},
			[]string{"/nowhere", "install", "25.2"}},
		"a folder that is not there": {map[string]string{"FONTS_DIR": "/nowhere"}, []string{"/nowhere", "FONTS_DIR"}},
		"a port that is none":        {map[string]string{"PORT": "99999"}, []string{"PORT"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), func(name string) string { return test.environment[name] }, io.Discard)
			for _, says := range test.says {
				if err == nil || !strings.Contains(err.Error(), says) {
					t.Errorf("%v, want an error naming %q", err, says)
				}
			}
		})
	}
}

// A stack whose timeout and memory are small gets a converter that keeps to them.
func TestTheConverterKeepsToWhatItsContainerHas(t *testing.T) {
	environment := map[string]string{"PORT": "0", "MEMORY": "512Mi", "REQUEST_TIMEOUT": "30", "K_SERVICE": "docx2pdf",
		"HOST": "127.0.0.1", "CONCURRENCY": "2"}
	c, err := readConfig(func(name string) string { return environment[name] })
	if err != nil {
		t.Fatal(err)
	}
	if c.engine.Timeout.Seconds() >= 30 || 2*(c.engine.Memory+2*c.engine.Output+c.maxDocument) > 512<<20 {
		t.Errorf("with 512 MiB and 30 s one conversion may take %v, %d MiB of memory and a PDF of %d MiB",
			c.engine.Timeout, c.engine.Memory>>20, c.engine.Output>>20)
	}
	for name, value := range map[string]string{"TIMEOUT": "60", "MAX_MEMORY_BYTES": "536870912"} {
		environment[name] = value
		if _, err := readConfig(func(name string) string { return environment[name] }); err == nil ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v, want it refused by name", name, value, err)
		}
		delete(environment, name)
	}
}
