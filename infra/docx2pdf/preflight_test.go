package docx2pdf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// needsQuotaProject is what some APIs say to people who signed in for applications.
const needsQuotaProject = `{"error":{"code":403,"message":"Your application is authenticating by using local Application Default Credentials. The cloudresourcemanager.googleapis.com API requires a quota project, which is not set by default.","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED","metadata":{"consumer":"projects/764086051850"}}]}}`

const (
	projectPath = "/v1/projects/test-project"
	billingPath = "/v1/projects/test-project/billingInfo"
	quotaPath   = "/v1beta1/projects/test-project/services/run.googleapis.com/consumerQuotaMetrics"
	denied      = `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`
)

func refusedFor(reason, message string) string {
	return fmt.Sprintf(`{"error":{"code":403,"message":%q,"status":"PERMISSION_DENIED","details":[{
		"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q}]}}`, message, reason)
}

// TestProjectsThatCannotWork: a person reads what is wrong with the project, and what to do, before anything is made.
func TestProjectsThatCannotWork(t *testing.T) {
	for name, test := range map[string]struct {
		says   map[string]string
		config map[string]string
		want   []string
	}{
		"missing, or another's": {map[string]string{projectPath: denied}, nil,
			[]string{"the project test-project does not exist, or is another's", "gcloud projects list",
				"pulumi config set gcp:project"}},
		"behind a service perimeter": {map[string]string{projectPath: refusedFor("SECURITY_POLICY_VIOLATED",
			"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc")}, nil,
			[]string{"VPC Service Controls", "vpcServiceControlsUniqueIdentifier: abc"}},
		"counted for a project that they may not use": {map[string]string{projectPath: refusedFor("USER_PROJECT_DENIED",
			"Caller does not have required permission to use project ci.")},
			map[string]string{"gcp:userProjectOverride": "true", "gcp:billingProject": "ci"},
			[]string{"calls count for the project ci", "roles/serviceusage.serviceUsageConsumer", "gcp:billingProject"}},
		"being deleted": {map[string]string{projectPath: `{"lifecycleState":"DELETE_REQUESTED"}`}, nil,
			[]string{"is being deleted", "gcloud projects undelete test-project"}},
		"no billing": {map[string]string{billingPath: `{"billingEnabled":false}`}, nil,
			[]string{"the project test-project has no billing account", "gcloud billing projects link test-project"}},
		"no Service Usage": {map[string]string{quotaPath: disabled("serviceusage", "Service Usage")}, nil,
			[]string{"gcloud services enable serviceusage.googleapis.com cloudresourcemanager.googleapis.com --project 1"}},
		"bad credentials": {map[string]string{projectPath: `{"error":{"code":401,"message":"no"}}`}, nil,
			[]string{"gcloud auth application-default login"}},
		"more CPUs than the quota": {nil, map[string]string{"maxInstances": "11"},
			[]string{"11 instances take 22 CPUs", "CpuAllocPerProjectRegion", "test-project in us-central1 is 20",
				"pulumi config set maxInstances 10"}},
		"more memory than the quota": {nil, map[string]string{"memory": "8Gi", "maxInstances": "6"},
			[]string{"6 instances take 48 GiB", "MemAllocPerProjectRegion", "pulumi config set maxInstances 5"}},
		"one region's own quota": {map[string]string{quotaPath: `{"metrics":[{"metric":"run.googleapis.com/cpu_allocation","consumerQuotaLimits":[{"quotaBuckets":[
			{"effectiveLimit":"20000"},{"effectiveLimit":"4000","dimensions":{"region":"us-central1"}},{"effectiveLimit":"90000","dimensions":{"region":"us-east1"}}]}]}]}`}, nil,
			[]string{"5 instances take 10 CPUs", "is 4:", "pulumi config set maxInstances 2"}},
		"a budget of nobody knows which account": {map[string]string{billingPath: denied},
			map[string]string{"monthlyBudget": "50"},
			[]string{"monthlyBudget: the billing account of the project test-project cannot be looked up",
				"pulumi config set billingAccount", "gcloud billing accounts list"}},
		"not even one instance": {map[string]string{quotaPath: `{"metrics":[{"metric":"run.googleapis.com/cpu_allocation","consumerQuotaLimits":[{"quotaBuckets":[{"effectiveLimit":"1000"}]}]}]}`}, nil,
			[]string{"choose fewer CPUs and less memory"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := program{says: test.says, config: test.config}.run(t)
			if err == nil {
				t.Fatal("deployed")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q:\n%v", want, err)
				}
			}
			if len(r.resources) != 0 {
				t.Errorf("%d resources were asked for before the error", len(r.resources))
			}
		})
	}
}

