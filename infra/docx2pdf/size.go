package docx2pdf

import (
	"fmt"
	"strconv"
)

// instanceSize is the memory, in MiB, that Cloud Run gives an instance with so many CPUs: at least 512 MiB with a whole
// Linux under it, which the converter's sandbox needs, and more with many CPUs.
// https://cloud.google.com/run/docs/configuring/services/memory-limits
// https://cloud.google.com/run/docs/configuring/services/cpu
type instanceSize struct{ cpus, least, most int }

var instanceSizes = []instanceSize{{1, 512, 4096}, {2, 512, 8192}, {4, 2048, 16384}, {8, 4096, 32768}}

func sizeOf(cpus int) (instanceSize, bool) {
	for _, size := range instanceSizes {
		if size.cpus == cpus {
			return size, true
		}
	}
	return instanceSize{}, false
}

// checkSize refuses CPUs, memory and concurrency that do not go together, each with what would.
func (r *reader) checkSize(s *settings) {
	size, valid := sizeOf(s.cpu)
	r.require(valid, "cpu", "must be 1, 2, 4 or 8", "2")
	memory, isMemory := mebibytes(s.memory)
	r.require(isMemory, "memory", "must be an amount such as 512Mi or 4Gi", "4Gi")
	if !valid {
		return // what follows from it is a guess
	}
	if isMemory && memory > size.most {
		example := "memory " + gibibytes(size.most)
		for _, larger := range instanceSizes {
			if memory <= larger.most {
				example = "cpu " + strconv.Itoa(larger.cpus)
				break
			}
		}
		r.wrong = append(r.wrong, fmt.Errorf(
			"memory must be between %s and %s with %s, and is %s; for example: pulumi config set %s",
			gibibytes(size.least), gibibytes(size.most), count(s.cpu, "CPU"), s.memory, example))
	}
	if isMemory && memory < size.least {
		r.require(false, "memory", fmt.Sprintf("must be between %s and %s with %s",
			gibibytes(size.least), gibibytes(size.most), count(s.cpu, "CPU")), gibibytes(size.least))
	}
	r.require(s.concurrency >= s.cpu && s.concurrency <= 4*s.cpu, "concurrency",
		fmt.Sprintf("must be between %d and %d with %s (0 is twice as many): fewer leave CPUs idle, "+
			"more wait in line while another instance could convert them",
			s.cpu, 4*s.cpu, count(s.cpu, "CPU")), strconv.Itoa(2*s.cpu))
}

// What a new project's instances may have in one region.
// https://cloud.google.com/run/quotas
const (
	usualMilliCPU = 20_000
	usualMemory   = 40 * 1024 // MiB
)

// followDefaults sets what the configuration leaves to what it depends on.
func (s *settings) followDefaults() {
	if s.memory == "" {
		s.memory = gibibytes(max(2, s.cpu) * 1024)
	}
	if s.concurrency == 0 {
		s.concurrency = 2 * s.cpu
	}
	if s.maxInstances == 0 {
		// Half of a new project's quota, so that another stack has room beside this one.
		memory, _ := mebibytes(s.memory)
		s.maxInstances = max(1, s.minInstances, min(usualMilliCPU/(2000*max(1, s.cpu)), usualMemory/(2*max(1, memory))))
	}
}

func gibibytes(mebibytes int) string {
	if mebibytes%1024 == 0 {
		return fmt.Sprintf("%dGi", mebibytes/1024)
	}
	return fmt.Sprintf("%dMi", mebibytes)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
