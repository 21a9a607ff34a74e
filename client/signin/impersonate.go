package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"golang.org/x/oauth2"
	"google.golang.org/api/iamcredentials/v1"
	"google.golang.org/api/option"

	"docx2pdf/client/trouble"
)

// impersonating acts as another account: the one asked for, the one that the file names, or the caller's. What the
// file itself is, a user, a key or a federated identity, only has to have the right to.
func impersonating(ctx context.Context, r Request, f *file) (Account, error) {
	base, named := f.json, ""
	if f.Impersonation != "" {
		// …/serviceAccounts/EMAIL:generateAccessToken
		named, _, _ = strings.Cut(path.Base(f.Impersonation), ":")
		var err error
		if base, err = f.withoutImpersonation(); err != nil {
			return Account{}, trouble.Lasting(err, "signing in: the credentials file cannot be read: %v", err)
		}
	}
	account := cmp.Or(r.Impersonate, named, r.Caller)
	if account == "" {
		return Account{}, errNoAccount
	}
	found, err := credentials.DetectDefault(&credentials.DetectOptions{
		CredentialsJSON: base, Scopes: []string{cloudPlatform}, TokenURL: f.TokenURI,
	})
	if err != nil {
		return Account{}, worded("signing in", err)
	}
	return acting(ctx, r, account, found, f.Delegates)
}

// withoutImpersonation is the identity below an impersonated one: signing in as it once more would ask the account
// for rights on itself.
func (f *file) withoutImpersonation() ([]byte, error) {
	if len(f.Source) > 0 {
		return f.Source, nil
	}
	var fields map[string]any
	if err := json.Unmarshal(f.json, &fields); err != nil {
		return nil, err
	}
	delete(fields, "service_account_impersonation_url")
	return json.Marshal(fields)
}

// acting gets an account's tokens from the IAM Credentials API. Nil credentials are the default ones.
func acting(
	ctx context.Context, r Request, account string, base *auth.Credentials, delegates []string,
) (Account, error) {
	options := []option.ClientOption{option.WithScopes(cloudPlatform)}
	if base != nil {
		options = append(options, option.WithAuthCredentials(base))
	}
	// The same variable moves the Pulumi provider. Its version is in the paths of this library.
	if endpoint := os.Getenv("GOOGLE_IAM_CREDENTIALS_CUSTOM_ENDPOINT"); endpoint != "" {
		options = append(options, option.WithEndpoint(strings.TrimSuffix(endpoint, "v1/")))
	}
	service, err := iamcredentials.NewService(ctx, options...)
	if err != nil {
		return Account{}, worded("signing in", err)
	}
	as := actingAs{ctx, service.Projects.ServiceAccounts, account, delegates}
	return Account{
		IDTokens: oauth2.ReuseTokenSource(nil, idTokens{as, r.Audience}),
		APIs:     []option.ClientOption{option.WithTokenSource(oauth2.ReuseTokenSource(nil, accessTokens{as}))},
		Name:     account,
	}, nil
}

type actingAs struct {
	ctx       context.Context
	accounts  *iamcredentials.ProjectsServiceAccountsService
	account   string
	delegates []string
}

func (a actingAs) name() string { return "projects/-/serviceAccounts/" + a.account }

type idTokens struct {
	actingAs
	audience string
}

func (t idTokens) Token() (*oauth2.Token, error) {
	answer, err := t.accounts.GenerateIdToken(t.name(), &iamcredentials.GenerateIdTokenRequest{
		Audience: t.audience, IncludeEmail: true, Delegates: t.delegates,
	}).Context(t.ctx).Do()
	if err != nil {
		return nil, trouble.Impersonation(t.account, err)
	}
	// ID tokens live for an hour; the answer does not say so.
	return &oauth2.Token{AccessToken: answer.Token, TokenType: "Bearer", Expiry: time.Now().Add(55 * time.Minute)}, nil
}

type accessTokens struct{ actingAs }

func (t accessTokens) Token() (*oauth2.Token, error) {
	answer, err := t.accounts.GenerateAccessToken(t.name(), &iamcredentials.GenerateAccessTokenRequest{
		Scope: scopes, Delegates: t.delegates,
	}).Context(t.ctx).Do()
	if err != nil {
		return nil, trouble.Impersonation(t.account, err)
	}
	expiry, err := time.Parse(time.RFC3339, answer.ExpireTime)
	return &oauth2.Token{AccessToken: answer.AccessToken, TokenType: "Bearer", Expiry: expiry}, err
}
