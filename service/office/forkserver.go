package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"docx2pdf/service/conversion"
)

// startTimeout bounds LibreOffice's start and warm-up, which take half a second on an idle machine.
const startTimeout = 60 * time.Second

// maxMessage is MAX_MESSAGE of message.h.
const maxMessage = 128 << 10

// forkServer is one running fork server process.
type forkServer struct {
	version string
	kept    []string      // what the sandbox keeps documents from
	ended   chan struct{} // closed when the process is gone
	err     error         // why it ended; set before ended is closed

	command *exec.Cmd
	conn    net.Conn
	stderr  tail

	mu       sync.Mutex
	next     int
	children map[string]*child // by id; nil when the process is gone
}

// child is a document that is being converted.
type child struct {
	id   string
	pid  atomic.Int64  // 0 until it is known
	done <-chan ending // closed when the fork server ends first
	end  chan<- ending
}

// ending is what the fork server says of a child that is gone.
type ending struct {
	refused string // why it was never started
	status  syscall.WaitStatus
	cpu     time.Duration
	report  string // the child's own lines
}

// launch starts a fork server and waits until its LibreOffice is warm.
func launch(ctx context.Context, config Config, dir string) (*forkServer, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, fmt.Errorf("making the fork server's socket: %w", err)
	}
	defer theirs.Close()
	s := &forkServer{conn: ours, ended: make(chan struct{}), children: map[string]*child{}}
	s.command = exec.Command("/proc/self/exe")
	s.command.Args = []string{"converter-fork-server"}
	s.command.Env = environment(config, dir)
	s.command.Dir = filepath.Join(dir, "work")
	s.command.Stderr = &s.stderr
	s.command.ExtraFiles = []*os.File{theirs}
	// A group of its own: an interrupt from the keyboard is for the converter, which lets documents end.
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.command.Start(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("starting the fork server: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	if err := s.warm(config, dir); err != nil {
		s.conn.Close()
		s.command.Process.Kill()
		s.command.Wait()
		if errors.Is(err, errNoSandbox) {
			return nil, err
		}
		return nil, fmt.Errorf("starting LibreOffice in %s: %w%s; %s", config.ProgramDir, err, s.stderr.hint(), howToInstall)
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
func (s *forkServer) warm(config Config, dir string) error {
	document := fileURL(filepath.Join(dir, "warmup.docx"))
	profile := filepath.Join(dir, "profile")
	start := []string{"start", config.ProgramDir, profile, fileURL(profile), string(config.Sandbox), fileURL(filepath.Join(dir, "warmup.pdf"))}
	if err := s.send(append(start, document)...); err != nil {
		return err
	}
	s.conn.SetReadDeadline(time.Now().Add(startTimeout))
	defer s.conn.SetReadDeadline(time.Time{})
	buffer := make([]byte, maxMessage)
	n, err := s.conn.Read(buffer)
	if err != nil {
		return fmt.Errorf("it ended or hung while it started: %w", err)
	}
	fields := split(buffer[:n])
	if len(fields) == 2 && fields[0] == "failed" {
		return errors.New(fields[1])
	}
	if len(fields) != 3 || fields[0] != "ready" {
		return fmt.Errorf("unexpected answer %q", fields)
	}
	var version struct{ ProductName, ProductVersion, ProductExtension string }
	if err := json.Unmarshal([]byte(fields[1]), &version); err != nil {
		return fmt.Errorf("reading LibreOffice's version: %w", err)
	}
	s.version = version.ProductVersion + version.ProductExtension
	s.kept = strings.Fields(fields[2])
	return config.Sandbox.check(s.kept, config.Log)
}

// start gives a document to a child. To learn is to convert, and to tell the fork server which memory that takes.
func (s *forkServer) start(kind string, fields ...string) (*child, error) {
	end := make(chan ending, 1)
	c := &child{done: end, end: end}
	s.mu.Lock()
	if s.children == nil {
		s.mu.Unlock()
		return nil, conversion.ErrRestarting
	}
	s.next++
	c.id = strconv.Itoa(s.next)
	s.children[c.id] = c
	s.mu.Unlock()
	if err := s.send(append([]string{kind, c.id}, fields...)...); err != nil {
		s.take(c.id)
		return nil, fmt.Errorf("%w: %w", conversion.ErrRestarting, err)
	}
	return c, nil
}

// cancelGrace is how long a fork server may take to kill a child, which takes no time.
const cancelGrace = 3 * time.Second

// cancel kills a child and everything that it has started, and waits for its end. A fork server that does not obey is
// killed itself, and its children with it.
func (s *forkServer) cancel(c *child) (end ending, told bool) {
	late := time.AfterFunc(cancelGrace, func() { s.command.Process.Kill() })
	defer late.Stop()
	s.send("cancel", c.id)
	end, told = <-c.done
	return end, told
}

func (s *forkServer) send(fields ...string) error {
	for _, field := range fields {
		if strings.IndexByte(field, 0) >= 0 {
			return errors.New("a zero byte in a message to the fork server")
		}
	}
	message := strings.Join(fields, "\x00") + "\x00"
	if len(message) >= maxMessage {
		return fmt.Errorf("a message of %d bytes to the fork server", len(message))
	}
	_, err := s.conn.Write([]byte(message))
	return err
}

func (s *forkServer) child(id string) *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.children[id]
}

func (s *forkServer) take(id string) *child {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.children[id]
	delete(s.children, id)
	return c
}

// read hands out what the fork server says of its children, until it is gone.
func (s *forkServer) read() error {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.children {
			close(c.end)
		}
		s.children = nil
	}()
	buffer := make([]byte, maxMessage)
	for {
		n, err := s.conn.Read(buffer)
		if err != nil {
			return fmt.Errorf("the fork server's socket: %w%s", err, s.stderr.hint())
		}
		fields := split(buffer[:n])
		var end ending
		switch {
		case len(fields) == 3 && fields[0] == "forked":
			if c := s.child(fields[1]); c != nil {
				pid, _ := strconv.ParseInt(fields[2], 10, 32)
				c.pid.Store(pid)
			}
			continue
		case len(fields) == 3 && fields[0] == "refused":
			end.refused = fields[2]
		case len(fields) == 5 && fields[0] == "done":
			status, _ := strconv.Atoi(fields[2])
			cpu, _ := strconv.Atoi(fields[3])
			end = ending{status: syscall.WaitStatus(status), cpu: time.Duration(cpu) * time.Microsecond, report: fields[4]}
		default:
			return fmt.Errorf("the fork server said %q", fields)
		}
		if c := s.take(fields[1]); c != nil {
			c.end <- end
		}
	}
}
