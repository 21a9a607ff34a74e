package token

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	jwtBearer    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	refreshToken = "refresh_token"
)

// googleTokenURIs are the names of Google's token endpoint; assertions made for them are good here too.
var googleTokenURIs = []string{"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token",
	"https://accounts.google.com/o/oauth2/token"}

// assertionClaims are what a service account says in a JWT that it signs with its key.
type assertionClaims struct {
	jwt.RegisteredClaims
	Scope          string `json:"scope"`
	TargetAudience string `json:"target_audience"`
}

// refusal is an error of the token endpoint (RFC 6749, section 5.2).
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (r refusal) Error() string { return r.Description }

var (
	errSignature = refusal{"invalid_grant", "Invalid JWT Signature."}
	errAudience  = refusal{"invalid_grant", "Invalid JWT: Failed audience check."}
	errTimes     = refusal{"invalid_grant",
		"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and " +
			"exp values in the JWT claim."}
	errAccount   = refusal{"invalid_grant", "Invalid grant: account not found"}
	errDisabled  = refusal{"invalid_grant", "Invalid grant: account disabled"}
	errScope     = refusal{"invalid_scope", "Invalid OAuth scope or ID token audience provided."}
	errRequest   = refusal{"invalid_request", "Bad Request"}
	errRefresh   = refusal{"invalid_grant", "Bad Request"}
	errGrantType = refusal{"unsupported_grant_type", "Invalid grant_type: "}
)

// Handler serves the token endpoint, the published keys and the OpenID discovery document.
func (a *Authority) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", a.serving(a.exchange))
	mux.HandleFunc("POST /sts/v1/token", a.serving(a.federate))
	mux.HandleFunc("GET /oauth2/v3/certs", a.serveJWKS)
	mux.HandleFunc("GET /oauth2/v1/certs", a.serveCertificates)
	mux.HandleFunc("GET /.well-known/openid-configuration", a.serveDiscovery)
	mux.HandleFunc("GET /tokeninfo", a.serveTokenInfo)
	mux.HandleFunc("GET /v1/userinfo", a.serveUserInfo)
	return mux
}

// serving answers with a token, or with why there is none.
func (a *Authority) serving(exchange func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		answer, err := exchange(r)
		var refused refusal
		if errors.As(err, &refused) {
			writeJSON(w, http.StatusBadRequest, refused)
			return
		}
		if err != nil {
			writeJSON(w, http.StatusInternalServerError, refusal{"internal_failure", err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}
}

// exchange turns what a caller has into a token.
func (a *Authority) exchange(r *http.Request) (any, error) {
	switch grant := r.PostFormValue("grant_type"); grant {
	case jwtBearer:
		return a.exchangeAssertion(r)
	case refreshToken:
		return a.refresh(r)
	default:
		return nil, refusal{errGrantType.Code, errGrantType.Description + grant}
	}
}

// refreshPrefix begins Google's refresh tokens. The owner's is this and the owner's access token, as
// `gcloud auth application-default login` would keep it in a file of the type authorized_user.
const refreshPrefix = "1//"

// refresh gives the owner, who is the only user, an access token (RFC 6749, section 6). Users get no ID tokens for
// services: https://cloud.google.com/run/docs/authenticating/service-to-service
func (a *Authority) refresh(r *http.Request) (any, error) {
	if r.PostFormValue("client_id") == "" {
		return nil, errRequest
	}
	given, ok := strings.CutPrefix(r.PostFormValue("refresh_token"), refreshPrefix)
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(a.owner.token)) != 1 {
		return nil, errRefresh
	}
	return bearer(a.owner.token), nil
}

func bearer(token string) map[string]any {
	return map[string]any{"access_token": token, "expires_in": int(Lifetime.Seconds()) - 1, "token_type": "Bearer"}
}

// exchangeAssertion turns a signed assertion into an access token or, with target_audience, an ID token (RFC 7523).
func (a *Authority) exchangeAssertion(r *http.Request) (any, error) {
	claims, err := a.assertion(r.PostFormValue("assertion"))
	if err != nil {
		return nil, err
	}
	allowed := append([]string{"http://" + r.Host + "/token"}, googleTokenURIs...)
	if !slices.ContainsFunc(claims.Audience, func(aud string) bool { return slices.Contains(allowed, aud) }) {
		return nil, errAudience
	}
	switch {
	case claims.TargetAudience != "":
		t, err := a.IDToken(claims.Issuer, claims.TargetAudience)
		return map[string]string{"id_token": t}, err
	case claims.Scope != "":
		t, err := a.AccessToken(claims.Issuer, claims.Scope, Lifetime)
		return bearer(t), err
	}
	return nil, errScope
}

// assertion checks a JWT that a service account signed with one of its keys, which it names or which is any of them.
func (a *Authority) assertion(raw string) (assertionClaims, error) {
	var claims assertionClaims
	unchecked, _, err := jwt.NewParser(jwt.WithPaddingAllowed()).ParseUnverified(raw, &claims)
	if err != nil || claims.Issuer == "" {
		return claims, errRequest
	}
	account, ok := a.accounts.Account(claims.Issuer)
	if !ok {
		return claims, errAccount
	}
	if account.Disabled {
		return claims, errDisabled
	}
	var keys jwt.VerificationKeySet
	if keyID, named := unchecked.Header["kid"].(string); named {
		if key, ok := a.accounts.Key(claims.Issuer, keyID); ok {
			keys.Keys = append(keys.Keys, key)
		}
	} else { // Google's library for Node names none
		for _, key := range a.accounts.PublicKeys(claims.Issuer) {
			keys.Keys = append(keys.Keys, key)
		}
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation(),
		jwt.WithPaddingAllowed())
	if _, err := parser.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return keys, nil }); err != nil {
		return claims, errSignature
	}
	const skew = 5 * time.Minute
	now := a.now()
	if claims.IssuedAt == nil || claims.ExpiresAt == nil || now.After(claims.ExpiresAt.Time) ||
		claims.IssuedAt.After(now.Add(skew)) ||
		claims.ExpiresAt.Sub(claims.IssuedAt.Time) > time.Hour || now.Sub(claims.IssuedAt.Time) > time.Hour+skew {
		return claims, errTimes
	}
	return claims, nil
}

