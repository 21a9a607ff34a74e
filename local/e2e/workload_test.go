package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// workloadMayAct makes a pool for workloads of another cloud, which may act as an account, and returns the credentials
// file of one, as `gcloud iam workload-identity-pools create-cred-config` writes it.
func (m *machine) workloadMayAct(account string) map[string]any {
	m.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		m.t.Fatal(err)
	}
	keys := inJSON(map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
	project := m.variable("GOOGLE_IAM_CUSTOM_ENDPOINT") + "v1/projects/docx2pdf-local/"
	pools := project + "locations/global/workloadIdentityPools"
	var made struct{ Response struct{ Name string } }
	m.asOwner(http.MethodPost, pools+"?workloadIdentityPoolId=builds", map[string]any{}, &made)
	pool := made.Response.Name
	m.asOwner(http.MethodPost, pools+"/builds/providers?workloadIdentityPoolProviderId=a-ci", map[string]any{
		"oidc":             map[string]any{"issuerUri": "https://ci.example.com", "jwksJson": keys},
		"attributeMapping": map[string]any{"google.subject": "assertion.sub"},
	}, &made)
	m.asOwner(http.MethodPost, project+"serviceAccounts/"+account+":setIamPolicy", map[string]any{"policy": map[string]any{
		"bindings": []any{map[string]any{
			"role": "roles/iam.workloadIdentityUser", "members": []string{"principalSet://iam.googleapis.com/" + pool + "/*"},
		}},
	}}, nil)
	provider := "//iam.googleapis.com/" + made.Response.Name
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://ci.example.com", "sub": "repo:a/b", "aud": "https:" + provider,
		"exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "1"
	signed, err := token.SignedString(key)
	if err != nil {
		m.t.Fatal(err)
	}
	file := filepath.Join(m.t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(signed), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return map[string]any{
		"type": "external_account", "audience": provider, "token_url": m.address() + "/sts/v1/token",
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": map[string]any{"file": file},
	}
}
