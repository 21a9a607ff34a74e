package storage

import (
	"strings"

	storageapi "google.golang.org/api/storage/v1"

	"docx2pdf/local/google/kms"
	"docx2pdf/local/machinery/door"
	"docx2pdf/local/machinery/status"
)

// Objects under a customer's key are written and read only while Cloud Storage's agent may use the key
// (https://cloud.google.com/storage/docs/encryption/customer-managed-keys). Whoever writes or reads needs no right to
// it.

// keyLocations are where the keys of a bucket's multi-region are, where that has another name.
var keyLocations = map[string]string{"eu": "europe"}

// encrypts asks for the key that an object gets, or for the bucket's default one; the answer is its version, which the
// object names. Without a key it is empty.
func (s *Service) encrypts(b bucket, key string) (version string, err error) {
	if key == "" && b.Encryption != nil {
		key = b.Encryption.DefaultKmsKeyName
	}
	if key == "" {
		return "", nil
	}
	if err := checkKeyName(b, key); err != nil {
		return "", err
	}
	version, err = s.keys.Encrypt(s.keyErrand(b), key)
	return version, keyRefusal(err)
}

// decrypts asks for the key of an object that is read.
func (s *Service) decrypts(b bucket, o storageapi.Object) error {
	if o.KmsKeyName == "" {
		return nil
	}
	return keyRefusal(s.keys.Decrypt(s.keyErrand(b), o.KmsKeyName))
}

// keyErrand is what the service agent does with the keys of a bucket's objects.
func (s *Service) keyErrand(b bucket) *door.Visit {
	return s.door.Errand("storage.objects (key)", s.agent(b.Project))
}

// checkKey refuses a default key that the service agent cannot use now.
func (s *Service) checkKey(b bucket) error {
	if b.Encryption == nil || b.Encryption.DefaultKmsKeyName == "" {
		return nil
	}
	_, err := s.encrypts(b, b.Encryption.DefaultKmsKeyName)
	return err
}

// checkNewKey is checkKey for a change of a bucket.
func (s *Service) checkNewKey(name string, patch map[string]any) error {
	b, exists := s.buckets.Get(name)
	if patch["encryption"] == nil || !exists {
		return nil
	}
	changed, err := merge(b.wire(), map[string]any{"encryption": patch["encryption"]})
	if err != nil {
		return err
	}
	b.Encryption = changed.Encryption
	return s.checkKey(b)
}

// checkKeyName refuses what is no key, a version of one included, and a key of another location than the bucket's.
func checkKeyName(b bucket, key string) error {
	if err := Refusals.Check("buckets.key", map[string]any{"kmsKeyName": key}); err != nil {
		return err
	}
	wanted := strings.ToLower(b.Location)
	if other := keyLocations[wanted]; other != "" {
		wanted = other
	}
	if at := kms.Location(key); at != wanted {
		return Refusals.Refuse("buckets.key", "kmsKeyName", "location", key, "keyregion", at,
			"bucketregion", strings.ReplaceAll(b.Location, "-", "_"))
	}
	return nil
}

// keyRefusal says in Cloud Storage's words why a key cannot be used.
func keyRefusal(err error) error {
	switch {
	case status.Is(err, status.PermissionDenied):
		return Refusals.Refuse("buckets.key", "kmsKeyName", "permission", nil)
	case status.Is(err, status.FailedPrecondition):
		return Refusals.Refuse("buckets.key", "kmsKeyName", "enabled", nil, "why", err.Error())
	}
	return err
}

// enforced says whether a bucket asks for what no request of docx2pdf's does: that objects have one kind of key only.
func enforced(e *storageapi.BucketEncryption) bool {
	return e != nil && (e.CustomerManagedEncryptionEnforcementConfig != nil ||
		e.CustomerSuppliedEncryptionEnforcementConfig != nil || e.GoogleManagedEncryptionEnforcementConfig != nil)
}
