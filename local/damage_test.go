package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain is also a server that a test can kill: with a state in the environment it only serves.
func TestMain(m *testing.M) {
	if state := os.Getenv("SERVE_STATE"); state != "" {
		if err := run(context.Background(), []string{"serve", "-addr", "127.0.0.1:0", "-state", state}, os.Stdout,
			os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// ask makes a call as the owner and returns the status, 0 when the server is gone.
func (s serving) ask(method, path, body string) int {
	r, err := http.NewRequest(method, s.url()+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+s.OwnerToken)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

const apiOf = "/v1/projects/docx2pdf-local/"

// A state file that is cut short or empty is named, with what to do.
func TestDamagedStateIsNamed(t *testing.T) {
	state := t.TempDir()
	s, stop := serveHere(t, state)
	for _, call := range [][3]string{
		{"POST", "/storage/v1/b?project=docx2pdf-local", `{"name":"papers"}`},
		{"POST", "/upload/storage/v1/b/papers/o?uploadType=media&name=a", "content"},
		{"POST", "/serviceusage" + apiOf + "services/iam.googleapis.com:enable", `{}`},
		{"POST", "/iam" + apiOf + "serviceAccounts", `{"accountId":"someone"}`},
		{"POST", "/iam" + apiOf + "serviceAccounts/someone@docx2pdf-local.iam.gserviceaccount.com/keys", `{}`},
		{"POST", "/serviceusage" + apiOf + "services/pubsub.googleapis.com:enable", `{}`},
		{"PUT", "/pubsub" + apiOf + "topics/news", `{}`},
		{"PUT", "/pubsub" + apiOf + "subscriptions/all", `{"topic":"projects/docx2pdf-local/topics/news"}`},
		{"POST", "/pubsub" + apiOf + "topics/news:publish", `{"messages":[{"data":"aGVsbG8="}]}`},
	} {
		if code := s.ask(call[0], call[1], call[2]); code != 200 {
			t.Fatalf("%s %s answered %d", call[0], call[1], code)
		}
	}
	stop()
	files := map[string]int{}
	err := filepath.WalkDir(cloudDir(state), func(file string, entry fs.DirEntry, err error) error {
		kind := filepath.Ext(file)
		if err != nil || entry.IsDir() || kind != ".db" && kind != ".pem" && kind != ".key" && kind != ".token" {
			return err
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sizes := []int{0, len(whole) / 2, len(whole) - 2}
		if kind == ".db" { // most of it is room for what is to come
			sizes = []int{0, 1, 5000, 20_000}
		}
		for _, size := range sizes {
			if err := os.WriteFile(file, whole[:size], 0o600); err != nil {
				return err
			}
			_, err := local(t, "serve", "-addr", "127.0.0.1:0", "-state", state)
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "go run ./local reset") {
				t.Errorf("serving %s cut to %d of %d bytes: %v, want the file named and the way out", file, size, len(whole), err)
			}
			files[kind]++
		}
		return os.WriteFile(file, whole, 0o600)
	})
	if err != nil || len(files) < 3 {
		t.Fatalf("damages tried: %v: %v", files, err)
	}
	s, _ = serveHere(t, state)
	if code := s.ask("GET", "/storage/v1/b/papers/o/a", ""); code != 200 {
		t.Errorf("with all files mended the object answers %d", code)
	}
}

// Whatever was answered with success before a kill is there afterwards, and nothing is half there.
func TestKilledInTheMiddleOfWrites(t *testing.T) {
	state := t.TempDir()
	for round := range 3 {
		done := writeAndKill(t, state, round)
		s, stop := serveHere(t, state)
		for _, path := range done {
			if code := s.ask("GET", path, ""); code != 200 {
				t.Errorf("round %d: %s was made and answers %d after the kill", round, path, code)
			}
		}
		stop()
	}
	err := filepath.WalkDir(state, func(file string, entry fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(file), ".write-") {
			t.Errorf("%s is left behind", file)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// writeAndKill kills a server while four clients write to it, and returns the paths of what it said is written.
func writeAndKill(t *testing.T, state string, round int) (done []string) {
	t.Helper()
	var log bytes.Buffer
	server := exec.Command(os.Args[0])
	server.Env, server.Stderr = append(os.Environ(), "SERVE_STATE="+state), &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	s, err := awaitServing(t.Context(), state, 30*time.Second)
	if err != nil {
		server.Process.Kill()
		server.Wait()
		t.Fatalf("waiting for serve: %v: %s", err, log.String())
	}
	s.ask("POST", "/serviceusage"+apiOf+"services/pubsub.googleapis.com:enable", "{}")
	s.ask("POST", "/storage/v1/b?project=docx2pdf-local", `{"name":"papers"}`)
	const enough = 60
	var mu sync.Mutex
	var clients sync.WaitGroup
	for client := range 4 {
		clients.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("a-%d-%d-%d", round, client, i)
				topic, object := "/pubsub"+apiOf+"topics/"+name, "/storage/v1/b/papers/o/"+name
				if s.ask("PUT", topic, "{}") != 200 || s.ask("POST", "/upload/storage/v1/b/papers/o?uploadType=media&name="+name,
					name) != 200 {
					return // the server is gone
				}
				mu.Lock()
				done = append(done, topic, object+"?alt=media")
				if len(done) == enough {
					server.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	server.Wait()
	if len(done) < enough {
		t.Fatalf("only %d writes were answered: %s", len(done), log.String())
	}
	return done
}
