package iam

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	iamapi "google.golang.org/api/iam/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
)

// keyFile is the JSON credentials file of a service account; Google's client libraries read it as it is.
type keyFile struct {
	Type           string `json:"type"`
	ProjectID      string `json:"project_id"`
	PrivateKeyID   string `json:"private_key_id"`
	PrivateKey     string `json:"private_key"`
	ClientEmail    string `json:"client_email"`
	ClientID       string `json:"client_id"`
	AuthURI        string `json:"auth_uri"`
	TokenURI       string `json:"token_uri"`
	AuthCertURL    string `json:"auth_provider_x509_cert_url"`
	ClientCertURL  string `json:"client_x509_cert_url"`
	UniverseDomain string `json:"universe_domain"`
}

const maxKeys = 10 // https://cloud.google.com/iam/quotas

func (s *Service) createKey(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	var body iamapi.CreateServiceAccountKeyRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := Refusals.Check("keys", body); err != nil {
		return nil, err
	}
	if body.KeyAlgorithm != "" && body.KeyAlgorithm != "KEY_ALG_UNSPECIFIED" && body.KeyAlgorithm != "KEY_ALG_RSA_2048" {
		return nil, status.NotModelled("key algorithm %s; use KEY_ALG_RSA_2048", body.KeyAlgorithm)
	}
	if body.PrivateKeyType != "" && body.PrivateKeyType != "TYPE_UNSPECIFIED" &&
		body.PrivateKeyType != "TYPE_GOOGLE_CREDENTIALS_FILE" {
		return nil, status.NotModelled("private key type %s; use TYPE_GOOGLE_CREDENTIALS_FILE", body.PrivateKeyType)
	}
	if err := s.keysAllowed(a.Name); err != nil {
		return nil, err
	}
	if len(s.keys.Keys(a.Email+"/")) >= maxKeys {
		return nil, Refusals.Refuse("keys", "keyAlgorithm", "many", nil)
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	certificate, err := certify(private, a.UniqueId)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	id := hex.EncodeToString(sum[:])
	k := key{PublicPEM: certificate, Key: iamapi.ServiceAccountKey{
		Name: a.Name + "/keys/" + id, KeyAlgorithm: "KEY_ALG_RSA_2048", KeyOrigin: "GOOGLE_PROVIDED", KeyType: "USER_MANAGED",
		ValidAfterTime: time.Now().UTC().Format(time.RFC3339), ValidBeforeTime: "9999-12-31T23:59:59Z",
	}}
	if err := s.keys.Put(a.Email+"/"+id, k); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(keyFile{
		Type: "service_account", ProjectID: a.ProjectId, PrivateKeyID: id,
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		ClientEmail: a.Email, ClientID: a.UniqueId,
		AuthURI: "https://accounts.google.com/o/oauth2/auth", TokenURI: s.tokenURI.Load().(string),
		AuthCertURL:    "https://www.googleapis.com/oauth2/v1/certs",
		ClientCertURL:  "https://www.googleapis.com/robot/v1/metadata/x509/" + url.QueryEscape(a.Email),
		UniverseDomain: "googleapis.com",
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	answer := k.Key
	answer.PrivateKeyType = "TYPE_GOOGLE_CREDENTIALS_FILE"
	answer.PrivateKeyData = base64.StdEncoding.EncodeToString(append(data, '\n'))
	return answer, nil
}

func (s *Service) getKey(r *rest.Request) (any, error) {
	k, err := s.key(r)
	if err != nil {
		return nil, err
	}
	format := r.URL.Query().Get("publicKeyType")
	if format != "" {
		if err := Refusals.CheckField("keys.get", "publicKeyType", format); err != nil {
			return nil, err
		}
	}
	switch format {
	case "TYPE_X509_PEM_FILE":
		k.Key.PublicKeyData = base64.StdEncoding.EncodeToString([]byte(k.PublicPEM))
	case "TYPE_RAW_PUBLIC_KEY":
		block, _ := pem.Decode([]byte(k.PublicPEM))
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		raw := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: cert.RawSubjectPublicKeyInfo})
		k.Key.PublicKeyData = base64.StdEncoding.EncodeToString(raw)
	}
	return k.Key, nil
}

func (s *Service) listKeys(r *rest.Request) (any, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, err
	}
	types := r.URL.Query()["keyTypes"]
	var answer iamapi.ListServiceAccountKeysResponse
	for _, k := range s.keys.List(a.Email + "/") {
		if len(types) == 0 || slices.Contains(types, k.Key.KeyType) {
			answer.Keys = append(answer.Keys, &k.Key)
		}
	}
	return answer, nil
}

func (s *Service) deleteKey(r *rest.Request) (any, error) {
	k, err := s.key(r)
	if err != nil {
		return nil, err
	}
	_, err = s.keys.Delete(keyOf(k.Key.Name))
	return rest.Empty{}, err
}

func (s *Service) setKeyDisabled(disabled bool) func(*rest.Request) (any, error) {
	return func(r *rest.Request) (any, error) {
		k, err := s.key(r)
		if err != nil {
			return nil, err
		}
		_, err = s.keys.Update(keyOf(k.Key.Name), func(k *key, _ bool) error {
			k.Key.Disabled = disabled
			return nil
		})
		return rest.Empty{}, err
	}
}

func (s *Service) key(r *rest.Request) (key, error) {
	a, err := s.account(r)
	if err != nil {
		return key{}, err
	}
	k, ok := s.keys.Get(a.Email + "/" + r.Var("key"))
	if !ok {
		return k, status.Errorf(status.NotFound, "Service account key %s does not exist.", r.Var("key"))
	}
	return k, nil
}

// keysAllowed refuses keys where the organisation does.
// https://github.com/google/create-service-account/issues/21
// https://cloud.google.com/iam/docs/troubleshoot-org-policies
func (s *Service) keysAllowed(account string) error {
	const older, managed = "constraints/iam.disableServiceAccountKeyCreation",
		"constraints/iam.managed.disableServiceAccountKeyCreation"
	switch {
	case s.projects == nil:
		return nil
	case s.projects.Enforces(managed):
		return status.Errorf(status.FailedPrecondition, "Operation denied by org policy: [%q]", managed)
	case !s.projects.Enforces(older):
		return nil
	}
	const says = "Key creation is not allowed on this service account."
	e := status.Errorf(status.FailedPrecondition, says)
	e.Details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.PreconditionFailure",
		"violations": []any{map[string]any{"type": older, "subject": account, "description": says}}}}
	return e
}

// keyOf turns a key's resource name into its place in the collection: email/keyID.
func keyOf(name string) string {
	parts := strings.Split(name, "/")
	return parts[3] + "/" + parts[5]
}

// certify makes the self-signed certificate that Google publishes for a key.
func certify(private *rsa.PrivateKey, name string) (string, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	if err != nil {
		return "", err
	}
	template := x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Minute),
		NotAfter:  time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}
