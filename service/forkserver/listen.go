package forkserver

// #include "fields.h"
import "C"

import (
	"fmt"
	"strconv"
	"syscall"
	"time"
)

// read hands out what the fork server says of its children, until it is gone.
func (s *Server) read() error {
	defer s.abandon()
	buffer := make([]byte, C.MAX_MESSAGE)
	for {
		n, err := s.conn.Read(buffer)
		if err != nil {
			return fmt.Errorf("the fork server's socket: %w%s", err, s.stderr.hint())
		}
		switch m := decode(buffer[:n]); {
		case m.is("forked", C.FORKED_FIELDS):
			if c := s.child(m[C.FORKED_ID]); c != nil {
				pid, _ := strconv.ParseInt(m[C.FORKED_PID], 10, 32)
				c.pid.Store(pid)
			}
		case m.is("refused", C.REFUSED_FIELDS):
			s.end(m[C.REFUSED_ID], Ending{Refused: m[C.REFUSED_WHY]})
		case m.is("done", C.DONE_FIELDS):
			status, _ := strconv.Atoi(m[C.DONE_STATUS])
			cpu, _ := strconv.Atoi(m[C.DONE_CPU])
			s.end(m[C.DONE_ID], Ending{
				Status: syscall.WaitStatus(status),
				CPU:    time.Duration(cpu) * time.Microsecond,
				Report: m[C.DONE_REPORT],
			})
		default:
			return fmt.Errorf("the fork server said %q", m)
		}
	}
}

func (s *Server) end(id string, ending Ending) {
	if c := s.take(id); c != nil {
		c.end <- ending
	}
}

// abandon tells those who wait for a child that it will not come.
func (s *Server) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.children {
		close(c.end)
	}
	s.children = nil
}
