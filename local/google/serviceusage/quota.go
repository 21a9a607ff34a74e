package serviceusage

import (
	"net/url"

	usage "google.golang.org/api/serviceusage/v1beta1"

	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// listQuotas is what a project may have of Cloud Run, the same in every region
// (https://cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics).
func (s *Service) listQuotas(r *rest.Request) (any, error) {
	if service := r.Var("service"); service != "run.googleapis.com" {
		return nil, status.NotModelled("the quotas of %s", service)
	}
	number, _ := s.Projects.Number(r.Var("project"))
	var answer usage.ListConsumerQuotaMetricsResponse
	for _, quota := range []struct {
		metric, name, unit string
		limit              int64
	}{
		{"run.googleapis.com/cpu_allocation", "Total CPU allocation, in milli vCPU, per project per region", "milli-vCPU",
			project.QuotaMilliCPU},
		{"run.googleapis.com/mem_allocation", "Total memory allocation, in bytes, per project per region", "By",
			project.QuotaMemory},
	} {
		name := "projects/" + number + "/services/run.googleapis.com/consumerQuotaMetrics/" + url.PathEscape(quota.metric)
		answer.Metrics = append(answer.Metrics, &usage.ConsumerQuotaMetric{Name: name, Metric: quota.metric,
			DisplayName: quota.name, Unit: quota.unit,
			ConsumerQuotaLimits: []*usage.ConsumerQuotaLimit{{
				Name: name + "/limits/%2Fproject%2Fregion", Metric: quota.metric, Unit: "1/{project}/{region}", IsPrecise: true,
				QuotaBuckets: []*usage.QuotaBucket{{EffectiveLimit: quota.limit, DefaultLimit: quota.limit}},
			}}})
	}
	return answer, nil
}
