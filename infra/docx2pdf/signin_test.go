package docx2pdf

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestATokenThatEndsIsRenewed: that of a machine may have minutes left when a deployment begins.
func TestATokenThatEndsIsRenewed(t *testing.T) {
	r, err := program{ends: true}.run(t)
	if err != nil || len(r.builds) != 1 {
		t.Errorf("the token ended while the image was built: %d builds, %v", len(r.builds), err)
	}
}

// TestCallsCountForTheProvidersQuotaProject where the provider is told to name one.
func TestCallsCountForTheProvidersQuotaProject(t *testing.T) {
	for name, test := range map[string]struct {
		config map[string]string
		want   string
	}{
		"nobody says":            {nil, ""},
		"a project but no order": {map[string]string{"gcp:billingProject": "ci"}, ""},
		"the stack's own":        {map[string]string{"gcp:userProjectOverride": "true"}, "test-project"},
		"another":                {map[string]string{"gcp:userProjectOverride": "true", "gcp:billingProject": "ci"}, "ci"},
	} {
		r, err := program{config: test.config}.run(t)
		if got := slices.Collect(maps.Keys(r.countsFor)); err != nil || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: calls count for %q, want %q (%v)", name, got, test.want, err)
		}
	}
}

// TestAPIsThatAreOffElsewhere: those of the project that the deployer's account is from are nothing to wait for.
func TestAPIsThatAreOffElsewhere(t *testing.T) {
	elsewhere := func(api, title string) string {
		return strings.ReplaceAll(disabled(api, title), "project 1 ", "project 99 ")
	}
	for name, says := range map[string]map[string]string{
		"Resource Manager": {projectPath: elsewhere("cloudresourcemanager", "Cloud Resource Manager")},
		"Service Usage":    {quotaPath: elsewhere("serviceusage", "Service Usage")},
		"Cloud Run": {"/v2/projects/test-project/locations/us-central1/services": elsewhere("run",
			"Cloud Run Admin")},
		"IAM": {projectPath + "/serviceAccounts/cr-test@test-project.iam.gserviceaccount.com": elsewhere("iam",
			"Identity and Access Management (IAM)")},
		"Logging": {"/v2/projects/test-project/sinks": elsewhere("logging", "Cloud Logging")},
		"Budgets": {"/v1/billingAccounts/000000-000000-000000/budgets": elsewhere("billingbudgets", "Cloud Billing Budget")},
	} {
		_, err := program{says: says, config: map[string]string{
			"monthlyBudget": "50", "billingAccount": "000000-000000-000000"}}.run(t)
		if err == nil || !strings.Contains(err.Error(), "--project 99") {
			t.Errorf("%s is off in the deployer's project: %v", name, err)
		}
	}
}

// TestAConverterSignsInAsItsOwnProvider where another program gives it one.
func TestAConverterSignsInAsItsOwnProvider(t *testing.T) {
	r := &recording{outputs: map[string]any{}, secrets: map[string]bool{}, countsFor: map[string]bool{},
		signedIn: map[string]bool{}}
	google := httptest.NewServer(r.google(program{}))
	defer google.Close()
	reachGoogleAt(t, google.URL)
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		provider, err := gcp.NewProvider(ctx, "ours", &gcp.ProviderArgs{Project: pulumi.String("test-project")})
		if err != nil {
			return err
		}
		_, err = NewConverter(ctx, "letters", &ConverterArgs{Project: "test-project", Region: "us-central1", Image: readyMade},
			pulumi.Provider(provider))
		return err
	}, pulumi.WithMocks("shop", "test", r))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(slices.Collect(maps.Keys(r.signedIn)), "ours") || len(r.signedIn) != 1 {
		t.Errorf("the program signs in as the providers %v", r.signedIn)
	}
}
