package door

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
)

// scopesFile has, by method id, the OAuth scopes of which a caller needs one, as Google's discovery documents list
// them. A test compares it with those that Google's Go client carries, and writes it.
//
//go:embed scopes.json
var scopesFile []byte

var scopes = sync.OnceValue(func() map[string]string {
	var all map[string]string
	if err := json.Unmarshal(scopesFile, &all); err != nil {
		panic("door: scopes.json: " + err.Error())
	}
	return all
})

// ScopePrefix begins all of Google's OAuth scopes.
const ScopePrefix = "https://www.googleapis.com/auth/"

// undiscovered are the scopes of calls that no discovery document lists. The registry's are those that clients on
// Compute Engine need: https://cloud.google.com/artifact-registry/docs/access-control#compute
var undiscovered = map[string]string{
	"artifactregistry.repositories.downloadArtifacts": readStorage,
	"XML API: get object":                             readStorage,
	"XML API: head object":                            readStorage,
}

const readStorage = "cloud-platform cloud-platform.read-only devstorage.full_control devstorage.read_only " +
	"devstorage.read_write"

// versions are in the ids of methods that another version of the API has too, for the same scopes.
var versions = strings.NewReplacer(".v1beta1.", ".", ".v3.", ".", ".v1.", ".")

// scopesOf are the scopes of which a call needs one. Every API of Google Cloud takes cloud-platform.
func scopesOf(method string) []string {
	known, _, _ := strings.Cut(method, " (")
	known = versions.Replace(known)
	return strings.Fields(cmp.Or(scopes()[known], undiscovered[known], "cloud-platform"))
}

// scoped checks that a caller's credential is for this call: an access token by its scopes
// (https://developers.google.com/identity/protocols/oauth2/scopes), a JWT that an account signed itself by its scopes
// or its audience (https://google.aip.dev/auth/4111).
func scoped(caller policy.Principal, service, method, host string) error {
	if caller.Audience != "" && !forAPI(caller.Audience, service, host) {
		return status.Errorf(status.Unauthenticated,
			"Request had invalid authentication credentials. Expected OAuth 2 access token, "+
				"login cookie or other valid authentication credential. The JWT is for %s.", caller.Audience)
	}
	if caller.Scopes == "" {
		return nil
	}
	wanted := scopesOf(method)
	for scope := range strings.FieldsSeq(caller.Scopes) {
		if slices.Contains(wanted, strings.TrimPrefix(scope, ScopePrefix)) {
			return nil
		}
	}
	message, reason := "Request had insufficient authentication scopes.", "insufficientPermissions"
	if service == "storage.googleapis.com" {
		message, reason = "Provided scope(s) are not authorized", "forbidden"
	}
	e := status.Errorf(status.PermissionDenied, "%s", message)
	e.Reason = reason
	e.Details = []any{map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
		"domain":   "googleapis.com",
		"metadata": map[string]string{"service": service, "method": method},
	}}
	return e
}

// forAPI tells whether an audience is an API: its address at Google, with or without a region, or here.
func forAPI(audience, service, host string) bool {
	at, err := url.Parse(audience)
	if err != nil {
		return false
	}
	return at.Host == service || strings.HasSuffix(at.Host, "-"+service) || at.Host == host
}
