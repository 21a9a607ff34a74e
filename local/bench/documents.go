package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"docx2pdf/service/docx/docxtest"
)

// atOnce is how many clients `go run ./service/bench` measures the most documents per second with.
const atOnce = 4

// manyDocuments compares `client convert FOLDER` with what the converter alone does, in turns: documents of one page,
// through the whole stack with one instance, against as many posted straight to a converter by four clients.
func manyDocuments(ctx context.Context, count, rounds int) error {
	c, err := startCloud(ctx, "")
	if err != nil {
		return err
	}
	defer c.stop()
	settings, err := oneInstance(c.dir)
	if err != nil {
		return err
	}
	if _, _, err := pulumi(ctx, nil, "up", "--yes", "--skip-preview", "--config-file", settings); err != nil {
		return err
	}
	client, config := filepath.Join(c.dir, "client"), filepath.Join(c.dir, "converter.json")
	for _, command := range [][]string{
		{"go", "build", "-o", client, "./client"}, {client, "save", "--stack", "local", "--with-key", config},
		{"go", "build", "-o", filepath.Join(c.dir, "service"), "./service"},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", command, err, out)
		}
	}
	alone, err := startService(ctx, filepath.Join(c.dir, "service"))
	if err != nil {
		return err
	}
	defer alone.stop()
	documents, folder, err := letters(filepath.Join(c.dir, "letters"), count)
	if err != nil {
		return err
	}
	if _, err := alone.convert(ctx, documents[:min(count, 20)]); err != nil { // the first ones take longer
		return err
	}
	fmt.Printf("%d documents of one page, per second:\n\n", count)
	fmt.Printf("| round | the converter alone, %d clients | client convert | of that | the client's CPU for each | its "+
		"memory |\n", atOnce)
	fmt.Println("|---:|---:|---:|---:|---:|---:|")
	for round := range rounds {
		straight, err := alone.convert(ctx, documents)
		if err != nil {
			return err
		}
		out := filepath.Join(c.dir, fmt.Sprint("pdfs-", round))
		run := exec.CommandContext(ctx, client, "--config", config, "convert", folder, "--out", out)
		began := time.Now()
		said, err := run.CombinedOutput()
		if err != nil {
			return fmt.Errorf("client convert: %w: %s", err, said)
		}
		through := time.Since(began)
		cpu := run.ProcessState.UserTime() + run.ProcessState.SystemTime()
		fmt.Printf("| %d | %.1f | %.1f | %.0f %% | %.1f ms | %d MiB |\n", round+1,
			float64(count)/straight.Seconds(), float64(count)/through.Seconds(), 100*straight.Seconds()/through.Seconds(),
			cpu.Seconds()*1000/float64(count), run.ProcessState.SysUsage().(*syscall.Rusage).Maxrss>>10)
	}
	return nil
}

// oneInstance is the stack's settings with one instance at most: more would share this machine's processors, which
// Cloud
// Run's do not.
func oneInstance(dir string) (file string, err error) {
	settings, err := os.ReadFile("Pulumi.local.yaml")
	if err != nil {
		return "", err
	}
	settings = bytes.Replace(settings, []byte("config:\n"), []byte("config:\n  docx2pdf:maxInstances: 1\n"), 1)
	file = filepath.Join(dir, "Pulumi.local.yaml")
	return file, os.WriteFile(file, settings, 0o600)
}

// letters are documents, in memory and in a folder.
func letters(folder string, count int) ([][]byte, string, error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, "", err
	}
	documents := make([][]byte, count)
	for i := range documents {
		documents[i] = docxtest.Document(docxtest.Paragraph(fmt.Sprintf("Letter number %d", i)) + docxtest.Text(4))
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("letter %d.docx", i)), documents[i], 0o600); err != nil {
			return nil, "", err
		}
	}
	return documents, folder, nil
}

// service is a converter by itself, without Cloud Run's front end.
type service struct {
	process *exec.Cmd
	url     string
}

func startService(ctx context.Context, program string) (*service, error) {
	s := &service{process: exec.Command(program)}
	s.process.Env = append(os.Environ(), "PORT=0", "OUTPUT_BUCKET=")
	log, err := s.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("starting the converter: %w", err)
	}
	for lines := json.NewDecoder(log); ; {
		var line struct{ Message, Address string }
		if err := lines.Decode(&line); err != nil {
			s.stop()
			return nil, fmt.Errorf("the converter does not become ready: %w", errors.Join(err, ctx.Err()))
		}
		if line.Message == "ready" {
			s.url = "http://" + line.Address
			go io.Copy(io.Discard, io.MultiReader(lines.Buffered(), log))
			return s, nil
		}
	}
}

func (s *service) stop() {
	s.process.Process.Signal(syscall.SIGTERM)
	s.process.Wait()
}

// convert takes the time for all documents.
func (s *service) convert(ctx context.Context, documents [][]byte) (time.Duration, error) {
	var next atomic.Int64
	var clients sync.WaitGroup
	failed := make(chan error, atOnce)
	began := time.Now()
	for range atOnce {
		clients.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(documents); i = next.Add(1) - 1 {
				if err := s.post(ctx, documents[i]); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	clients.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		return 0, err
	default:
		return took, nil
	}
}

func (s *service) post(ctx context.Context, document []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(document))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the converter answers %s: %.200s", answer.Status, content)
	}
	return err
}
