// Package token makes and checks the local cloud's credentials: access tokens, ID tokens, the token endpoint that key
// files name as their token_uri, and the published keys
// (https://developers.google.com/identity/protocols/oauth2/service-account).
package token

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

// Issuer is the iss claim of all ID tokens, as at Google.
const Issuer = "https://accounts.google.com"

// Lifetime is how long tokens live.
const Lifetime = time.Hour

// accessPrefix marks Google's access tokens and tells ours from JWTs.
const accessPrefix = "ya29."

// Account is what the tokens need to know of a service account.
type Account struct {
	Email    string
	UniqueID string
	Disabled bool
}

// Accounts looks up service accounts and their keys.
type Accounts interface {
	Account(email string) (Account, bool)
	// Key returns the public half of a service account's key that is in force.
	Key(email, keyID string) (*rsa.PublicKey, bool)
	// PublicKeys returns those of all keys of a service account that are in force.
	PublicKeys(email string) []*rsa.PublicKey
}

// Authority signs and checks tokens.
type Authority struct {
	accounts Accounts
	pools    Pools
	now      func() time.Time

	key    *rsa.PrivateKey
	keyID  string
	secret []byte
	owner  ownerCredential
}

type ownerCredential struct {
	token     string
	principal policy.Principal
}

// Open reads the signing keys in dir and makes them the first time. The owner token belongs to the user ownerEmail.
func Open(dir, ownerEmail string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening signing keys: %w", err)
	}
	keyPEM, err := once(filepath.Join(dir, "signing.pem"), isKey, newKey)
	if err != nil {
		return nil, err
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("opening signing keys: %w", err)
	}
	secret, err := once(filepath.Join(dir, "access.key"),
		func(data []byte) bool { return len(data) == randomSize }, random)
	if err != nil {
		return nil, err
	}
	owner, err := once(filepath.Join(dir, "owner.token"), isOwnerToken, newOwnerToken)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return &Authority{
		now: time.Now, key: key, keyID: hex.EncodeToString(sum[:20]), secret: secret,
		owner: ownerCredential{string(owner), policy.Principal{Email: ownerEmail, UniqueID: "100000000000000000001",
			User: true}},
	}, nil
}

// UseAccounts tells the authority where to look up service accounts.
func (a *Authority) UseAccounts(accounts Accounts) { a.accounts = accounts }

// OwnerToken is the access token of whoever runs the local cloud.
func (a *Authority) OwnerToken() string { return a.owner.token }

// Owner is the principal behind the owner token.
func (a *Authority) Owner() policy.Principal { return a.owner.principal }

type accessClaims struct {
	jwt.RegisteredClaims
	Email     string `json:"email"`
	Scope     string `json:"scope,omitempty"`
	Federated string `json:"federated,omitempty"`
}

// AccessToken makes an access token for a service account that lives for lifetime.
func (a *Authority) AccessToken(email, scope string, lifetime time.Duration) (string, error) {
	account, err := a.usable(email)
	if err != nil {
		return "", err
	}
	now := a.now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: account.UniqueID, IssuedAt: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)), ID: jti()},
		Email: account.Email, Scope: scope,
	}).SignedString(a.secret)
	return accessPrefix + signed, err
}

// IDToken makes an ID token for a service account and an audience, valid for an hour.
func (a *Authority) IDToken(email, audience string) (string, error) {
	account, err := a.usable(email)
	if err != nil {
		return "", err
	}
	now := a.now()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": Issuer, "sub": account.UniqueID, "azp": account.UniqueID, "aud": audience,
		"email": account.Email, "email_verified": true, "iat": now.Unix(), "exp": now.Add(Lifetime).Unix(),
	})
	t.Header["kid"] = a.keyID
	return t.SignedString(a.key)
}

func (a *Authority) usable(email string) (Account, error) {
	account, ok := a.accounts.Account(email)
	if !ok {
		return account, status.Errorf(status.NotFound, "Unknown service account")
	}
	if account.Disabled {
		return account, status.Errorf(status.FailedPrecondition, "Service account %s is disabled.", email)
	}
	return account, nil
}

func jti() string {
	b := make([]byte, 12)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// randomSize is 256 bits, in bytes.
const randomSize = 32

func random() ([]byte, error) {
	b := make([]byte, randomSize)
	_, err := rand.Read(b)
	return b, err
}

func newKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
}

func isKey(data []byte) bool {
	_, err := jwt.ParseRSAPrivateKeyFromPEM(data)
	return err == nil
}

const ownerPrefix = accessPrefix + "owner-"

func newOwnerToken() ([]byte, error) {
	b, err := random()
	return []byte(ownerPrefix + base64.RawURLEncoding.EncodeToString(b)), err
}

func isOwnerToken(data []byte) bool {
	encoded, ok := strings.CutPrefix(string(data), ownerPrefix)
	b, err := base64.RawURLEncoding.DecodeString(encoded)
	return ok && err == nil && len(b) == randomSize
}

// once returns the file's content and makes it the first time. Content that is not as it was made is an error: half a
// secret is easy to guess.
func once(path string, whole func([]byte) bool, make func() ([]byte, error)) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err == nil && !whole(data) {
		return nil, fmt.Errorf("state file %s is damaged; delete it, or all state with `go run ./local reset`", path)
	}
	if err == nil || !os.IsNotExist(err) {
		return data, err
	}
	if data, err = make(); err != nil {
		return nil, err
	}
	return data, store.WriteFile(path, data, 0o600)
}
