package run

import (
	"fmt"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/kms"
	"docx2pdf/local/machinery/status"
)

// keyAnnotation is what v1 calls a template's encryption key.
const keyAnnotation = "run.googleapis.com/encryption-key"

// checkKeyName refuses what is no key, and a key of another region than the service's.
// https://cloud.google.com/run/docs/securing/using-cmek
func checkKeyName(region, key, request string) error {
	if key != "" && kms.Location(key) != region {
		return Refusals.Refuse("services", "template.encryptionKey", "location", key, "request", request,
			"keyregion", kms.Location(key), "region", region)
	}
	return nil
}

// mayUse asks, for the service agent, for the key that a revision's image is kept under: without it no instance
// starts. Those that run go on; Google ends them after some time.
// https://cloud.google.com/run/docs/securing/using-cmek#autoscaling
func (s *Service) mayUse(project, key string) error {
	if key == "" {
		return nil
	}
	agent := policy.Principal{Email: s.Agent(project)}
	_, err := s.Keys.Encrypt(s.Door.Errand("run.revisions (key)", agent), key)
	// Nobody recorded Google's words.
	switch {
	case status.Is(err, status.PermissionDenied):
		return fmt.Errorf("Cloud Run's service agent %s does not have the permission to use the encryption key %s.",
			agent.Email, key)
	case status.Is(err, status.FailedPrecondition):
		return fmt.Errorf("The encryption key %s cannot be used: %v", key, err)
	}
	return err
}
