package docx2pdf

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"docx2pdf/infra/build"
	"docx2pdf/infra/google"
)

// reader reads configuration and collects what is wrong with it, so that a
// person sees all of it at once.
type reader struct {
	config *pulumiconfig.Config
	wrong  []error
}

// require notes that a key breaks its rule unless ok.
func (r *reader) require(ok bool, key, rule, example string) {
	if !ok {
		r.wrong = append(r.wrong, fmt.Errorf("%s %s; for example: pulumi config set %s %s", key, rule, key, example))
	}
}

func (r *reader) text(key string) string { return r.config.Get(key) }

func (r *reader) number(key, example string) int {
	n, err := r.config.TryInt(key)
	r.require(err == nil, key, "must be a whole number", example)
	return n
}

func (r *reader) boolean(key string) bool {
	b, err := r.config.TryBool(key)
	r.require(err == nil, key, "must be true or false", "true")
	return b
}

func (r *reader) texts(key, example string) []string {
	var list []string
	err := r.config.TryObject(key, &list)
	r.require(err == nil, key, "must be a list", "--path '"+key+"[0]' "+example)
	return list
}

// https://cloud.google.com/resource-manager/docs/labels-overview#requirements
var labelRule = regexp.MustCompile(`^([a-z][a-z0-9_-]{0,62})=([a-z0-9_-]{0,63})$`)

// labels reads a list of key=value.
func (r *reader) labels(key string) map[string]string {
	labels := map[string]string{}
	for _, label := range r.texts(key, "team=letters") {
		name, value, _ := strings.Cut(label, "=")
		labels[name] = value
	}
	return labels
}

func (r *reader) checkLabel(name, value string) {
	own := name == "app" || name == "stack" || name == "account"
	label := name + "=" + value
	r.require(labelRule.MatchString(label) && !own, "labels",
		fmt.Sprintf("must have key=value in lower-case letters, digits, _ and -, "+
			"and leave app, stack and account to the program; %q is not so", label), "--path 'labels[0]' team=letters")
}

