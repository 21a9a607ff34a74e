package run

import (
	"fmt"
	"strings"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/status"
)

// sizes are the memory that an instance may have with so many CPUs.
// https://cloud.google.com/run/docs/configuring/services/memory-limits
// https://cloud.google.com/run/docs/configuring/services/cpu
var sizes = []struct {
	below       float64 // the row is for fewer CPUs than this
	least, most int64   // MiB
}{
	{0.5, 128, 512}, {1, 128, 1024}, {2, 128, 4096}, {4, 128, 8192}, {6, 2048, 16384}, {8, 4096, 24576}, {9, 4096, 32768},
}

// leastOfSecondGeneration is the least memory, in MiB, of an instance with a whole Linux.
// https://cloud.google.com/run/docs/about-execution-environments
const leastOfSecondGeneration = 512

const memoryHelp = "\nFor more troubleshooting guidance, see " +
	"https://cloud.google.com/run/docs/configuring/memory-limits"

// checkSize refuses CPUs and memory that do not go together. The texts are those that users report.
func checkSize(t *runapi.GoogleCloudRunV2RevisionTemplate) error {
	const limits = "template.containers[0].resources.limits."
	cpu, err := cpuOf(t.Containers[0].Resources.Limits["cpu"])
	if err != nil || cpu <= 0 || cpu > 1 && cpu != 2 && cpu != 4 && cpu != 6 && cpu != 8 {
		return violation(limits+"cpu", "Invalid value specified for cpu. Specify at most 1, or 2, 4, 6 or 8 CPUs.")
	}
	if cpu < 1 && t.MaxInstanceRequestConcurrency > 1 {
		return violation(limits+"cpu", "Total cpu < 1 is not supported with concurrency > 1.")
	}
	memory, err := bytesOf(t.Containers[0].Resources.Limits["memory"])
	if err != nil {
		return violation(limits+"memory", "invalid value; give for example 1Gi")
	}
	for _, size := range sizes {
		if cpu >= size.below {
			continue
		}
		least, environment := size.least, ""
		if t.ExecutionEnvironment == "EXECUTION_ENVIRONMENT_GEN2" {
			least, environment = max(least, leastOfSecondGeneration), " with gen2 execution environment"
		}
		if memory < least<<20 || memory > size.most<<20 {
			return violation(limits+"memory",
				fmt.Sprintf("Invalid value specified for container memory%s. For %.3g CPU, memory must be between %s and %s "+
					"inclusive.%s",
					environment, cpu, quantity(least), quantity(size.most), memoryHelp))
		}
		break
	}
	return nil
}

func quantity(mebibytes int64) string {
	if mebibytes%1024 == 0 {
		return fmt.Sprintf("%dGi", mebibytes/1024)
	}
	return fmt.Sprintf("%dMi", mebibytes)
}

// defaultInstances is the most instances of a service that names no number: 100, or as many as the quota has room for.
// https://cloud.google.com/run/docs/configuring/max-instances
func defaultInstances(t *runapi.GoogleCloudRunV2RevisionTemplate) int64 {
	instances := int64(100)
	if cpu, err := cpuOf(t.Containers[0].Resources.Limits["cpu"]); err == nil && cpu > 0 {
		instances = min(instances, int64(project.QuotaMilliCPU/(cpu*1000)))
	}
	if memory, err := bytesOf(t.Containers[0].Resources.Limits["memory"]); err == nil && memory > 0 {
		instances = min(instances, project.QuotaMemory/memory)
	}
	return max(instances, 1)
}

// checkQuota refuses a service whose instances together may take more than the region's quota. The text is as users
// report it, for example in googlecodelabs/feedback#1856 and #2311.
func checkQuota(t *runapi.GoogleCloudRunV2RevisionTemplate) error {
	cpu, _ := cpuOf(t.Containers[0].Resources.Limits["cpu"])
	memory, _ := bytesOf(t.Containers[0].Resources.Limits["memory"])
	instances := t.Scaling.MaxInstanceCount
	wanted := []struct {
		what, name     string
		each, together int64
	}{
		{"CPU", "CpuAllocPerProjectRegion", int64(cpu * 1000), project.QuotaMilliCPU},
		{"memory", "MemAllocPerProjectRegion", memory, project.QuotaMemory},
	}
	var message, violated strings.Builder
	for _, q := range wanted {
		if q.each*instances <= q.together {
			continue
		}
		if message.Len() == 0 {
			fmt.Fprintf(&message, "Max instances must be set to %d or fewer to set the requested total %s.",
				q.together/q.each, q.what)
		}
		fmt.Fprintf(&violated, "\n%s requested: %d allowed: %d", q.name, q.each*instances, q.together)
	}
	if message.Len() == 0 {
		return nil
	}
	return status.Errorf(status.InvalidArgument,
		"template.scaling.max_instance_count: %s\nConsider running your workload in a region with "+
			"greater capacity, or requesting an increase in quota for this region if you are seeing sustained usage near this "+
			"limit, see https://cloud.google.com/run/quotas.\n\nQuota violated:%s", message.String(), violated.String())
}
