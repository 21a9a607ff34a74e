package run

import (
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
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

// freeAddress picks a host and a port for a container to listen on, of which only the front end and the container know:
// whoever calls 127.0.0.1 does not get past the front end. On Linux all of 127.0.0.0/8 is loopback; elsewhere the host
// is 127.0.0.1.
func freeAddress() (host string, port int, err error) {
	host = "127.0.0.1"
	if runtime.GOOS == "linux" {
		drawn := make([]byte, 3)
		if _, err := cryptorand.Read(drawn); err != nil {
			return "", 0, err
		}
		host = fmt.Sprintf("127.%d.%d.%d", 1+drawn[0]%254, drawn[1], 1+drawn[2]%254)
	}
	for range 100 {
		port = 10000 + rand.IntN(20000)
		listener, listenErr := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port)))
		if err = listenErr; err == nil {
			return host, port, listener.Close()
		}
	}
	return "", 0, err
}
