package google

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
)

// quota is one of the limits on all Cloud Run instances of a project in a region.
type quota struct {
	metric, name string
	unit         int64 // of what is said, in that of the limit
	said         string
}

// https://cloud.google.com/run/quotas
var quotas = []quota{
	{"run.googleapis.com/cpu_allocation", "CpuAllocPerProjectRegion", 1000, "CPUs"},
	{"run.googleapis.com/mem_allocation", "MemAllocPerProjectRegion", 1 << 30, "GiB"},
}

// checkQuota refuses more instances than the project may have, with the number that fits.
func (c *Client) checkQuota(ctx context.Context, w Wanted) error {
	limits, err := c.limits(ctx, w.Project, w.Region)
	if isDisabled(err) {
		off := cmp.Or(whereDisabled(err), w.Project)
		return fmt.Errorf("no API can be enabled in the project %s, since Service Usage is off in the project %s (the same "+
			"one, or the one of the account that deploys): run "+
			"\"gcloud services enable serviceusage.googleapis.com cloudresourcemanager.googleapis.com --project %s\" once",
			w.Project, off, off)
	}
	for i, each := range []int64{w.MilliCPU, w.Memory} {
		q := quotas[i]
		limit, known := limits[q.metric]
		wanted := each * int64(w.Instances)
		// Less than one CPU or GiB is no quota, but one in another unit.
		if !known || limit < q.unit || wanted <= limit {
			continue
		}
		next := fmt.Sprintf("pulumi config set maxInstances %d", limit/each)
		if limit < each {
			next = "choose fewer CPUs and less memory"
		}
		return fmt.Errorf("maxInstances: %d instances take %s %s, and the quota %s of the project %s in %s is %s: %s, "+
			"or ask for more at https://console.cloud.google.com/iam-admin/quotas?project=%s",
			w.Instances, amount(wanted, q.unit), q.said, q.name, w.Project, w.Region, amount(limit, q.unit), next, w.Project)
	}
	return nil
}

func amount(n, unit int64) string { return fmt.Sprintf("%.4g", float64(n)/float64(unit)) }

// limits are the quotas in effect in a region, by metric.
// https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics/list
func (c *Client) limits(ctx context.Context, project, region string) (map[string]int64, error) {
	var answer struct {
		Metrics []struct {
			Metric              string
			ConsumerQuotaLimits []struct {
				QuotaBuckets []struct {
					EffectiveLimit *int64 `json:",string"`
					Dimensions     map[string]string
				}
			}
		}
	}
	path := "v1beta1/projects/" + project + "/services/run.googleapis.com/consumerQuotaMetrics?pageSize=1000"
	err := c.Call(ctx, http.MethodGet, ServiceUsage, path, nil, &answer)
	if err != nil {
		return nil, err
	}
	limits := map[string]int64{}
	for _, metric := range answer.Metrics {
		for _, limit := range metric.ConsumerQuotaLimits {
			for _, bucket := range limit.QuotaBuckets {
				// The bucket without a region is of all regions that have none of their own.
				in, own := bucket.Dimensions["region"]
				_, found := limits[metric.Metric]
				if bucket.EffectiveLimit != nil && (own && in == region || !own && !found) {
					limits[metric.Metric] = *bucket.EffectiveLimit
				}
			}
		}
	}
	return limits, nil
}
