package token

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
)

// Authenticate says whose API call it is by its bearer token: the owner token, an access token, or a JWT that a
// service account signed with its own key (https://google.aip.dev/auth/4111).
func (a *Authority) Authenticate(r *http.Request) (policy.Principal, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		if t := r.URL.Query().Get("access_token"); t != "" {
			return a.Principal(t)
		}
		return policy.Anonymous, nil
	}
	scheme, raw, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return policy.Anonymous, invalid("")
	}
	return a.Principal(strings.TrimSpace(raw))
}

// Principal says whose an access token or a self-signed JWT is.
func (a *Authority) Principal(raw string) (policy.Principal, error) {
	if subtle.ConstantTimeCompare([]byte(raw), []byte(a.owner.token)) == 1 {
		return a.owner.principal, nil
	}
	if signed, ok := strings.CutPrefix(raw, accessPrefix); ok {
		return a.fromAccessToken(signed)
	}
	return a.fromSelfSigned(raw)
}

func (a *Authority) fromAccessToken(signed string) (policy.Principal, error) {
	var claims accessClaims
	_, err := jwt.ParseWithClaims(signed, &claims, func(*jwt.Token) (any, error) { return a.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(a.now), jwt.WithExpirationRequired())
	if err != nil {
		return policy.Anonymous, invalid("")
	}
	if claims.Federated != "" {
		return policy.Principal{Federated: claims.Federated, Scopes: claims.Scope}, nil
	}
	p, err := a.inForce(claims.Email, claims.Subject)
	p.Scopes = claims.Scope
	return p, err
}

func (a *Authority) fromSelfSigned(raw string) (policy.Principal, error) {
	claims, err := a.assertion(raw)
	if err != nil {
		return policy.Anonymous, invalid("")
	}
	account, ok := a.accounts.Account(claims.Issuer)
	if !ok {
		return policy.Anonymous, invalid("")
	}
	p, err := a.inForce(account.Email, account.UniqueID)
	if p.Scopes = claims.Scope; p.Scopes == "" {
		p.Audience = strings.Join(claims.Audience, " ")
	}
	return p, err
}

// inForce checks that the account of a token still is the one the token was made for.
func (a *Authority) inForce(email, uniqueID string) (policy.Principal, error) {
	account, ok := a.accounts.Account(email)
	if !ok || account.UniqueID != uniqueID || account.Disabled {
		return policy.Anonymous, invalid("ACCOUNT_STATE_INVALID")
	}
	return policy.Principal{Email: account.Email, UniqueID: account.UniqueID}, nil
}

// ErrAudience is the refusal of a good ID token that was made for somebody else.
var ErrAudience = errors.New("the token's audience is another service")

// VerifyID checks an ID token of this authority for one of the audiences and says whose it is.
func (a *Authority) VerifyID(raw string, audiences []string) (policy.Principal, error) {
	claims, err := a.idClaims(raw)
	if err != nil {
		return policy.Anonymous, err
	}
	email, _ := claims["email"].(string)
	subject, _ := claims["sub"].(string)
	aud, _ := claims["aud"].(string)
	for _, want := range audiences {
		if strings.TrimSuffix(aud, "/") == strings.TrimSuffix(want, "/") {
			return a.inForce(email, subject)
		}
	}
	return policy.Anonymous, ErrAudience
}

func (a *Authority) idClaims(raw string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != a.keyID {
			return nil, errors.New("unknown key")
		}
		return &a.key.PublicKey, nil
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(a.now), jwt.WithExpirationRequired(),
		jwt.WithIssuer(Issuer))
	return claims, err
}

func invalid(reason string) error {
	e := status.Errorf(status.Unauthenticated,
		"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "+
			"authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
	if reason != "" {
		e.Details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
			"domain": "googleapis.com"}}
	}
	return e
}
