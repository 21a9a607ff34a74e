package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/oauth2/google"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
	"google.golang.org/api/storage/v1"
)

// variable is a variable of the shell that "local env" made.
func (m *machine) variable(name string) string {
	m.t.Helper()
	for _, entry := range m.env {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	m.t.Fatalf("local env does not set %s", name)
	return ""
}

// objects is Google's own storage client, signed in with a key.
func (m *machine) objects(key string) *storage.Service {
	m.t.Helper()
	client, err := storage.NewService(context.Background(),
		option.WithEndpoint(m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT")),
		option.WithAuthCredentialsJSON(option.ServiceAccount, []byte(key)),
		option.WithScopes(storage.DevstorageReadWriteScope))
	if err != nil {
		m.t.Fatal(err)
	}
	return client
}

// upload writes a file of the checkout to the input bucket, as the caller.
func (m *machine) upload(object, file string) {
	m.t.Helper()
	content, err := os.ReadFile(filepath.Join(m.dir, file))
	if err != nil {
		m.t.Fatal(err)
	}
	outputs := m.outputs()
	_, err = m.objects(outputs["key"]).Objects.Insert(outputs["inputBucket"], &storage.Object{Name: object}).
		Media(bytes.NewReader(content)).Do()
	if err != nil {
		m.t.Fatalf("uploading %s: %v", object, err)
	}
}

// download reads an object of the output bucket, as the caller.
func (m *machine) download(object string) []byte {
	m.t.Helper()
	content, err := m.read(object)
	if err != nil {
		m.t.Fatalf("downloading %s: %v", object, err)
	}
	return content
}

func (m *machine) read(object string) ([]byte, error) {
	m.t.Helper()
	outputs := m.outputs()
	response, err := m.objects(outputs["key"]).Objects.Get(outputs["outputBucket"], object).Download()
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// appears waits until an object is in the output bucket.
func (m *machine) appears(object string) []byte {
	m.t.Helper()
	var content []byte
	m.waitFor(object+" in the output bucket", func() (there bool) {
		var err error
		content, err = m.read(object)
		var answer *googleapi.Error
		if err != nil && !(errors.As(err, &answer) && slices.Contains([]int{404, 429, 503}, answer.Code)) {
			m.t.Fatalf("waiting for %s: %v", object, err)
		}
		return err == nil
	})
	return content
}

// idToken signs in with a key, for an audience.
func (m *machine) idToken(key, audience string) string {
	m.t.Helper()
	source, err := idtoken.NewTokenSource(context.Background(), audience,
		option.WithAuthCredentialsJSON(option.ServiceAccount, []byte(key)))
	if err != nil {
		m.t.Fatal(err)
	}
	token, err := source.Token()
	if err != nil {
		m.t.Fatalf("signing in: %v", err)
	}
	return token.AccessToken
}

// accessToken signs in with a key, for Google's APIs.
func (m *machine) accessToken(key string) string {
	m.t.Helper()
	return m.accessTokenFor(key, storage.DevstorageReadWriteScope)
}

func (m *machine) accessTokenFor(key, scope string) string {
	m.t.Helper()
	config, err := google.JWTConfigFromJSON([]byte(key), scope)
	if err != nil {
		m.t.Fatal(err)
	}
	token, err := config.TokenSource(context.Background()).Token()
	if err != nil {
		m.t.Fatalf("signing in: %v", err)
	}
	return token.AccessToken
}

// get asks the service for its front page.
func (m *machine) get(url, authorization string) (int, string) {
	m.t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// strangerKey makes an account that nobody granted anything, and its key; both
// are gone when the test ends.
func (m *machine) strangerKey() string {
	m.t.Helper()
	accounts := m.variable("GOOGLE_IAM_CUSTOM_ENDPOINT") + "v1/projects/docx2pdf-local/serviceAccounts"
	var account struct{ Email string }
	m.asOwner(http.MethodPost, accounts, map[string]any{"accountId": "stranger"}, &account)
	m.t.Cleanup(func() { m.asOwner(http.MethodDelete, accounts+"/"+account.Email, nil, nil) })
	var key struct{ PrivateKeyData string }
	m.asOwner(http.MethodPost, accounts+"/"+account.Email+"/keys", map[string]any{}, &key)
	file, err := base64.StdEncoding.DecodeString(key.PrivateKeyData)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(file)
}

// asOwner calls an API as whoever runs pulumi; the call must succeed.
func (m *machine) asOwner(method, url string, body, answer any) {
	m.t.Helper()
	status, content := m.call(method, url, body)
	if status/100 != 2 {
		m.t.Fatalf("%s %s: %d %s", method, url, status, content)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal([]byte(content), answer); err != nil {
		m.t.Fatalf("%s %s: %v", method, url, err)
	}
}

// call calls an API as whoever runs pulumi.
func (m *machine) call(method, url string, body any) (int, string) {
	m.t.Helper()
	return m.callAs(m.variable("GOOGLE_OAUTH_ACCESS_TOKEN"), method, url, body)
}

func (m *machine) callAs(token, method, url string, body any) (int, string) {
	m.t.Helper()
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			m.t.Fatal(err)
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, url, sent)
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// address is the local cloud's, without a path.
func (m *machine) address() string {
	m.t.Helper()
	base, _, _ := strings.Cut(m.variable("GOOGLE_STORAGE_CUSTOM_ENDPOINT"), "/storage/")
	return base
}
