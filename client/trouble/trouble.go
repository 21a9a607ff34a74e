// Package trouble says in words what went wrong between this machine and Google Cloud, with the next step.
package trouble

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
)

// Error is a failure that is no document's own: every other document would meet it too.
type Error struct {
	// Passing says that another attempt may succeed without anybody doing anything.
	Passing  bool
	sentence string
	cause    error
}

func (e *Error) Error() string { return e.sentence }

func (e *Error) Unwrap() error { return e.cause }

// Lasting makes an error that stays until a person does what its sentence says.
func Lasting(cause error, format string, arguments ...any) *Error {
	return &Error{false, fmt.Sprintf(format, arguments...), cause}
}

// Of finds the trouble in an error of the network, of signing in or of an API. Nil stands for an error that is
// something else, among them one of a context.
func Of(err error) *Error {
	var known *Error
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, &known) {
		return known
	}
	if found := signIn(err); found != nil {
		return found
	}
	return network(err)
}

// signIn knows the refusals of Google's token endpoints.
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
func signIn(err error) *Error {
	var body, description string
	var response *http.Response
	var refused *auth.Error
	var retrieve *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		response, body = refused.Response, string(refused.Body)
	case errors.As(err, &retrieve):
		response, body, description = retrieve.Response, string(retrieve.Body), retrieve.ErrorDescription
	default:
		return nil
	}
	if response != nil && (response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests) {
		return &Error{true, fmt.Sprintf("Google's sign-in answers %s; try again in a minute", response.Status), err}
	}
	text := body + description
	says := func(part string) bool { return strings.Contains(strings.ToLower(text), part) }
	switch {
	case says("reasonable timeframe") || says("short-lived token"):
		return Lasting(err, "signing in: Google refuses the time of this machine%s; set the clock right", Skew(response))
	case says("invalid jwt signature"):
		return Lasting(err, "signing in: Google does not know the key: it was deleted, disabled or replaced; "+
			"take the new one (pulumi stack output key --show-secrets), or sign in without a key")
	case says("account not found"):
		return Lasting(err,
			"signing in: the key's account was deleted; take the new key (pulumi stack output key --show-secrets)")
	case says("account disabled"):
		return Lasting(err, "signing in: the key's account is disabled; have it enabled (gcloud iam service-accounts enable)")
	case says("invalid_rapt") || says("invalid_grant"):
		return Lasting(err,
			"signing in: the credentials have expired or were taken back; run: gcloud auth application-default login")
	case says("getopenidtoken") || says("getaccesstoken"):
		return mayNotImpersonate(err)
	}
	return Lasting(err, "signing in: %s", shortened(text, err))
}

// Impersonation says why a token for another account was refused.
func Impersonation(account string, err error) error {
	var refused *googleapi.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch {
	case refused.Code == http.StatusForbidden:
		return mayNotImpersonate(err)
	case refused.Code == http.StatusNotFound:
		return Lasting(err,
			"signing in: there is no account %s to impersonate; compare it with: pulumi stack output serviceAccount", account)
	case refused.Code >= 500 || refused.Code == http.StatusTooManyRequests:
		return &Error{true, fmt.Sprintf("Google's sign-in answers %d; try again in a minute", refused.Code), err}
	}
	return Lasting(err, "signing in as %s: %s", account, refused.Message)
}

func mayNotImpersonate(err error) *Error {
	return Lasting(err, "signing in: you may not impersonate the account; have roles/iam.serviceAccountTokenCreator "+
		"granted to you on it, or wait a minute when that was done just now")
}

// network knows the errors of net and net/http.
func network(err error) *Error {
	var lookup *net.DNSError
	var call *net.OpError
	var unknownAuthority x509.UnknownAuthorityError
	var at *url.Error
	switch {
	case errors.As(err, &call) && call.Op == "proxyconnect",
		strings.Contains(err.Error(), "Proxy Authentication Required"):
		return &Error{true,
			fmt.Sprintf("the proxy %s does not let the call through (%v); correct HTTPS_PROXY, or name the host in NO_PROXY",
				proxy(), root(err)), err}
	case errors.As(err, &lookup):
		return &Error{true,
			fmt.Sprintf("no network, or no such host: %s cannot be found; look at the connection", lookup.Name), err}
	case errors.As(err, &unknownAuthority):
		return Lasting(err, "the certificate of %s is signed by nobody this machine trusts; "+
			"behind a proxy that opens TLS, name its certificate in SSL_CERT_FILE", host(err))
	case errors.As(err, &call):
		return &Error{true, fmt.Sprintf("no connection to %s: %v; look at the network", host(err), root(err)), err}
	case errors.As(err, &at):
		return &Error{true, fmt.Sprintf("the connection to %s broke off: %v", host(err), root(err)), err}
	}
	return nil
}

// Skew says how far this machine's clock is from the one of an answer, when that is worth a word.
func Skew(response *http.Response) string {
	if response == nil {
		return ""
	}
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return ""
	}
	switch behind := time.Until(theirs).Round(time.Minute); {
	case behind >= time.Minute:
		return fmt.Sprintf(", which is %s behind", behind)
	case behind <= -time.Minute:
		return fmt.Sprintf(", which is %s ahead", -behind)
	}
	return ""
}

func proxy() string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if address, err := url.Parse(os.Getenv(name)); err == nil && address.Host != "" {
			return address.Host
		}
	}
	return "of this machine"
}

func host(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		if address, err := url.Parse(at.URL); err == nil {
			return address.Host
		}
	}
	return "the server"
}

// root is the innermost error, which says what happened rather than to whom.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func shortened(text string, err error) string {
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		text = err.Error()
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