var (
	// A project of a domain has that in front: example.com:my-project.
	// https://cloud.google.com/resource-manager/docs/creating-managing-projects
	projectRule = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	// https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/create
	serviceNameRule = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$`)
	// https://cloud.google.com/iam/docs/service-accounts-create
	accountIDRule = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	memoryRule    = regexp.MustCompile(`^([1-9][0-9]*)(Mi|Gi)$`)
	imageRule     = regexp.MustCompile(`^[a-z0-9.-]+(/[a-zA-Z0-9._-]+)+@sha256:[0-9a-f]{64}$`)
	audienceRule  = regexp.MustCompile(`^https://[a-z0-9.-]+\.[a-z]+/?$`)
	revisionRule  = regexp.MustCompile(`^[A-Za-z0-9.-]{0,40}$`)
	kmsKeyRule    = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$`)
	// https://cloud.google.com/iam/docs/principal-identifiers
	principalRule      = regexp.MustCompile(`^(user|serviceAccount|group):[^@\s]+@[^@\s]+$|^domain:[^@\s]+\.[^@\s]+$|^principal(Set)?://\S+$`)
	optionsRule        = regexp.MustCompile(`^([a-z]+=[^&=\s]+(&[a-z]+=[^&=\s]+)*)?$`)
	billingAccountRule = regexp.MustCompile(`^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$`)
	emailRule          = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// check answers with everything that is wrong with the settings.
func (r *reader) check(s *settings) error {
	r.require(s.project != "", "gcp:project", "is not set", "my-project")
	r.require(s.project == "" || projectRule.MatchString(s.project), "gcp:project",
		fmt.Sprintf("must be a project's id, 6 to 30 lower-case letters, digits or hyphens, not its name or number, and is %q", s.project), "my-project")
	r.require(s.region != "", "gcp:region", "is not set", "us-central1")
	if s.region != "" {
		r.checkRegion(s.region)
	}
	r.checkService(s)
	for name, value := range s.userLabels {
		r.checkLabel(name, value)
	}
	r.checkNetwork(s)
	r.checkCallers(s)
	r.require(s.retentionDays >= 0, "retentionDays", "must be 0 or more", "30")
	r.require(s.kmsKey == "" || kmsKeyRule.MatchString(s.kmsKey), "kmsKey", "must name a Cloud KMS key",
		"projects/my-project/locations/us-central1/keyRings/my-ring/cryptoKeys/my-key")
	r.checkKeyPlace(s)
	r.checkWatching(s)
	return errors.Join(r.wrong...)
}

// checkKeyPlace refuses a key that is elsewhere: buckets, images and services take one of their own region only.
// https://cloud.google.com/kms/docs/cmek#when-use-cmek
func (r *reader) checkKeyPlace(s *settings) {
	key := google.ParseKey(s.kmsKey)
	if !kmsKeyRule.MatchString(s.kmsKey) || key.Location == s.region {
		return
	}
	r.wrong = append(r.wrong, fmt.Errorf("kmsKey must be in %s (gcp:region), and is in %s: make one there with \"gcloud "+
		"kms keyrings create %s --location %s --project %s\" and \"gcloud kms keys create %s --keyring %s --location %s "+
		"--project %s --purpose encryption\"", s.region, key.Location, key.Ring, s.region, key.Project, key.Key, key.Ring,
		s.region, key.Project))
}

func (r *reader) checkWatching(s *settings) {
	r.require(s.alertEmail == "" || emailRule.MatchString(s.alertEmail), "alertEmail", "must be an email address",
		"me@example.com")
	r.require(s.monthlyBudget >= 0, "monthlyBudget", "must be 0 or more", "50")
	r.require(s.billingAccount == "" || billingAccountRule.MatchString(s.billingAccount), "billingAccount",
		"must be a billing account's id", "012345-6789AB-CDEF01")
	r.require(s.logRetentionDays >= 0 && s.logRetentionDays <= mostRetentionDays, "logRetentionDays",
		fmt.Sprintf("must be between 1 and %d, or 0", mostRetentionDays), "7")
}

// mostRetentionDays is the longest that Cloud Logging keeps anything.
// https://cloud.google.com/logging/quotas#logs_retention_periods
const mostRetentionDays = 3650

func (r *reader) checkService(s *settings) {
	r.require(serviceNameRule.MatchString(s.serviceName), "serviceName",
		"must be 1 to 49 lower-case letters, digits or hyphens, beginning with a letter", "docx2pdf")
	r.require(s.image == "" || imageRule.MatchString(s.image), "image", "must name an image by digest, not by tag",
		"us-central1-docker.pkg.dev/my-project/images/docx2pdf@sha256:"+strings.Repeat("0", 64))
	r.checkFonts(s)
	r.require(revisionRule.MatchString(s.imageRevision), "imageRevision",
		"must be at most 40 letters, digits, dots or hyphens", "2026-11-28")
	r.oneOf("libreOffice", s.libreOffice, "stable or backports", "backports", "stable")
	r.require(s.imageMaxAge >= 0, "imageMaxAgeDays", "must be 0 or more", "30")
	r.checkSize(s)
	r.require(s.minInstances >= 0, "minInstances", "must be 0 or more", "1")
	r.require(s.maxInstances >= max(1, s.minInstances), "maxInstances", "must not be less than minInstances or 0", "5")
	r.require(s.timeoutSeconds >= 2 && s.timeoutSeconds <= 3600, "timeoutSeconds", "must be between 2 and 3600", "300")
	r.require(optionsRule.MatchString(s.defaultOptions), "defaultOptions", "must be options as in an address",
		"'pdfa=2b&tagged=true'")
	r.require(!strings.Contains("&"+s.defaultOptions, "&password="), "defaultOptions",
		"must not have a password, which would stand in the service's configuration: each call names its own", "pdfa=2b")
}

func (r *reader) checkFonts(s *settings) {
	if s.fontsDir == "" {
		return
	}
	_, err := build.FindFonts(s.source, s.fontsDir)
	r.require(err == nil, "fontsDir", fmt.Sprintf("must name a folder with fonts (%v)", err), "fonts")
	r.require(s.image == "", "fontsDir",
		"does nothing with a ready-made image, which has the fonts that it was built with: remove image or this", "''")
}

func (r *reader) checkNetwork(s *settings) {
	r.oneOf("ingress", s.ingress, "all, internal or internal-and-cloud-load-balancing",
		slices.Sorted(maps.Keys(ingresses))...)
	for _, audience := range s.customAudiences {
		r.require(audienceRule.MatchString(audience), "customAudiences",
			fmt.Sprintf("must have https addresses without a path, not %q", audience),
			"--path 'customAudiences[0]' https://pdf.example.com")
	}
	r.oneOf("vpcEgress", s.vpcEgress, "private-ranges-only or all-traffic", "all-traffic", "private-ranges-only")
	r.require(s.vpcNetwork != "" || s.vpcSubnetwork == "", "vpcNetwork", "must be set when vpcSubnetwork is", "default")
}

func (r *reader) checkCallers(s *settings) {
	r.require(accountIDRule.MatchString(s.callerName), "callerName",
		"must be 6 to 30 lower-case letters, digits or hyphens, beginning with a letter", "cr-test")
	r.require(s.keyRotation >= 1, "keyRotation", "must be 1 or more", "2")
	r.oneOf("invokerScope", s.invokerScope, "service or project", "service", "project")
	for _, principal := range s.invokers {
		r.checkPrincipal("invokers", principal, "it would open the service to everybody on the internet, "+
			"who could then have documents converted at your cost; name who may call it", "group:staff@example.com")
	}
	for _, principal := range s.operators {
		r.checkPrincipal("operators", principal,
			"everybody on the internet could then read your PDFs; name who may see what failed",
			"serviceAccount:support@my-project.iam.gserviceaccount.com")
	}
}

func (r *reader) checkPrincipal(key, principal, why, example string) {
	if principal == "allUsers" || principal == "allAuthenticatedUsers" {
		r.wrong = append(r.wrong, fmt.Errorf("%s must not have %s: %s, for example: pulumi config set --path '%s[0]' %s",
			key, principal, why, key, example))
		return
	}
	r.require(principalRule.MatchString(principal), key,
		fmt.Sprintf("must have principals with their kind, not %q", principal),
		fmt.Sprintf("--path '%s[0]' %s", key, example))
}

// mebibytes reads an amount of memory such as 512Mi or 1Gi.
func mebibytes(memory string) (int, bool) {
	parts := memoryRule.FindStringSubmatch(memory)
	if parts == nil {
		return 0, false
	}
	n, err := strconv.Atoi(parts[1])
	if parts[2] == "Gi" {
		n *= 1024
	}
	return n, err == nil
}
