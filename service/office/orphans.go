package office

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

// reapOrphans takes leave of processes that have lost their parent, until ctx ends: a dead fork server's children, and
// whatever a document may have started where the kernel could not keep it from that. They become the children of a
// container's first process, or of a child subreaper (prctl(2)), and would stay zombies. Anywhere else there is one who
// does it already.
func reapOrphans(ctx context.Context) {
	if os.Getpid() != 1 && !isSubreaper() {
		return
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)
	for ctx.Err() == nil {
		// The fork server may be among them: nobody asks for its status.
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid > 0 || err == syscall.EINTR {
			continue
		}
		select {
		case <-ended:
		case <-ctx.Done():
		}
	}
}

func isSubreaper() bool {
	const getChildSubreaper = 37 // PR_GET_CHILD_SUBREAPER
	var is int32
	_, _, failed := syscall.RawSyscall(syscall.SYS_PRCTL, getChildSubreaper, uintptr(unsafe.Pointer(&is)), 0)
	return failed == 0 && is != 0
}
