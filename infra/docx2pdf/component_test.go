package docx2pdf

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestTwoConvertersInAnotherProgram: two components of one program share no name, in Pulumi or at Google.
func TestTwoConvertersInAnotherProgram(t *testing.T) {
	r := &recording{outputs: map[string]any{}, secrets: map[string]bool{}, countsFor: map[string]bool{},
		signedIn: map[string]bool{}}
	google := httptest.NewServer(r.google(program{built: true}))
	defer google.Close()
	reachGoogleAt(t, google.URL)
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		for name, args := range map[string]*ConverterArgs{
			"letters": {Project: "test-project", Region: "us-central1", Source: ".."},
			"bills": {Project: "test-project", Region: "europe-west1", Image: readyMade, ServiceName: "bills",
				CallerName: "bills-caller",
				CPU:        4, NoKey: true, Labels: map[string]string{"team": "bills"}},
		} {
			if _, err := NewConverter(ctx, name, args); err != nil {
				return err
			}
		}
		return nil
	}, pulumi.WithMocks("shop", "test", r))
	if err != nil {
		t.Fatal(err)
	}
	seen, services := map[string]bool{}, map[string]bool{}
	for _, resource := range r.resources {
		if resource.custom && !strings.HasPrefix(resource.Name, "letters-") && !strings.HasPrefix(resource.Name, "bills-") {
			t.Errorf("%s %s is named after no component", resource.Type, resource.Name)
		}
		names := []string{"pulumi " + resource.Type + " " + resource.Name}
		for _, key := range []string{"accountId", "repositoryId"} {
			if id, ok := resource.Inputs[key].(string); ok {
				names = append(names, key+" "+id)
			}
		}
		for _, name := range names {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if resource.Type == "gcp:cloudrunv2/service:Service" {
			services[resource.Inputs["name"].(string)] = true
		}
	}
	if !services["docx2pdf"] || !services["bills"] {
		t.Errorf("the services are %v", services)
	}
}

// TestComponentsArgumentsAreChecked as a stack's configuration is.
func TestComponentsArgumentsAreChecked(t *testing.T) {
	for _, test := range []struct {
		args ConverterArgs
		want string
	}{
		{ConverterArgs{Project: "test-project", Region: "us-central1"}, "needs an Image, or the Source"},
		{ConverterArgs{Region: "us-central1", Image: readyMade}, "gcp:project is not set"},
		{ConverterArgs{Project: "test-project", Region: "us-central1", Image: readyMade, CPU: 3}, "cpu must be 1, 2, 4 or 8"},
		{ConverterArgs{Project: "test-project", Region: "us-central1", Image: readyMade, Invokers: []string{"allUsers"}},
			"everybody on the internet"},
		{ConverterArgs{Project: "test-project", Region: "us-central1", Image: readyMade,
			Labels: map[string]string{"stack": "x"}}, "leave app, stack and account"},
	} {
		r := &recording{signedIn: map[string]bool{}}
		err := pulumi.RunErr(func(ctx *pulumi.Context) error {
			_, err := NewConverter(ctx, "letters", &test.args)
			return err
		}, pulumi.WithMocks("shop", "test", r))
		if err == nil || !strings.Contains(err.Error(), test.want) || len(r.resources) != 0 {
			t.Errorf("%+v: %v, and %d resources", test.args, err, len(r.resources))
		}
	}
}
