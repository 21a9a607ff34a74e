package docx2pdf

import (
	"fmt"
	"regexp"
	"slices"
)

// regions are where Cloud Run is.
// https://cloud.google.com/run/docs/locations
var regions = []string{
	"africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3",
	"asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3", "australia-southeast1",
	"australia-southeast2", "europe-central2", "europe-north1", "europe-north2", "europe-southwest1",
	"europe-west1", "europe-west10", "europe-west12", "europe-west2", "europe-west3", "europe-west4",
	"europe-west6", "europe-west8", "europe-west9", "me-central1", "me-central2", "me-west1",
	"northamerica-northeast1", "northamerica-northeast2", "northamerica-south1", "southamerica-east1",
	"southamerica-west1", "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2",
	"us-west3", "us-west4",
}

// regionRule lets a region pass that is newer than the list.
var (
	regionRule = regexp.MustCompile(`^(africa|asia|australia|europe|me|northamerica|southamerica|us)-` +
		`(central|east|west|(north|south)(east|west)?)[1-9][0-9]?$`)
	zoneRule = regexp.MustCompile(`^(.*[0-9])-[a-z]$`)
)

// checkRegion names the region that was probably meant.
func (r *reader) checkRegion(region string) {
	if slices.Contains(regions, region) || regionRule.MatchString(region) {
		return
	}
	meant := nearest(region, regions)
	if zone := zoneRule.FindStringSubmatch(region); zone != nil {
		meant = nearest(zone[1], regions) // of a zone, the region
	}
	r.wrong = append(r.wrong, fmt.Errorf("gcp:region is %q, which is no region of Cloud Run: did you mean %s? "+
		"For example: pulumi config set gcp:region %s", region, meant, meant))
}

// oneOf requires one of the allowed values, and names the one that was probably meant.
func (r *reader) oneOf(key, value, rule string, allowed ...string) {
	r.require(slices.Contains(allowed, value), key, fmt.Sprintf("must be %s, not %q", rule, value),
		nearest(value, allowed))
}

// nearest is the one of the values that takes the fewest changes of a letter to reach.
func nearest(value string, values []string) string {
	return slices.MinFunc(values, func(a, b string) int { return distance(value, a) - distance(value, b) })
}

// distance is how many letters have to be put in, left out or changed to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
