package peer_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"docx2pdf/local/machine/peer"
)

// TestMain is also the client of another user: with an address in the environment it only connects and reads.
func TestMain(m *testing.M) {
	if address := os.Getenv("CONNECT_TO"); address != "" {
		fmt.Print(greeting(address))
		return
	}
	os.Exit(m.Run())
}

// greeting is what a server says to whom it lets in.
func greeting(address string) string {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// serve greets everybody who comes through the guard.
func serve(t *testing.T, network, address string, uid int) (to string, refused chan error) {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	refused = make(chan error, 10)
	guarded := peer.Guard(listener, uid, func(err error) { refused <- err })
	go func() {
		for {
			c, err := guarded.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "welcome")
			c.Close()
		}
	}()
	return listener.Addr().String(), refused
}

func TestOwnUserIsLetIn(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		to, _ := serve(t, "tcp", address, os.Getuid())
		for range 20 {
			if got := greeting(to); got != "welcome" {
				t.Errorf("the user who runs the server got %q at %s", got, to)
			}
		}
	}
}

// A socket for both families has its connections in the table of IPv6.
func TestOwnUserIsLetInByAnIPv6Socket(t *testing.T) {
	to, _ := serve(t, "tcp4", "127.0.0.1:0", os.Getuid())
	_, port, _ := net.SplitHostPort(to)
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	var number int
	fmt.Sscan(port, &number)
	mapped := &syscall.SockaddrInet6{Port: number, Addr: [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}}
	if err := syscall.Connect(fd, mapped); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(file); err != nil || string(text) != "welcome" {
		t.Errorf("got %q %v", text, err)
	}
}

// Another user is refused. Root is let in everywhere, so root becomes another user; anybody else comes to a server
// that is not theirs.
func TestOthersAreRefused(t *testing.T) {
	owner := os.Getuid()
	if owner != 0 {
		owner++
	}
	to, refused := serve(t, "tcp", "127.0.0.1:0", owner)
	got := ""
	if os.Getuid() == 0 {
		got = asNobody(t, to)
	} else {
		got = greeting(to)
	}
	if strings.Contains(got, "welcome") {
		t.Errorf("another user got %q", got)
	}
	if err := <-refused; !strings.Contains(err.Error(), "may not connect") {
		t.Errorf("refused with %v", err)
	}
}

func asNobody(t *testing.T, to string) string {
	t.Helper()
	const nobody = 65534
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "peer") // t.TempDir is for this user only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := dir + "/client"
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir, cmd.Env = dir, []string{"CONNECT_TO=" + to}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("connecting as another user: %v: %s", err, out)
	}
	return string(out)
}
