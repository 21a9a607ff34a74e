package rest

import (
	_ "embed"
	"encoding/json"
	"net/http"
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
		panic("rest: scopes.json: " + err.Error())
	}
	return all
})

// ScopePrefix begins all of Google's OAuth scopes.
const ScopePrefix = "https://www.googleapis.com/auth/"

// scoped checks that a caller's token is for this call: an access token by its scopes
// (https://developers.google.com/identity/protocols/oauth2/scopes), a JWT that an account signed itself by its scopes
// or its audience (https://google.aip.dev/auth/4111).
func (s *Server) scoped(r *http.Request, api *API, route *Route, caller policy.Principal) error {
	if caller.Audience != "" && !forAPI(caller.Audience, api, r.Host) {
		return status.Errorf(status.Unauthenticated,
			"Request had invalid authentication credentials. Expected OAuth 2 access token, "+
				"login cookie or other valid authentication credential. The JWT is for %s.", caller.Audience)
	}
	wanted := strings.Fields(scopes()[route.ID])
	if caller.Scopes == "" || len(wanted) == 0 {
		return nil
	}
	for scope := range strings.FieldsSeq(caller.Scopes) {
		if slices.Contains(wanted, strings.TrimPrefix(scope, ScopePrefix)) {
			return nil
		}
	}
	message, reason := "Request had insufficient authentication scopes.", "insufficientPermissions"
	if api.Name == "storage.googleapis.com" {
		message, reason = "Provided scope(s) are not authorized", "forbidden"
	}
	e := status.Errorf(status.PermissionDenied, "%s", message)
	e.Reason = reason
	e.Details = []any{map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
		"domain":   "googleapis.com",
		"metadata": map[string]string{"service": api.Name, "method": route.ID},
	}}
	return e
}

// forAPI tells whether an audience is an API: its address at Google, with or without a region, or here.
func forAPI(audience string, api *API, host string) bool {
	at, err := url.Parse(audience)
	if err != nil {
		return false
	}
	return at.Host == api.Name || strings.HasSuffix(at.Host, "-"+api.Name) || at.Host == host
}