func (a *Authority) serveJWKS(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600, must-revalidate, no-transform")
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": a.keyID,
		"n": base64.RawURLEncoding.EncodeToString(a.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(a.key.E)).Bytes()),
	}}})
}

func (a *Authority) serveCertificates(w http.ResponseWriter, r *http.Request) {
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "federated-signon.local"},
		NotBefore: a.now().Add(-time.Hour), NotAfter: a.now().AddDate(0, 0, 14), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &a.key.PublicKey, a.key)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, refusal{"internal_failure", err.Error()})
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600, must-revalidate, no-transform")
	writeJSON(w, http.StatusOK, map[string]string{a.keyID: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: der}))})
}

func (a *Authority) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": Issuer, "token_endpoint": base + "/token", "jwks_uri": base + "/oauth2/v3/certs",
		"userinfo_endpoint":        base + "/v1/userinfo",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"claims_supported": []string{"aud", "azp", "email", "email_verified", "exp", "iat",
			"iss", "sub"},
	})
}

func (a *Authority) serveTokenInfo(w http.ResponseWriter, r *http.Request) {
	if raw := r.URL.Query().Get("id_token"); raw != "" {
		claims, err := a.idClaims(raw)
		if err != nil {
			writeJSON(w, http.StatusBadRequest, refusal{"invalid_token", "Invalid Value"})
			return
		}
		writeJSON(w, http.StatusOK, claims)
		return
	}
	p, err := a.Principal(r.URL.Query().Get("access_token"))
	if err != nil {
		writeJSON(w, http.StatusBadRequest, refusal{"invalid_token", "Invalid Value"})
		return
	}
	const usual = "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email"
	writeJSON(w, http.StatusOK, map[string]string{"azp": p.UniqueID, "sub": p.UniqueID, "email": p.Email,
		"email_verified": "true", "scope": cmp.Or(p.Scopes, usual), "access_type": "online"})
}

func (a *Authority) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	p, err := a.Authenticate(r)
	if err != nil || p.Email == "" {
		writeJSON(w, http.StatusUnauthorized, refusal{"invalid_request", "Invalid Credentials"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"sub": p.UniqueID, "email": p.Email, "email_verified": true})
}

// Paths are the paths that Handler serves.
func Paths() []string {
	return []string{"/token", "/sts/v1/token", "/oauth2/v3/certs", "/oauth2/v1/certs",
		"/.well-known/openid-configuration", "/tokeninfo", "/v1/userinfo"}
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !strings.HasPrefix(w.Header().Get("Cache-Control"), "public") {
		w.Header().Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	}
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}
