package cloud_test

import (
	"strings"

	"docx2pdf/local/cloud"
)

// account makes a service account and returns its email.
func (w *world) account(id string) string {
	w.t.Helper()
	return w.call(w.owner, "POST", "/iam/v1/projects/"+project+"/serviceAccounts",
		map[string]any{"accountId": id}).want(200).text("email")
}

// token makes an access token of a service account: the owner gets token-creator rights on it first.
func (w *world) token(email string) string {
	w.t.Helper()
	w.mayMakeTokens(email)
	return w.call(w.owner, "POST", "/iamcredentials/v1/projects/-/serviceAccounts/"+email+":generateAccessToken",
		map[string]any{"scope": []string{"https://www.googleapis.com/auth/cloud-platform"}}).want(200).text("accessToken")
}

// idToken makes an ID token of a service account.
func (w *world) idToken(email, audience string) string {
	w.t.Helper()
	w.mayMakeTokens(email)
	return w.call(w.owner, "POST", "/iamcredentials/v1/projects/-/serviceAccounts/"+email+":generateIdToken",
		map[string]any{"audience": audience, "includeEmail": true}).want(200).text("token")
}

func (w *world) mayMakeTokens(email string) {
	w.t.Helper()
	w.grant("/iam/v1/projects/"+project+"/serviceAccounts/"+email, "roles/iam.serviceAccountTokenCreator",
		"user:"+cloud.Owner)
}

// grant adds a binding the way the provider does: read, modify, write.
func (w *world) grant(resource, role, member string) {
	w.t.Helper()
	w.tryGrant(resource, role, member).want(200)
}

// tryGrant is grant with the answer.
func (w *world) tryGrant(resource, role, member string) answer {
	w.t.Helper()
	return w.tryPolicy(resource, func(bindings []any) []any {
		return append(bindings, map[string]any{"role": role, "members": []string{member}})
	})
}

// revoke takes a member out of a role.
func (w *world) revoke(resource, role, member string) {
	w.t.Helper()
	w.changePolicy(resource, func(bindings []any) []any {
		for _, b := range bindings {
			binding := b.(map[string]any)
			if binding["role"] != role {
				continue
			}
			var kept []any
			for _, m := range binding["members"].([]any) {
				if m != member {
					kept = append(kept, m)
				}
			}
			binding["members"] = kept
		}
		return bindings
	})
}

func (w *world) changePolicy(resource string, change func([]any) []any) {
	w.t.Helper()
	w.tryPolicy(resource, change).want(200)
}

func (w *world) tryPolicy(resource string, change func([]any) []any) answer {
	w.t.Helper()
	getMethod, get, setMethod, set := "POST", resource+":getIamPolicy", "POST", resource+":setIamPolicy"
	bucket := strings.HasPrefix(resource, "/storage/")
	switch {
	case bucket:
		getMethod, get, setMethod, set = "GET", resource+"/iam", "PUT", resource+"/iam"
	case !strings.HasPrefix(resource, "/iam/") && !strings.HasPrefix(resource, "/cloudresourcemanager/"):
		getMethod = "GET"
	}
	policy := w.call(w.owner, getMethod, get, nil).want(200).at().(map[string]any)
	bindings, _ := policy["bindings"].([]any)
	policy["bindings"] = change(bindings)
	var body any = policy
	if !bucket {
		body = map[string]any{"policy": policy}
	}
	return w.call(w.owner, setMethod, set, body)
}

const projectPolicy = "/cloudresourcemanager/v1/projects/" + project

func bucketPolicy(name string) string { return "/storage/v1/b/" + name }

func (w *world) bucket(name string) string {
	w.t.Helper()
	w.call(w.owner, "POST", "/storage/v1/b?project="+project, map[string]any{"name": name, "location": "us-central1",
		"iamConfiguration": map[string]any{"uniformBucketLevelAccess": map[string]any{"enabled": true}}}).want(200)
	return name
}

func (w *world) upload(bucket, name string, content []byte) answer {
	w.t.Helper()
	return w.call(w.owner, "POST", "/upload/storage/v1/b/"+bucket+"/o?uploadType=media&name="+name, content)
}
