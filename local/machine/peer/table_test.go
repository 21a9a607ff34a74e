package peer

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
)

const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

func TestOwnerInTheKernelsTable(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Fatal("the tables below are of a little-endian machine")
	}
	client, server := netip.MustParseAddrPort("127.0.0.1:35539"), netip.MustParseAddrPort("127.0.0.1:8790")
	const from, to = "0100007F:8AD3", "0100007F:2256"
	line := func(local, remote, state, uid string) string {
		return "   1: " + local + " " + remote + " " + state + " 00000000:00000000 00:00000000 00000000 " + uid +
			"        0 2999054 1 0000000000000000 20 0 0 10 -1\n"
	}
	for _, test := range []struct {
		what, table string
		uid         int
		unknown     bool
	}{
		{"an open connection", line(from, to, "01", "1000"), 1000, false},
		{"the server's own end", line(to, from, "01", "0"), 0, true},
		{"after others", line("0100007F:8AD4", to, "01", "7") + line(from, "0100007F:2257", "01", "8") +
			line(from, to, "01", "1000"), 1000, false},
		{"a closed one, which the kernel calls root's", line(from, to, "06", "0"), 0, true},
		{"one that waits for the other end's FIN", line(from, to, "05", "0"), 0, true},
		{"an IPv4 address in the table of IPv6", line("0000000000000000FFFF00000100007F:8AD3",
			"0000000000000000FFFF00000100007F:2256", "01", "1000"), 1000, false},
		{"nothing", "", 0, true},
		{"garbage", "x\n1: y z 01\n1: " + from + " zz 01 a b c 5\n" + strings.Repeat(" q", 40) + "\n", 0, true},
	} {
		uid, err := ownerIn(strings.NewReader(header+test.table), client, server)
		if uid != test.uid || (err != nil) != test.unknown {
			t.Errorf("%s: %d %v, want %d", test.what, uid, err, test.uid)
		}
	}
	if _, err := ownerIn(strings.NewReader(line(from, to, "01", "many")), client, server); err == nil {
		t.Error("an owner that is no number was taken for root")
	}
}
