package google

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// neighbour is another Cloud Run service of the project in the region, and what all of its instances may take.
type neighbour struct {
	name             string
	milliCPU, memory int64
}

// Crowded says who takes how much of the project's quota when this deployment and the other services of the region have
// as many instances as they may have, and that is more than the quota; "" when all have room, or when it cannot be
// looked up. Google takes such a deployment: instances that exist count. But then not all of them will start.
func (c *Client) Crowded(ctx context.Context, w Wanted, service string) string {
	limits, err := c.limits(ctx, w.Project, w.Region)
	if err != nil {
		return ""
	}
	others := c.neighbours(ctx, w, service)
	for i, own := range []int64{w.MilliCPU * int64(w.Instances), w.Memory * int64(w.Instances)} {
		q := quotas[i]
		limit, known := limits[q.metric]
		taken := func(n neighbour) int64 { return []int64{n.milliCPU, n.memory}[i] }
		together := own
		for _, n := range others {
			together += taken(n)
		}
		if !known || limit < q.unit || own > limit || together <= limit {
			continue
		}
		slices.SortStableFunc(others, func(a, b neighbour) int { return int(min(1, max(-1, taken(b)-taken(a)))) })
		takers := []string{fmt.Sprintf("%s %s", service, amount(own, q.unit))}
		for _, n := range others {
			takers = append(takers, fmt.Sprintf("%s %s", n.name, amount(taken(n), q.unit)))
		}
		return fmt.Sprintf("the Cloud Run services of the project %s in %s may take %s %s together (%s), and the quota %s "+
			"is %s: when all are busy, some get no more instances. Lower maxInstances of one, or ask for more at "+
			"https://console.cloud.google.com/iam-admin/quotas?project=%s", w.Project, w.Region, amount(together, q.unit),
			q.said, strings.Join(takers, ", "), q.name, amount(limit, q.unit), w.Project)
	}
	return ""
}

// neighbours are the services of the region but one.
// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/list
func (c *Client) neighbours(ctx context.Context, w Wanted, but string) []neighbour {
	var found []neighbour
	for page := ""; ; {
		var answer struct {
			Services []struct {
				Name     string
				Template struct {
					Scaling    struct{ MaxInstanceCount int64 }
					Containers []struct {
						Resources struct{ Limits map[string]string }
					}
				}
			}
			NextPageToken string
		}
		path := "v2/projects/" + w.Project + "/locations/" + w.Region + "/services?pageSize=100&pageToken=" +
			url.QueryEscape(page)
		if err := c.Call(ctx, http.MethodGet, CloudRun, path, nil, &answer); err != nil {
			return found
		}
		for _, s := range answer.Services {
			n := neighbour{name: s.Name[strings.LastIndex(s.Name, "/")+1:]}
			for _, container := range s.Template.Containers {
				n.milliCPU += quantity(container.Resources.Limits["cpu"], 1000) * s.Template.Scaling.MaxInstanceCount
				n.memory += quantity(container.Resources.Limits["memory"], 1) * s.Template.Scaling.MaxInstanceCount
			}
			if n.name != but {
				found = append(found, n)
			}
		}
		if page = answer.NextPageToken; page == "" {
			return found
		}
	}
}

// quantity reads an amount as Kubernetes writes it, such as 500m, 2 or 512Mi, in units of 1/scale.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
func quantity(text string, scale float64) int64 {
	for _, unit := range []struct {
		suffix string
		size   float64
	}{{"m", 0.001}, {"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}} {
		if number, ok := strings.CutSuffix(text, unit.suffix); ok {
			n, _ := strconv.ParseFloat(number, 64)
			return int64(n * unit.size * scale)
		}
	}
	n, _ := strconv.ParseFloat(text, 64)
	return int64(n * scale)
}
