package token

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// Provider is one of a workload identity pool: who issues its workloads' tokens, and with which keys.
type Provider struct {
	// Pool is the pool's name, projects/NUMBER/locations/global/workloadIdentityPools/POOL.
	Pool string
	// Name is the provider's, below the pool.
	Name      string
	Issuer    string
	Audiences []string // that tokens may be for; none stands for the provider itself
	Keys      string   // JWKS, in JSON
}

// Pools looks up providers by their name, with the project's number.
type Pools interface {
	Provider(name string) (Provider, bool)
}

// UsePools tells the authority where to look up providers.
func (a *Authority) UsePools(pools Pools) { a.pools = pools }

const (
	tokenExchange   = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
)

var (
	errTarget  = refusal{"invalid_target", "The target service indicated by the \"audience\" parameters is invalid."}
	errSubject = refusal{"invalid_grant", "The ID Token cannot be verified by the provider's keys, or has expired."}
)

// federate turns a workload's own token into an access token of the pool's identity
// (https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token).
func (a *Authority) federate(r *http.Request) (any, error) {
	if grant := r.PostFormValue("grant_type"); grant != tokenExchange {
		return nil, refusal{errGrantType.Code, errGrantType.Description + grant}
	}
	switch r.PostFormValue("subject_token_type") {
	case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token":
	default:
		return nil, errRequest
	}
	name, ok := strings.CutPrefix(r.PostFormValue("audience"), "//iam.googleapis.com/")
	if !ok || r.PostFormValue("requested_token_type") != accessTokenType {
		return nil, errTarget
	}
	provider, ok := a.pools.Provider(name)
	if !ok {
		return nil, errTarget
	}
	subject, err := a.workload(provider, r.PostFormValue("subject_token"))
	if err != nil {
		return nil, err
	}
	now := a.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(Lifetime)), ID: jti(),
		},
		Federated: "principal://iam.googleapis.com/" + provider.Pool + "/subject/" + subject,
		Scope:     r.PostFormValue("scope"),
	}).SignedString(a.secret)
	answer := bearer(accessPrefix + signed)
	answer["issued_token_type"] = accessTokenType
	return answer, err
}

// workload is the subject of a token that a provider vouches for.
func (a *Authority) workload(p Provider, raw string) (string, error) {
	keys, err := ReadKeys(p.Keys)
	if err != nil {
		return "", err
	}
	audiences := p.Audiences
	if len(audiences) == 0 {
		audiences = []string{"https://iam.googleapis.com/" + p.Pool + "/providers/" + p.Name}
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.ParseWithClaims(raw, &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key, ok := keys[id]; ok {
			return key, nil
		}
		return nil, errSubject
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(a.now), jwt.WithExpirationRequired(),
		jwt.WithIssuer(p.Issuer),
		jwt.WithAudience(audiences...))
	if err != nil || claims.Subject == "" {
		return "", errSubject
	}
	return claims.Subject, nil
}

// ReadKeys reads the RSA keys of a JWKS (RFC 7517), by their ids.
func ReadKeys(jwks string) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct{ Kty, Kid, N, E string }
	}
	if err := json.Unmarshal([]byte(jwks), &set); err != nil {
		return nil, fmt.Errorf("the keys are no JWKS: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		n, errN := base64.RawURLEncoding.DecodeString(k.N)
		e, errE := base64.RawURLEncoding.DecodeString(k.E)
		if k.Kty != "RSA" || errN != nil || errE != nil || len(n) < 256 || len(e) == 0 || len(e) > 4 {
			return nil, fmt.Errorf("the key %q is no RSA key of 2048 bits or more", k.Kid)
		}
		keys[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys, nil
}
