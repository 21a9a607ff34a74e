package door

import (
	"net/http"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/status"
)

// Credentials says whose a credential is. One that does not hold is a status.Unauthenticated error.
type Credentials interface {
	// Authenticate reads an API call's credential; without one it is policy.Anonymous.
	Authenticate(r *http.Request) (policy.Principal, error)
	// Principal reads an access token, or a JWT that an account signed itself.
	Principal(token string) (policy.Principal, error)
	// VerifyID reads an ID token for one of the audiences.
	VerifyID(token string, audiences []string) (policy.Principal, error)
}

// Identify reads the credential of a call of an API, and checks that it is for that call: by its scopes, or by its
// audience. Without a credential the caller is policy.Anonymous.
func (v *Visit) Identify(r *http.Request, service, method string) error {
	caller, err := v.door.credentials.Authenticate(r)
	return v.identified(caller, err, r, service, method)
}

// IdentifyToken is Identify for callers that bring their access token in another way than in the Authorization header.
func (v *Visit) IdentifyToken(token string, r *http.Request, service, method string) error {
	caller, err := v.door.credentials.Principal(token)
	return v.identified(caller, err, r, service, method)
}

func (v *Visit) identified(caller policy.Principal, err error, r *http.Request, service, method string) error {
	if err != nil {
		return err
	}
	v.As(caller)
	return scoped(caller, service, method, r.Host)
}

// IdentifyID reads an ID token that has to be for one of the audiences.
func (v *Visit) IdentifyID(token string, audiences []string) error {
	caller, err := v.door.credentials.VerifyID(token, audiences)
	if err != nil {
		return err
	}
	v.As(caller)
	return nil
}

// Unauthenticated is the refusal of a call without a credential.
func Unauthenticated() error {
	return status.Errorf(status.Unauthenticated,
		"Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "+
			"valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
}
