package provider

import (
	"fmt"
	"net/http"
	"strings"
)

const kms = "/cloudkms/v1/"

func init() {
	register(map[string]*kind{"gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": iamMember(keyPolicy, "cryptoKeyId")})
}

// keyPolicy says who may use a key, which is named in full, by project/location/ring/key, or without the project.
func keyPolicy(c *call) (policyOf, error) {
	const form = "projects/{project}/locations/{location}/keyRings/{ring}/cryptoKeys/{key}"
	name := c.text("cryptoKeyId")
	if _, full := parseID(name, form); !full {
		parts := strings.Split(name, "/")
		if len(parts) == 3 {
			project, err := c.project()
			if err != nil {
				return policyOf{}, err
			}
			parts = append([]string{project}, parts...)
		}
		if len(parts) != 4 {
			return policyOf{}, fmt.Errorf("cryptoKeyId %q is not of the form %s", name, form)
		}
		name = fmt.Sprintf("projects/%s/locations/%s/keyRings/%s/cryptoKeys/%s", parts[0], parts[1], parts[2], parts[3])
	}
	p := c.policyVerbs(kms+name, http.MethodGet, "?options.requestedPolicyVersion=3", nil)
	p.id, p.outputs = name, map[string]any{"cryptoKeyId": c.text("cryptoKeyId")}
	return p, nil
}
