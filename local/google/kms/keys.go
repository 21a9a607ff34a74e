package kms

import (
	"cmp"
	"strings"
	"time"

	api "google.golang.org/api/cloudkms/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func (s *Service) createRing(r *rest.Request) (any, error) {
	var body api.KeyRing
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("keyRingId")
	if err := Refusals.CheckField("keyRings", "location", r.Var("location")); err != nil {
		return nil, err
	}
	if err := Refusals.CheckField("keyRings", "keyRingId", id); err != nil {
		return nil, err
	}
	r.SetVar("ring", id)
	name := ringName(r)
	return s.rings.Update(name, func(ring *api.KeyRing, there bool) error {
		if there {
			return exists("KeyRing", name)
		}
		*ring = api.KeyRing{Name: name, CreateTime: timestamp(time.Now())}
		return nil
	})
}

func (s *Service) getRing(r *rest.Request) (any, error) {
	ring, ok := s.rings.Get(ringName(r))
	if !ok {
		return nil, notFound("KeyRing", ringName(r))
	}
	return ring, nil
}

func (s *Service) listRings(r *rest.Request) (any, error) {
	var answer api.ListKeyRingsResponse
	for _, ring := range s.rings.List(r.Name("projects", "{project}", "locations", "{location}", "keyRings") + "/") {
		answer.KeyRings = append(answer.KeyRings, &ring)
		answer.TotalSize++
	}
	return answer, nil
}

// createKey makes a key with a first version, which is its primary one.
func (s *Service) createKey(r *rest.Request) (any, error) {
	var body api.CryptoKey
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	id := r.URL.Query().Get("cryptoKeyId")
	if err := Refusals.CheckField("cryptoKeys", "cryptoKeyId", id); err != nil {
		return nil, err
	}
	if err := Refusals.Check("cryptoKeys", body); err != nil {
		return nil, err
	}
	if err := modelled(r, body); err != nil {
		return nil, err
	}
	if _, err := s.getRing(r); err != nil {
		return nil, err
	}
	r.SetVar("key", id)
	name := keyName(r)
	var made store.Batch
	stored := s.keys.UpdateIn(&made, name, func(k *key, there bool) error {
		if there {
			return exists("CryptoKey", name)
		}
		k.Key = api.CryptoKey{Name: name, Purpose: body.Purpose, Labels: body.Labels, CreateTime: timestamp(time.Now()),
			// https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys#CryptoKey
			DestroyScheduledDuration: cmp.Or(body.DestroyScheduledDuration, "2592000s"),
			VersionTemplate: &api.CryptoKeyVersionTemplate{ProtectionLevel: "SOFTWARE",
				Algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION"}}
		k.Primary, k.Made = name+"/cryptoKeyVersions/1", 1
		return nil
	})
	s.versions.PutIn(&made, versionKey(name, "1"), newVersion(name+"/cryptoKeyVersions/1"))
	if err := s.db.Write(&made); err != nil {
		return nil, err
	}
	return s.present(*stored), nil
}

// modelled refuses keys that the local cloud cannot be.
func modelled(r *rest.Request, body api.CryptoKey) error {
	template := body.VersionTemplate
	switch {
	case body.Purpose != "ENCRYPT_DECRYPT":
		return status.NotModelled("keys with the purpose %s; use ENCRYPT_DECRYPT", body.Purpose)
	case body.ImportOnly || r.URL.Query().Get("skipInitialVersionCreation") == "true":
		return status.NotModelled("keys without a first version")
	case body.RotationPeriod != "" || body.NextRotationTime != "":
		return status.NotModelled("keys that rotate by themselves; make a version and have it the primary one")
	case template != nil && template.ProtectionLevel != "" && template.ProtectionLevel != "SOFTWARE":
		return status.NotModelled("keys of the protection level %s; use SOFTWARE", template.ProtectionLevel)
	case template != nil && template.Algorithm != "" && template.Algorithm != "GOOGLE_SYMMETRIC_ENCRYPTION":
		return status.NotModelled("the algorithm %s; use GOOGLE_SYMMETRIC_ENCRYPTION", template.Algorithm)
	}
	return nil
}

// present is a key with its primary version as it is now.
func (s *Service) present(k key) api.CryptoKey {
	shown := k.Key
	if v, ok := s.version(k.Primary); ok {
		shown.Primary = &v
	}
	return shown
}

func (s *Service) getKey(r *rest.Request) (any, error) {
	k, ok := s.keys.Get(keyName(r))
	if !ok {
		return nil, notFound("CryptoKey", keyName(r))
	}
	return s.present(k), nil
}

func (s *Service) listKeys(r *rest.Request) (any, error) {
	if _, err := s.getRing(r); err != nil {
		return nil, err
	}
	var answer api.ListCryptoKeysResponse
	for _, k := range s.keys.List(ringName(r) + "/cryptoKeys/") {
		shown := s.present(k)
		answer.CryptoKeys = append(answer.CryptoKeys, &shown)
		answer.TotalSize++
	}
	return answer, nil
}

// patchKey changes the labels; of what else can be changed nothing is kept here.
func (s *Service) patchKey(r *rest.Request) (any, error) {
	var body api.CryptoKey
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	mask := r.URL.Query().Get("updateMask")
	if err := Refusals.CheckField("cryptoKeys.patch", "updateMask", mask); err != nil {
		return nil, err
	}
	for field := range strings.SplitSeq(mask, ",") {
		if field != "labels" {
			return nil, status.NotModelled("changing %s of keys", field)
		}
	}
	if err := Refusals.CheckField("cryptoKeys", "labels", body.Labels); err != nil {
		return nil, err
	}
	k, err := s.keys.Update(keyName(r), func(k *key, there bool) error {
		if !there {
			return notFound("CryptoKey", keyName(r))
		}
		k.Key.Labels = body.Labels
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.present(k), nil
}

// updatePrimary has what is encrypted from now on encrypted with another version.
func (s *Service) updatePrimary(r *rest.Request) (any, error) {
	var body api.UpdateCryptoKeyPrimaryVersionRequest
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	name := keyName(r) + "/cryptoKeyVersions/" + body.CryptoKeyVersionId
	v, ok := s.version(name)
	if !ok {
		return nil, notFound("CryptoKeyVersion", name)
	}
	if v.State != "ENABLED" {
		return nil, Refusals.Refuse("cryptoKeys.updatePrimaryVersion", "cryptoKeyVersionId", "enabled",
			body.CryptoKeyVersionId, "version", name, "state", v.State)
	}
	k, err := s.keys.Update(keyName(r), func(k *key, there bool) error {
		if !there {
			return notFound("CryptoKey", keyName(r))
		}
		k.Primary = name
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.present(k), nil
}
