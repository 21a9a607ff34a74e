package run

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// listen listens on a port of loopback. Port 0 picks one below those that the kernel hands out
// (net.ipv4.ip_local_port_range), so that nobody's connection takes it while it is closed: a service's between two runs
// of
// the local cloud, an instance's until its container listens.
func listen(port int) (net.Listener, error) {
	if port == 0 {
		for range 100 {
			if listener, err := listen(10000 + rand.IntN(20000)); err == nil {
				return listener, nil
			}
		}
	}
	return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
}

// freePort picks a port for a container to listen on.
func freePort() (int, error) {
	listener, err := listen(0)
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
