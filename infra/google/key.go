package google

import (
	"context"
	"net/http"
	"strings"
)

// UsesKey is the role that lets a service's agent use a key of Cloud KMS.
// https://cloud.google.com/kms/docs/cmek#grant_permission
const UsesKey = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

// KeyName is the name of a Cloud KMS key, taken apart.
type KeyName struct{ Project, Location, Ring, Key string }

// ParseKey reads projects/P/locations/L/keyRings/R/cryptoKeys/K.
func ParseKey(name string) KeyName {
	parts := append(strings.Split(name, "/"), make([]string, 8)...)
	return KeyName{Project: parts[1], Location: parts[3], Ring: parts[5], Key: parts[7]}
}

// Key is a Cloud KMS key.
// https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys
type Key struct {
	Purpose string
	// Primary is the version that encrypts; its zero value stands for none.
	Primary struct{ Name, State string }
}

// Key looks at a key. Its error is Google's refusal.
func (c *Client) Key(ctx context.Context, name string) (*Key, error) {
	var k Key
	return &k, c.Call(ctx, http.MethodGet, KMS, "v1/"+name, nil, &k)
}

// MayGrantKey says whether whoever deploys may say who uses a key. Where that cannot be asked, Google will say it.
func (c *Client) MayGrantKey(ctx context.Context, name string) bool {
	takes := []string{"cloudkms.cryptoKeys.getIamPolicy", "cloudkms.cryptoKeys.setIamPolicy"}
	var held struct{ Permissions []string }
	err := c.Call(ctx, http.MethodPost, KMS, "v1/"+name+":testIamPermissions", map[string]any{"permissions": takes}, &held)
	return err != nil || len(held.Permissions) == len(takes)
}

// KeyUsers are the members that may use a key by its own policy or its ring's, as far as these can be read. Seen says
// whether the key's own can.
func (c *Client) KeyUsers(ctx context.Context, name string) (users map[string]bool, seen bool) {
	users = map[string]bool{}
	ring, _, _ := strings.Cut(name, "/cryptoKeys/")
	for _, resource := range []string{name, ring} {
		var policy struct {
			Bindings []struct {
				Role      string
				Members   []string
				Condition any
			}
		}
		if err := c.Call(ctx, http.MethodGet, KMS, "v1/"+resource+":getIamPolicy", nil, &policy); err != nil {
			continue
		}
		seen = seen || resource == name
		for _, binding := range policy.Bindings {
			for _, member := range binding.Members {
				users[member] = users[member] || binding.Role == UsesKey && binding.Condition == nil
			}
		}
	}
	return users, seen
}
