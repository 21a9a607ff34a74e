// Package peer keeps servers that know no authentication to one user of this machine: it refuses loopback connections
// that another user opened. It works on Linux, whose kernel tells the owner of each socket in /proc/net/tcp
// (https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt); on other systems all connections pass.
package peer

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Guard accepts the connections of a user and of root only. The others are closed before a byte is read, and told to
// refused.
func Guard(listener net.Listener, uid int, refused func(error)) net.Listener {
	if runtime.GOOS != "linux" {
		return listener
	}
	return guard{listener, uid, refused}
}

type guard struct {
	net.Listener
	uid     int
	refused func(error)
}

func (g guard) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := UID(c)
		if err == nil && (uid == g.uid || uid == 0) {
			return c, nil
		}
		if err == nil {
			err = fmt.Errorf("user %d may not connect to what user %d runs", uid, g.uid)
		}
		c.Close()
		g.refused(fmt.Errorf("refusing the connection from %s: %w", c.RemoteAddr(), err))
	}
}

// UID is the id of the user whose socket is at the other end of a TCP connection within this machine. A connection
// that the other end has closed belongs to nobody, which is an error.
func UID(c net.Conn) (int, error) {
	theirs, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return 0, fmt.Errorf("finding the owner of a connection: %w", err)
	}
	ours, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return 0, fmt.Errorf("finding the owner of a connection: %w", err)
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		uid, err := lookUp(table, theirs, ours)
		if !errors.Is(err, errUnknown) {
			return uid, err
		}
	}
	return 0, errUnknown
}

var errUnknown = errors.New("no open connection has these addresses")

func lookUp(table string, local, remote netip.AddrPort) (int, error) {
	f, err := os.Open(table)
	if errors.Is(err, os.ErrNotExist) { // no IPv6
		return 0, errUnknown
	}
	if err != nil {
		return 0, fmt.Errorf("finding the owner of a connection: %w", err)
	}
	defer f.Close()
	return ownerIn(f, local, remote)
}

// established is the one state in which the owner counts: the kernel shows sockets that were closed as root's.
const established = "01"

// ownerIn finds the owner of the open connection from local to remote in a table of the kernel.
func ownerIn(table io.Reader, local, remote netip.AddrPort) (int, error) {
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || fields[3] != established || !isAddress(fields[1], local) || !isAddress(fields[2], remote) {
			continue
		}
		uid, err := strconv.ParseUint(fields[7], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("reading the owner of a connection: %w", err)
		}
		return int(uid), nil
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("reading the owner of a connection: %w", err)
	}
	return 0, errUnknown
}

// isAddress compares an address as the kernel writes it, 0100007F:8AD3, in which words of 32 bits have the byte order
// of the machine.
func isAddress(field string, want netip.AddrPort) bool {
	host, port, _ := strings.Cut(field, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	words, hexErr := hex.DecodeString(host)
	if err != nil || hexErr != nil || len(words)%4 != 0 {
		return false
	}
	for i := 0; i < len(words); i += 4 {
		binary.BigEndian.PutUint32(words[i:], binary.NativeEndian.Uint32(words[i:]))
	}
	address, ok := netip.AddrFromSlice(words)
	return ok && address.Unmap() == want.Addr().Unmap() && uint16(number) == want.Port()
}
