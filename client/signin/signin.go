// Package signin makes the tokens that the client calls with, from whatever credentials Google's libraries take: a
// key, Application Default Credentials, a Workload Identity Federation file, or the right to impersonate an account.
package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"cloud.google.com/go/auth/credentials"
	"golang.org/x/oauth2"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/storage/v1"

	"docx2pdf/client/trouble"
)

// Request says how to sign in.
type Request struct {
	// Audience is the service's URL, which Cloud Run checks.
	// https://cloud.google.com/run/docs/authenticating/service-to-service
	Audience string
	// Key is a service account's key file. Empty takes Application Default Credentials.
	Key []byte
	// Impersonate is the account to act as. Empty acts as whoever the credentials are.
	Impersonate string
	// Caller is the account that users and federated identities act as when Impersonate is empty: they get no ID
	// tokens of their own.
	Caller string
}

// Account is who calls.
type Account struct {
	// IDTokens are for the service.
	IDTokens oauth2.TokenSource
	// APIs are for Google's own services.
	APIs []option.ClientOption
	// Name is the account in words.
	Name string
}

var scopes = []string{storage.DevstorageReadWriteScope, pubsub.PubsubScope}

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

// In signs in. Tokens are fetched when they are needed, and again before they expire.
func In(ctx context.Context, r Request) (Account, error) {
	file, err := r.file()
	if err != nil {
		return Account{}, err
	}
	switch {
	case file != nil && file.Type == "service_account" && r.Impersonate == "":
		return withKey(ctx, r, file)
	case file != nil:
		return impersonating(ctx, r, file)
	case r.Impersonate != "":
		return acting(ctx, r, r.Impersonate, nil, nil)
	}
	return onGoogleCloud(ctx, r)
}

// file is what the client looks at of a credentials file. https://google.aip.dev/auth/4110
type file struct {
	Type          string          `json:"type"`
	ClientEmail   string          `json:"client_email"`
	Impersonation string          `json:"service_account_impersonation_url"`
	Source        json.RawMessage `json:"source_credentials"`
	Delegates     []string        `json:"delegates"`
	TokenURI      string          `json:"token_uri"` // where a user's file says so, as keys do
	json          []byte
}

// file finds the credentials file that counts. Nil says that there is none: the metadata server is asked then.
func (r Request) file() (*file, error) {
	content := r.Key
	if len(content) == 0 {
		found, err := credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{cloudPlatform}})
		if err != nil {
			return nil, noCredentials(err)
		}
		content = found.JSON()
	}
	if len(content) == 0 {
		return nil, nil
	}
	f := &file{json: content}
	if err := json.Unmarshal(content, f); err != nil {
		return nil, trouble.Lasting(err, "signing in: the key or credentials file is not JSON of Google's form (%v)", err)
	}
	return f, nil
}

func noCredentials(err error) error {
	if name := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); name != "" {
		return trouble.Lasting(err, "signing in with GOOGLE_APPLICATION_CREDENTIALS: %v", err)
	}
	return trouble.Lasting(err,
		"signing in: there are no credentials on this machine; run: gcloud auth application-default login, "+
			"name a file in GOOGLE_APPLICATION_CREDENTIALS, or give a key with --key")
}

// withKey signs in as the service account of a key.
func withKey(ctx context.Context, r Request, f *file) (Account, error) {
	key := option.WithAuthCredentialsJSON(option.ServiceAccount, f.json)
	tokens, err := idtoken.NewTokenSource(ctx, r.Audience, key)
	if err != nil {
		return Account{}, worded("signing in with the key", err)
	}
	return Account{IDTokens: tokens, APIs: []option.ClientOption{key, option.WithScopes(scopes...)},
		Name: f.ClientEmail}, nil
}

// onGoogleCloud signs in as the account that the machine runs as.
func onGoogleCloud(ctx context.Context, r Request) (Account, error) {
	tokens, err := idtoken.NewTokenSource(ctx, r.Audience)
	if err != nil {
		return Account{}, worded("signing in as this machine's account", err)
	}
	return Account{IDTokens: tokens, APIs: []option.ClientOption{option.WithScopes(scopes...)},
		Name: "this machine's account"}, nil
}

func worded(doing string, err error) error {
	if found := trouble.Of(err); found != nil {
		return found
	}
	return fmt.Errorf("%s: %w", doing, err)
}

var errNoAccount = errors.New("signing in: users and federated identities get no ID tokens of their own; " +
	"name the account to act as with --impersonate (pulumi stack output serviceAccount)")