// TestWhatCannotBeLookedUpIsNoReason: in a new project some APIs are off, and who deploys may lack a role to look.
func TestWhatCannotBeLookedUpIsNoReason(t *testing.T) {
	for name, says := range map[string]map[string]string{
		"Resource Manager is off": {projectPath: disabled("cloudresourcemanager",
			"Cloud Resource Manager")},
		"Billing is off":          {billingPath: disabled("cloudbilling", "Cloud Billing")},
		"no right to see billing": {billingPath: denied},
		"no right to see quotas":  {quotaPath: denied},
		"Service Usage is off in gcloud's own project": {quotaPath: strings.ReplaceAll(disabled("serviceusage",
			"Service Usage"), "project 1", "project 764086051850")},
		"the credentials have no quota project": {projectPath: needsQuotaProject, quotaPath: needsQuotaProject},
		"quotas in another unit":                {quotaPath: `{"metrics":[{"metric":"run.googleapis.com/mem_allocation","consumerQuotaLimits":[{"quotaBuckets":[{"effectiveLimit":"40960"}]}]}]}`},
		"no limit is set":                       {quotaPath: `{"metrics":[{"metric":"run.googleapis.com/cpu_allocation","consumerQuotaLimits":[{"quotaBuckets":[{"effectiveLimit":"-1"}]}]}]}`},
	} {
		if _, err := (program{says: says, dryRun: true, config: map[string]string{"maxInstances": "10"}}).run(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOthersTakeOfTheQuota: what other services of the region may have is told by name, and refuses nothing. The
// stack's
// own service does not count twice.
func TestOthersTakeOfTheQuota(t *testing.T) {
	const services = "/v2/projects/test-project/locations/us-central1/services"
	const list = `{"services":[
		{"name":"p/services/docx2pdf","template":{"scaling":{"maxInstanceCount":5},"containers":[{"resources":{"limits":{"cpu":"2","memory":"2Gi"}}}]}},
		{"name":"p/services/shop","template":{"scaling":{"maxInstanceCount":%s},"containers":[{"resources":{"limits":{"cpu":"500m","memory":"512Mi"}}}]}},
		{"name":"p/services/mail","template":{"scaling":{"maxInstanceCount":6},"containers":[{"resources":{"limits":{"cpu":"1","memory":"512Mi"}}}]}}]}`
	for most, want := range map[string]string{
		"8": "",
		"9": "may take 20.5 CPUs together (docx2pdf 10, mail 6, shop 4.5), and the quota CpuAllocPerProjectRegion is 20",
	} {
		r, err := program{built: true, dryRun: true, says: map[string]string{services: fmt.Sprintf(list, most)}}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(r.warnings(), " "); !strings.Contains(said, want) || (want == "") != (said == "") {
			t.Errorf("with %s instances of the shop the program says %q, want %q", most, said, want)
		}
	}
}

// TestImageOfADomainsProject: a project of a domain has a slash in the names of its images.
func TestImageOfADomainsProject(t *testing.T) {
	r, err := program{config: map[string]string{"gcp:project": "example.com:letters"}}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if want := "us-central1-docker.pkg.dev/example.com/letters/"; !strings.HasPrefix(r.serviceImage(t), want) ||
		!strings.HasPrefix(r.builds[0], want) {
		t.Errorf("the build makes %v and the service runs %s, want %s…", r.builds, r.serviceImage(t), want)
	}
}

// TestResourceManagerIsEnabledFirst: Pulumi's provider asks it for the project of every API that it enables.
func TestResourceManagerIsEnabledFirst(t *testing.T) {
	for dryRun, want := range map[bool]int{false: 1, true: 0} {
		r, err := program{built: true, dryRun: dryRun}.run(t)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.enabled) != want || want > 0 && r.enabled[0] != "cloudresourcemanager.googleapis.com:enable" {
			t.Errorf("in a preview %v: the program enabled %v", dryRun, r.enabled)
		}
	}
}

// TestThePreviewOfANewProjectAsksNoAPI: what is off until the update would fail the preview.
func TestThePreviewOfANewProjectAsksNoAPI(t *testing.T) {
	p := program{dryRun: true, fresh: true, config: map[string]string{"monthlyBudget": "50"}}
	r, err := p.run(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range r.looked {
		if strings.HasPrefix(call, "gcp:") && !strings.Contains(call, "getClientConfig") {
			t.Errorf("the preview calls %s before its API is on", call)
		}
	}
	p.fresh = false
	if r, err = p.run(t); err != nil || !slices.Contains(r.looked, "gcp:organizations/getProject:getProject") {
		t.Errorf("with the APIs on it calls %v: %v", r.looked, err)
	}
}

// TestKeysThatTheOrganisationForbids are refused before anything is made; those that are there are none of its concern.
func TestKeysThatTheOrganisationForbids(t *testing.T) {
	const managed = "/v2/projects/test-project/policies/iam.managed.disableServiceAccountKeyCreation:getEffectivePolicy"
	for name, says := range map[string]map[string]string{
		"iam.disableServiceAccountKeyCreation": {
			projectPath + ":getEffectiveOrgPolicy": `{"booleanPolicy":{"enforced":true}}`},
		"iam.managed.disableServiceAccountKeyCreation": {managed: `{"spec":{"rules":[{"enforce":true}]}}`},
	} {
		for _, dryRun := range []bool{true, false} {
			r, err := program{says: says, dryRun: dryRun}.run(t)
			if err == nil || !strings.Contains(err.Error(), "("+name+")") || len(r.resources) != 0 ||
				!strings.Contains(err.Error(), "pulumi config set createKey false") {
				t.Errorf("with %s enforced: %v, and %d resources", name, err, len(r.resources))
			}
		}
		if _, err := (program{says: says, hasKey: true}).run(t); err != nil {
			t.Errorf("with %s enforced and a key that is there: %v", name, err)
		}
		if _, err := (program{says: says, config: map[string]string{"createKey": "false"}}).run(t); err != nil {
			t.Errorf("with %s enforced and no key wanted: %v", name, err)
		}
	}
}
