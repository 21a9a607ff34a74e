package run

import (
	"fmt"
	"math"
	"strings"

	runapi "google.golang.org/api/run/v2"

	"docx2pdf/local/google/project"
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

// leastCPU is the smallest part of a CPU that an instance may have.
const leastCPU = 0.08

// checkSize refuses CPUs and memory that do not go together.
func checkSize(t *runapi.GoogleCloudRunV2RevisionTemplate, request string) error {
	const limits = "template.containers[].resources.limits"
	refuse := func(field, rule string, value any, words ...string) error {
		return Refusals.Refuse("services", field, rule, value, append(words, "request", request)...)
	}
	resources := t.Containers[0].Resources
	cpu, err := cpuOf(resources.Limits["cpu"])
	if err != nil || cpu < leastCPU || cpu > 1 && cpu != 2 && cpu != 4 && cpu != 6 && cpu != 8 {
		return refuse(limits+".cpu", "number", resources.Limits["cpu"])
	}
	if cpu < 1 && t.MaxInstanceRequestConcurrency > 1 {
		return refuse(limits+".cpu", "concurrency", resources.Limits["cpu"])
	}
	if cpu < 1 && !resources.CpuIdle {
		return refuse("template", "unthrottled", nil)
	}
	memory, err := bytesOf(resources.Limits["memory"])
	if err != nil {
		return err
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
			return refuse(limits, "memory", nil, "environment", environment, "cpu", inCPUs(cpu), "least", quantity(least),
				"most", quantity(size.most))
		}
		break
	}
	return nil
}

// inCPUs writes a number of CPUs as Google does: 1.0, 0.083.
func inCPUs(n float64) string {
	if n == math.Trunc(n) {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.3g", n)
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

// checkQuota refuses a service whose instances together may take more than the region's quota.
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
	var most int64
	var what string
	var violated strings.Builder
	for _, q := range wanted {
		if q.each*instances <= q.together {
			continue
		}
		if what == "" {
			most, what = q.together/q.each, q.what
		}
		fmt.Fprintf(&violated, "\n%s requested: %d allowed: %d", q.name, q.each*instances, q.together)
	}
	if what == "" {
		return nil
	}
	return Refusals.Refuse("services", "template.scaling.maxInstanceCount", "quota", instances, "most", fmt.Sprint(most),
		"what", what, "violated", violated.String())
}
