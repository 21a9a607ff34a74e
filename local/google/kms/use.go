package kms

import (
	"regexp"
	"strings"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
)

var keyForm = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$`)

// Encrypt asks, for a service's agent, for the use of a key. The answer is the version that encrypts, which is the
// primary one. The error is status.PermissionDenied for an agent that may not use the key and for a key that is not
// there, and status.FailedPrecondition for one whose primary version is not enabled, in Cloud KMS's words.
func (s *Service) Encrypt(agent *door.Visit, key string) (version string, err error) {
	key = s.canonical(key)
	if err := s.allow(agent, "cloudkms.cryptoKeyVersions.useToEncrypt", key); err != nil {
		return "", err
	}
	k, _ := s.keys.Get(key)
	return k.Primary, s.enabled(k.Primary)
}

// Decrypt asks, for a service's agent, for the use of the version of a key that something was encrypted with. Its
// errors are those of Encrypt.
func (s *Service) Decrypt(agent *door.Visit, version string) error {
	version = s.canonical(version)
	key, _, _ := strings.Cut(version, "/cryptoKeyVersions/")
	if err := s.allow(agent, "cloudkms.cryptoKeyVersions.useToDecrypt", key); err != nil {
		return err
	}
	return s.enabled(version)
}

// allow refuses a key that is not there as one that may not be used.
func (s *Service) allow(agent *door.Visit, permission, key string) error {
	agent.Words = denied
	if !keyForm.MatchString(key) {
		return status.Errorf(status.PermissionDenied, "%s", denied(agent.Caller, permission, policy.Resource{Name: key}))
	}
	if err := agent.Allow(permission, resource(key)); err != nil {
		return err
	}
	if _, ok := s.keys.Get(key); !ok {
		return status.Errorf(status.PermissionDenied, "%s", denied(agent.Caller, permission, resource(key)))
	}
	return nil
}

// enabled refuses a version in another state, in the words that users report of "gcloud kms encrypt".
func (s *Service) enabled(version string) error {
	v, _ := s.version(version)
	if v.State == "ENABLED" {
		return nil
	}
	return status.Errorf(status.FailedPrecondition, "%s is not enabled, current state is: %s.", version, v.State)
}

// canonical names a key by its project's id.
func (s *Service) canonical(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if len(parts) == 3 && parts[0] == "projects" {
		parts[1], _ = s.projects.ID(parts[1])
	}
	return strings.Join(parts, "/")
}

// Location is where a key is, in lower case as Cloud KMS has it.
func Location(key string) string {
	if parts := strings.Split(key, "/"); len(parts) > 3 {
		return strings.ToLower(parts[3])
	}
	return ""
}
