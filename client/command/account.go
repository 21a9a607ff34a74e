package command

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"docx2pdf/client/bucket"
	"docx2pdf/client/convert"
	"docx2pdf/client/converter"
	"docx2pdf/client/settings"
	"docx2pdf/client/signin"
)

// account is a converter and who calls it.
type account struct {
	settings.Settings
	signin.Account
}

// signIn finds the converter and signs in. The need names what of the settings the command cannot do without.
func (g *globals) signIn(ctx context.Context, need ...string) (*account, error) {
	request := g.request
	request.Need = need
	found, err := settings.Find(ctx, request)
	if err != nil {
		return nil, err
	}
	r := signin.Request{Audience: found.URL, Key: []byte(found.Key), Impersonate: g.impersonate,
		Caller: found.ServiceAccount}
	// Credentials that were named come before a key that merely is there.
	if named := request.KeyFile != "" || os.Getenv("DOCX2PDF_KEY") != ""; !named {
		if g.impersonate != "" || os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") != "" {
			r.Key = nil
		}
	}
	in, err := signin.In(ctx, r)
	return &account{found, in}, err
}

// FirstRetry is the pause before a call is repeated; each further one is longer.
var FirstRetry = time.Second

// storage connects to Cloud Storage when it is needed first.
func (a *account) storage(ctx context.Context) func() (*bucket.Client, error) {
	return sync.OnceValues(func() (*bucket.Client, error) { return bucket.New(ctx, a.Name, FirstRetry, a.APIs...) })
}

// converter makes what converts documents.
func (a *account) converter(
	ctx context.Context, retry converter.Retry, options converter.Options,
) (*convert.Converter, error) {
	storage, err := a.storage(ctx)()
	if err != nil {
		return nil, fmt.Errorf("connecting to Cloud Storage: %w", err)
	}
	retry.First = FirstRetry
	return &convert.Converter{
		Service: converter.New(a.URL, a.IDTokens, retry),
		Storage: storage,
		Input:   a.InputBucket,
		Options: options,
	}, nil
}
