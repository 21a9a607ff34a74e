package docx2pdf

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden inventories anew")

// TestMain runs the tests where Pulumi runs the program.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// programs are the configurations that the tests look at.
var programs = map[string]program{
	"default": {},
	"smallest": {config: map[string]string{
		"image": readyMade, "events": "false", "createKey": "false",
	}},
	"fullest": {config: map[string]string{
		"alertEmail": "me@example.com", "retentionDays": "30", "versioning": "true", "forceDestroy": "true",
		"kmsKey":         "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k",
		"defaultOptions": "pdfa=2b&tagged=true",
		"invokerScope":   "project",
		"invokers":       `["group:staff@example.com","serviceAccount:robot@other.iam.gserviceaccount.com"]`,
		"operators":      `["group:staff@example.com","group:support@example.com"]`,
		"cpu":            "4", "memory": "4Gi", "concurrency": "8", "minInstances": "1", "maxInstances": "5",
		"timeoutSeconds": "900", "ingress": "internal", "customAudiences": `["https://pdf.example.com"]`,
		"vpcNetwork": "letters", "vpcSubnetwork": "letters-us", "vpcEgress": "all-traffic",
		"labels": `["team=letters","cost-center=12"]`, "monthlyBudget": "50", "billingAccount": "012345-6789AB-CDEF01",
		"logRetentionDays": "7",
	}},
}

const readyMade = "us-central1-docker.pkg.dev/shop/images/docx2pdf@" + testDigest

// TestInventory compares everything that the program asks for with what it asked
// for before: type, name and inputs. A change of the deployment shows as a change
// of these files; go test ./infra/docx2pdf -update writes them anew.
func TestInventory(t *testing.T) {
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			r, err := p.run(t)
			if err != nil {
				t.Fatal(err)
			}
			got := r.inventory(t)
			file := filepath.Join("docx2pdf", "testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the inventory differs from %s; see what changed with: go test ./infra/docx2pdf -update && git diff "+
					"infra/docx2pdf/testdata\n%s", file, got)
			}
		})
	}
}

// inventory is what was recorded, sorted, without what changes with the source.
func (r *recording) inventory(t *testing.T) []byte {
	t.Helper()
	slices.SortFunc(r.resources, func(a, b recorded) int {
		return strings.Compare(a.Type+"\x00"+a.Name, b.Type+"\x00"+b.Name)
	})
	for _, resource := range r.resources {
		if name, _ := resource.Inputs["name"].(string); strings.HasPrefix(name, "source-") {
			resource.Inputs["name"] = "source-HASH.zip"
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.resources); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOutputs(t *testing.T) {
	r, err := program{}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"url":            "https://docx2pdf-test-uc.a.run.app",
		"key":            `{"type":"service_account"}`,
		"inputBucket":    "docx2pdf-input-0000000",
		"outputBucket":   "docx2pdf-output-0000000",
		"serviceAccount": "cr-test@test-project.iam.gserviceaccount.com",
	} {
		if got := r.outputs[name]; got != want {
			t.Errorf("output %s = %v, want %s", name, got, want)
		}
		if secret := r.secrets[name]; secret != (name == "key") {
			t.Errorf("output %s secret: %v", name, secret)
		}
	}
	image, _ := r.outputs["image"].(string)
	if !strings.HasSuffix(image, "/docx2pdf@"+testDigest) {
		t.Errorf("output image = %v, want one by digest", image)
	}
}
