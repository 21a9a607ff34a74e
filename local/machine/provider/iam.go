package provider

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const iam = "/iam/v1/"

func init() {
	register(map[string]*kind{
		"gcp:serviceaccount/account:Account": {
			defaults: map[string]any{"disabled": false},
			rules: map[string]rule{"accountId": {
				pattern: regexp.MustCompile(`^[a-z]([-a-z0-9]{4,28}[a-z0-9])$`),
				want:    "6 to 30 lower-case letters, digits and hyphens that begin with a letter",
			}},
			id:      accountName,
			imports: []string{"projects/{project}/serviceAccounts/{email}", "{project}/{email}", "{email}"},
			create:  createAccount, read: readAccount, update: updateAccount,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, iam+c.id) },
		},
		"gcp:serviceaccount/key:Key": {
			defaults: map[string]any{
				"keyAlgorithm": "KEY_ALG_RSA_2048", "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
				"publicKeyType": "TYPE_X509_PEM_FILE",
			},
			rules: map[string]rule{
				"keyAlgorithm":   oneOf("KEY_ALG_RSA_1024", "KEY_ALG_RSA_2048", "KEY_ALG_UNSPECIFIED"),
				"privateKeyType": oneOf("TYPE_GOOGLE_CREDENTIALS_FILE", "TYPE_PKCS12_FILE", "TYPE_UNSPECIFIED"),
				"publicKeyType":  oneOf("TYPE_X509_PEM_FILE", "TYPE_RAW_PUBLIC_KEY", "TYPE_NONE"),
			},
			resourceNames: []string{"serviceAccountId"},
			create:        createKey, read: readKey,
			remove: func(ctx context.Context, c *call) error { return c.delete(ctx, iam+c.id) },
		},
		"gcp:serviceaccount/iAMMember:IAMMember": iamMember(accountPolicy, "serviceAccountId"),
	})
}

// delete removes the resource at path.
func (c *call) delete(ctx context.Context, path string) error {
	_, err := c.rest.call(ctx, http.MethodDelete, path, nil)
	return err
}

// accountName is the resource name of the account in the inputs.
func accountName(c *call) (string, error) {
	project, err := c.project()
	email := c.text("email")
	if email == "" {
		email = c.text("accountId") + "@" + project + ".iam.gserviceaccount.com"
	}
	return "projects/" + project + "/serviceAccounts/" + email, err
}

// createAccount makes a service account.
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/create
func createAccount(ctx context.Context, c *call) (string, map[string]any, error) {
	project, err := c.project()
	if err != nil {
		return "", nil, err
	}
	answer, err := c.rest.call(ctx, http.MethodPost, iam+"projects/"+project+"/serviceAccounts", map[string]any{
		"accountId":      c.text("accountId"),
		"serviceAccount": c.body("Account", "displayName", "description"),
	})
	if isStatus(err, http.StatusConflict) && c.flag("createIgnoreAlreadyExists") {
		answer, err = nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	id, ok := answer["name"].(string)
	if !ok {
		if id, err = accountName(c); err != nil {
			return "", nil, err
		}
	}
	c.id = id
	if c.flag("disabled") {
		_, err = c.rest.call(ctx, http.MethodPost, iam+id+":disable", map[string]any{})
	}
	return id, nil, err
}

func readAccount(ctx context.Context, c *call) (map[string]any, error) {
	answer, err := c.rest.call(ctx, http.MethodGet, iam+c.id, nil)
	if err != nil {
		return nil, err
	}
	c.id, _ = answer["name"].(string)
	email, _ := answer["email"].(string)
	state := c.decoded("Account", answer, "name", "email", "displayName", "description", "disabled", "uniqueId")
	state["accountId"], _, _ = strings.Cut(email, "@")
	state["project"] = answer["projectId"]
	state["member"] = "serviceAccount:" + email
	return state, nil
}

func updateAccount(ctx context.Context, c *call) error {
	if c.changed("disabled") {
		verb := ":enable"
		if c.flag("disabled") {
			verb = ":disable"
		}
		if _, err := c.rest.call(ctx, http.MethodPost, iam+c.id+verb, map[string]any{}); err != nil {
			return err
		}
	}
	account, mask := c.patch("Account", "displayName", "description")
	if mask == "" {
		return nil
	}
	mask = strings.ReplaceAll(mask, "displayName", "display_name") // this API's masks are in snake case
	_, err := c.rest.call(ctx, http.MethodPatch, iam+c.id, map[string]any{"serviceAccount": account, "updateMask": mask})
	return err
}

// createKey makes a key, or uploads the public one in the inputs.
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/create
func createKey(ctx context.Context, c *call) (string, map[string]any, error) {
	path, request := iam+c.serviceAccount()+"/keys", c.body("Key", "keyAlgorithm", "privateKeyType")
	if uploaded := c.text("publicKeyData"); uploaded != "" {
		path, request = path+":upload", map[string]any{"publicKeyData": uploaded}
	}
	answer, err := c.rest.call(ctx, http.MethodPost, path, request)
	if err != nil {
		return "", nil, err
	}
	c.id, _ = answer["name"].(string)
	c.state = map[string]any{"privateKey": answer["privateKeyData"]}
	state, err := c.readNew(ctx)
	return c.id, state, err
}

func readKey(ctx context.Context, c *call) (map[string]any, error) {
	form := c.text("publicKeyType")
	if form == "" {
		form = "TYPE_X509_PEM_FILE"
	}
	answer, err := c.rest.call(ctx, http.MethodGet, iam+c.id+"?publicKeyType="+url.QueryEscape(form), nil)
	if isStatus(err, http.StatusForbidden) && len(c.state) > 1 { // the answer for a key whose account is gone
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	privateKey, _ := c.state["privateKey"].(string)
	account, _, _ := strings.Cut(c.id, "/keys/")
	return map[string]any{
		"name": answer["name"], "keyAlgorithm": answer["keyAlgorithm"],
		"publicKey": convert(answer["publicKeyData"], "string"), "privateKey": privateKey,
		"validAfter": answer["validAfterTime"], "validBefore": answer["validBeforeTime"],
		"serviceAccountId": cmp.Or(c.text("serviceAccountId"), account),
	}, nil
}

// serviceAccount is the resource name of the account that the input
// serviceAccountId names in full, by email or by account id.
func (c *call) serviceAccount() string {
	name := c.text("serviceAccountId")
	switch {
	case strings.HasPrefix(name, "projects/"):
		return name
	case strings.Contains(name, "@"):
		return "projects/-/serviceAccounts/" + name
	}
	return fmt.Sprintf("projects/-/serviceAccounts/%s@%s.iam.gserviceaccount.com", name, c.settings.project)
}

// accountPolicy says who may act as a service account.
func accountPolicy(c *call) (policyOf, error) {
	name := c.serviceAccount()
	p := c.policyVerbs(iam+name, http.MethodPost, "?options.requestedPolicyVersion=3", map[string]any{})
	p.id, p.outputs = name, map[string]any{"serviceAccountId": c.text("serviceAccountId")}
	return p, nil
}
