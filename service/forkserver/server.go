// Package forkserver is a LibreOffice that forks.
//
// One LibreOffice is started in a process of its own, from this same binary, and made warm with documents of our own.
// Then it forks a child for each document: the child starts warm, sees one document and exits. The next child is forked
// ahead and takes, while it waits, the memory that every conversion needs (hotpages.c). All of that is C, and C++ where
// LibreOffice's interface is (document.cxx): a process with a Go runtime cannot fork. Go talks to it over one socket.
package forkserver

// #include "fields.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"docx2pdf/service/sandbox"
)

// ErrGone: the fork server has ended.
var ErrGone = errors.New("the fork server has ended")

// Config says what a fork server starts with.
type Config struct {
	ProgramDir  string       // LibreOffice's program directory
	Profile     string       // directory of its user profile
	WorkDir     string       // the fork server's working directory
	Environment []string     // all that LibreOffice sees of the outside
	WarmUp      []string     // documents of our own, to convert before there are others
	WarmUpPDF   string       // where their PDFs go
	Readable    []string     // files and directories that documents may have read
	Sandbox     sandbox.Mode // Auto
	Way         sandbox.Way  // Any
	Log         *slog.Logger
}

// startTimeout bounds LibreOffice's start and warm-up, which take half a second on an idle machine.
const startTimeout = 60 * time.Second

// Server is a running fork server.
type Server struct {
	version string
	proof   sandbox.Proof
	ended   chan struct{} // closed when the process is gone
	err     error         // why it ended; set before ended is closed

	command *exec.Cmd
	conn    net.Conn
	stderr  tail

	mu       sync.Mutex
	next     int
	children map[string]*Child // by id; nil when the process is gone
}

// Launch starts a fork server and waits until its LibreOffice is warm. It lives until ctx ends.
func Launch(ctx context.Context, config Config) (*Server, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making the fork server's socket: %w", err)
	}
	s := &Server{conn: ours, ended: make(chan struct{}), children: map[string]*Child{}}
	s.command = exec.Command("/proc/self/exe")
	s.command.Args = []string{"converter-fork-server"}
	s.command.Env = append([]string{"DOCX2PDF_FORK_SERVER=1"}, config.Environment...)
	s.command.Dir = config.WorkDir
	s.command.Stderr = &s.stderr
	s.command.ExtraFiles = []*os.File{theirs}
	// A group of its own: an interrupt from the keyboard is for the converter, which lets documents end.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = s.command.Start()
	theirs.Close() // or its end would not be noticed
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("starting the fork server: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	if err := s.warm(config); err != nil {
		s.conn.Close()
		s.command.Process.Kill()
		s.command.Wait()
		return nil, fmt.Errorf("%w%s", err, s.stderr.hint())
	}
	go func() {
		s.err = s.read()
		stop()
		s.conn.Close()
		s.command.Process.Kill()
		s.command.Wait()
		close(s.ended)
	}()
	return s, nil
}

// warm tells the fork server what to start and waits for it.
func (s *Server) warm(config Config) error {
	if err := s.send(config.start(config.WarmUpPDF)); err != nil {
		return err
	}
	s.conn.SetReadDeadline(time.Now().Add(startTimeout))
	defer s.conn.SetReadDeadline(time.Time{})
	buffer := make([]byte, C.MAX_MESSAGE)
	n, err := s.conn.Read(buffer)
	if err != nil {
		return fmt.Errorf("it ended or hung while it started: %w", err)
	}
	answer := decode(buffer[:n])
	if answer.is("failed", C.FAILED_FIELDS) {
		return errors.New(answer[C.FAILED_WHY])
	}
	if !answer.is("ready", C.READY_FIELDS) {
		return fmt.Errorf("unexpected answer %q", answer)
	}
	var version struct{ ProductName, ProductVersion, ProductExtension string }
	if err := json.Unmarshal([]byte(answer[C.READY_VERSION]), &version); err != nil {
		return fmt.Errorf("reading LibreOffice's version: %w", err)
	}
	s.version = version.ProductVersion + version.ProductExtension
	s.proof = sandbox.Proof{Way: sandbox.Way(answer[C.READY_SANDBOX_WAY]),
		Kept: strings.Fields(answer[C.READY_SANDBOX_PARTS])}
	if answer[C.READY_HUGE] == "0" {
		config.Log.Warn("the kernel gives no transparent huge pages, or not all of them: documents take more CPU " +
			"than they need to")
	}
	return config.Sandbox.Check(s.proof, config.Log)
}

// LibreOffice is its version.
func (s *Server) LibreOffice() string { return s.version }

// Sandbox is what documents have been proved to be kept from.
func (s *Server) Sandbox() sandbox.Proof { return s.proof }

// Ended is closed when the process is gone. Then Err tells why.
func (s *Server) Ended() <-chan struct{} { return s.ended }
func (s *Server) Err() error             { return s.err }

// Start gives a document to a child.
func (s *Server) Start(job Job) (*Child, error) {
	end := make(chan Ending, 1)
	c := &Child{done: end, end: end}
	s.mu.Lock()
	if s.children == nil {
		s.mu.Unlock()
		return nil, ErrGone
	}
	s.next++
	c.id = strconv.Itoa(s.next)
	s.children[c.id] = c
	s.mu.Unlock()
	if err := s.send(job.message(c.id)); err != nil {
		s.take(c.id)
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	return c, nil
}

// cancelGrace is how long a fork server may take to kill a child, which takes no time.
const cancelGrace = 3 * time.Second

// Cancel kills a child and everything that it has started, and waits for its end. A fork server that does not obey is
// killed itself, and its children with it.
func (s *Server) Cancel(c *Child) (end Ending, told bool) {
	late := time.AfterFunc(cancelGrace, func() { s.command.Process.Kill() })
	defer late.Stop()
	s.send(cancelMessage(c.id))
	end, told = <-c.done
	return end, told
}

func (s *Server) send(m message) error {
	encoded, err := m.encode()
	if err == nil {
		_, err = s.conn.Write(encoded)
	}
	return err
}

func (s *Server) child(id string) *Child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.children[id]
}

func (s *Server) take(id string) *Child {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.children[id]
	delete(s.children, id)
	return c
}
