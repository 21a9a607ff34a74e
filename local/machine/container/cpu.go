package container

import (
	"math"
	"os/exec"

	"golang.org/x/sys/unix"
)

// nextCPU is where the CPUs of the next process begin, so that containers do not all share the first ones. Only the
// thread that starts processes uses it.
var nextCPU int

// startOn starts a command that may use as many CPUs as its container has, and sees no more of them; less than one
// counts as one. A machine with fewer gives all it has. It must run on the thread that starts processes: a process
// inherits the CPUs of the thread that starts it.
func startOn(cmd *exec.Cmd, cpus float64) error {
	var all unix.CPUSet
	n := int(math.Ceil(cpus))
	if n < 1 || unix.SchedGetaffinity(0, &all) != nil || n >= all.Count() {
		return cmd.Start()
	}
	var usable []int
	for cpu := range len(all) * 64 {
		if all.IsSet(cpu) {
			usable = append(usable, cpu)
		}
	}
	var some unix.CPUSet
	for range n {
		some.Set(usable[nextCPU%len(usable)])
		nextCPU++
	}
	if err := unix.SchedSetaffinity(0, &some); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &all)
	return cmd.Start()
}
