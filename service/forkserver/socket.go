package forkserver

import (
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
)

// socketPair makes a connected pair that keeps message boundaries: one end for here, one to pass on.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	ours := os.NewFile(uintptr(fds[0]), "fork server")
	theirs := os.NewFile(uintptr(fds[1]), "fork server")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: strings.TrimSuffix(path, "/")}).String()
}
