package registry

import (
	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/machinery/status"
)

// checkKeyName refuses what is no key, and a key of another location than the repository's.
// https://cloud.google.com/artifact-registry/docs/cmek
func checkKeyName(location, key string) error {
	if key != "" && kms.Location(key) != location {
		return Refusals.Refuse("repositories", "kmsKeyName", "location", key, "keyregion", kms.Location(key),
			"region", location)
	}
	return nil
}

// mayUse asks, for the service agent, for the use of a repository's key: without it, nothing in the repository can be
// written or read.
func (s *Service) mayUse(repository, key string) error {
	if key == "" {
		return nil
	}
	agent := policy.Principal{Email: s.agent(policy.In(repository).Project)}
	_, err := s.keys.Encrypt(s.door.Errand("artifactregistry.repositories (key)", agent), key)
	switch {
	case status.Is(err, status.PermissionDenied): // hashicorp/terraform-provider-google#11913
		return status.Errorf(status.PermissionDenied, "Permission denied on Cloud KMS key. Please ensure your Artifact "+
			"Registry service account has been authorized to use the configured key.")
	case status.Is(err, status.FailedPrecondition): // nobody recorded the words
		return status.Errorf(status.FailedPrecondition, "The Cloud KMS key cannot be used: %v", err)
	}
	return err
}
