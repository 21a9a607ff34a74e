package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// limit is how long files of the process may get: a write beyond fails like one on a full disk.
func (k *killed) limit(size uint64) {
	k.t.Helper()
	var was unix.Rlimit
	if err := unix.Prlimit(k.process.Process.Pid, unix.RLIMIT_FSIZE, nil, &was); err != nil {
		k.t.Fatal(err)
	}
	if err := unix.Prlimit(k.process.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: was.Max},
		nil); err != nil {
		k.t.Fatal(err)
	}
}

// answer makes a call of the owner, and returns its status, its header and its body.
func (k *killed) answer(method, path string, body []byte, header ...string) (int, http.Header, string) {
	k.t.Helper()
	r, err := http.NewRequest(method, k.serving.url()+path, bytes.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+k.serving.OwnerToken)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil {
		k.t.Fatal(err)
	}
	return response.StatusCode, response.Header, answer.String()
}

const (
	objectsOf = "/storage/v1/b/documents/o"
	uploadOf  = "/upload/storage/v1/b/documents/o?name="
)

// TestAFullDiskRefusesAndLosesNothing takes the room for files away from a running cloud, and gives it back.
func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	k := &killed{t: t, program: filepath.Join(t.TempDir(), "local"), state: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", k.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { k.kill() })
	k.start()
	k.prepare()
	k.must("POST", uploadOf+"before&uploadType=media", []byte("content"))
	k.must("POST", killTopic+":publish", []byte(`{"messages":[{"data":"aGVsbG8="}]}`))

	k.limit(0)
	refused := [][3]string{
		{"POST", uploadOf + "refused&uploadType=media", "content"},
		{"POST", uploadOf + "before&uploadType=media", "other content"},
		{"POST", objectsOf + "/before/rewriteTo/b/documents/o/refused", ""},
		{"PATCH", objectsOf + "/before", `{"metadata":{"a":"b"}}`},
		{"DELETE", objectsOf + "/before", ""},
		{"POST", "/storage/v1/b?project=docx2pdf-local", `{"name":"refused-bucket"}`},
		{"POST", killTopic + ":publish", `{"messages":[{"data":"bm90"},{"data":"dGhlcmU="}]}`},
		{"PUT", killTopic + "-refused", "{}"},
		{"DELETE", killReader, ""},
		{"POST", "/serviceusage" + apiOf + "services/iam.googleapis.com:enable", "{}"},
	}
	for _, call := range refused {
		code, _, text := k.answer(call[0], call[1], []byte(call[2]))
		if code != 507 || !strings.Contains(text, "no room") || !strings.Contains(text, "free some space") {
			t.Errorf("%s %s with a full disk: %d %s", call[0], call[1], code, text)
		}
	}
	pulled := k.keptWhole()
	acknowledgement, _ := json.Marshal(map[string][]string{"ackIds": pulled})
	if code, _, text := k.answer("POST", killReader+":acknowledge", acknowledgement); code != 507 {
		t.Errorf("an acknowledgement with a full disk: %d %s", code, text)
	}

	// Room for a little, not for a long content.
	const room = 1 << 20
	k.limit(room)
	long := bytes.Repeat([]byte("long"), room/2)
	if code, _, text := k.answer("POST", uploadOf+"long&uploadType=media", long); code != 507 {
		t.Errorf("a long content: %d %s", code, text)
	}
	_, started, _ := k.answer("POST", uploadOf+"resumed&uploadType=resumable", nil)
	_, session, _ := strings.Cut(started.Get("Location"), k.serving.Address)
	if code, _, text := k.answer("PUT", session, long); code != 507 {
		t.Errorf("a long content, resumable: %d %s", code, text)
	}
	code, arrived, _ := k.answer("PUT", session, nil, "Content-Range", "bytes */*")
	if code != http.StatusPermanentRedirect || arrived.Get("Range") != "bytes=0-1048575" {
		t.Fatalf("what has arrived of it: %d %q", code, arrived.Get("Range"))
	}

	k.limit(unix.RLIM_INFINITY)
	if code, _, text := k.answer("PUT", session, long[room:], "Content-Range",
		"bytes 1048576-2097151/2097152"); code != 200 {
		t.Errorf("the rest, with room again: %d %s", code, text)
	}
	for _, call := range refused {
		if code, _, text := k.answer(call[0], call[1], []byte(call[2])); code >= 300 && call[0] != "DELETE" {
			t.Errorf("%s %s with room again: %d %s", call[0], call[1], code, text)
		}
	}
	k.kill()
	k.start()
	if _, _, text := k.answer("GET", objectsOf+"/resumed?alt=media", nil); text != string(long) {
		t.Errorf("the content that was resumed has %d bytes, want %d", len(text), len(long))
	}
	blobs, err := os.ReadDir(filepath.Join(k.state, "cloud", "storage", "blobs"))
	if err != nil || len(blobs) != 2 { // refused by name only at first, and resumed
		t.Errorf("%d contents are left: %v", len(blobs), err)
	}
}

// keptWhole checks that everything from before is there and nothing of what was refused, and returns the ids under
// which the messages may be acknowledged.
func (k *killed) keptWhole() (ackIDs []string) {
	k.t.Helper()
	if _, _, text := k.answer("GET", objectsOf+"/before?alt=media", nil); text != "content" {
		k.t.Errorf("the object from before is %q", text)
	}
	if code, _, _ := k.answer("GET", objectsOf+"/refused", nil); code != 404 {
		k.t.Errorf("the object that was refused answers %d", code)
	}
	var pulled pulledMessages
	if err := json.Unmarshal(k.must("POST", killReader+":pull", []byte(`{"maxMessages":10,"returnImmediately":true}`)),
		&pulled); err != nil {
		k.t.Fatal(err)
	}
	for _, m := range pulled.ReceivedMessages {
		ackIDs = append(ackIDs, m.AckID)
	}
	if len(ackIDs) != 2 { // of the object, and the one that was published
		k.t.Errorf("%d messages are delivered, want 2", len(ackIDs))
	}
	return ackIDs
}
