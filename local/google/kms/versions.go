package kms

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	api "google.golang.org/api/cloudkms/v1"

	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

func newVersion(name string) api.CryptoKeyVersion {
	now := timestamp(time.Now())
	return api.CryptoKeyVersion{Name: name, State: "ENABLED", ProtectionLevel: "SOFTWARE",
		Algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", CreateTime: now, GenerateTime: now}
}

// versionKey puts the versions of a key in the order of their numbers.
func versionKey(key, id string) string {
	n, _ := strconv.Atoi(id)
	return fmt.Sprintf("%s/%09d", key, n)
}

// version is a version as it is now: one that was to be destroyed is, once its time has come.
func (s *Service) version(name string) (api.CryptoKeyVersion, bool) {
	key, id, ok := strings.Cut(name, "/cryptoKeyVersions/")
	if n, err := strconv.Atoi(id); !ok || err != nil || strconv.Itoa(n) != id {
		return api.CryptoKeyVersion{}, false
	}
	v, ok := s.versions.Get(versionKey(key, id))
	return asOfNow(v), ok
}

func asOfNow(v api.CryptoKeyVersion) api.CryptoKeyVersion {
	due, err := time.Parse(time.RFC3339, v.DestroyTime)
	if v.State == "DESTROY_SCHEDULED" && err == nil && !time.Now().Before(due) {
		v.State, v.DestroyEventTime, v.DestroyTime = "DESTROYED", v.DestroyTime, ""
	}
	return v
}

func versionName(r *rest.Request) string {
	return keyName(r) + "/cryptoKeyVersions/" + r.Var("version")
}

func (s *Service) createVersion(r *rest.Request) (any, error) {
	var body api.CryptoKeyVersion
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	name := keyName(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.keys.Get(name)
	if !ok {
		return nil, notFound("CryptoKey", name)
	}
	id := strconv.Itoa(k.Made + 1)
	v := newVersion(name + "/cryptoKeyVersions/" + id)
	var made store.Batch
	s.keys.UpdateIn(&made, name, func(k *key, _ bool) error {
		k.Made++
		return nil
	})
	s.versions.PutIn(&made, versionKey(name, id), v)
	return v, s.db.Write(&made)
}

func (s *Service) getVersion(r *rest.Request) (any, error) {
	v, ok := s.version(versionName(r))
	if !ok {
		return nil, notFound("CryptoKeyVersion", versionName(r))
	}
	return v, nil
}

func (s *Service) listVersions(r *rest.Request) (any, error) {
	if _, err := s.getKey(r); err != nil {
		return nil, err
	}
	var answer api.ListCryptoKeyVersionsResponse
	for _, v := range s.versions.List(keyName(r) + "/") {
		v = asOfNow(v)
		answer.CryptoKeyVersions = append(answer.CryptoKeyVersions, &v)
		answer.TotalSize++
	}
	return answer, nil
}

// patchVersion enables or disables a version. At Google it takes up to three hours until a disabled one is refused
// everywhere; here it takes no time.
// https://cloud.google.com/kms/docs/enable-disable
func (s *Service) patchVersion(r *rest.Request) (any, error) {
	var body api.CryptoKeyVersion
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	mask := r.URL.Query().Get("updateMask")
	if err := Refusals.CheckField("cryptoKeyVersions.patch", "updateMask", mask); err != nil {
		return nil, err
	}
	if mask != "state" {
		return nil, status.NotModelled("changing %s of key versions", mask)
	}
	if err := Refusals.Check("cryptoKeyVersions", body); err != nil {
		return nil, err
	}
	return s.change(r, body.State, "ENABLED", "DISABLED")
}

// destroyVersion has a version destroyed later, so that it can be restored until then.
func (s *Service) destroyVersion(r *rest.Request) (any, error) {
	return s.change(r, "DESTROY_SCHEDULED", "ENABLED", "DISABLED")
}

// restoreVersion takes the destruction back. The version is disabled then.
func (s *Service) restoreVersion(r *rest.Request) (any, error) {
	return s.change(r, "DISABLED", "DESTROY_SCHEDULED")
}

// change brings a version from one of some states to another.
func (s *Service) change(r *rest.Request, to string, from ...string) (any, error) {
	k, ok := s.keys.Get(keyName(r))
	if _, there := s.version(versionName(r)); !ok || !there {
		return nil, notFound("CryptoKeyVersion", versionName(r))
	}
	return s.versions.Update(versionKey(keyName(r), r.Var("version")), func(v *api.CryptoKeyVersion, _ bool) error {
		*v = asOfNow(*v)
		for _, state := range from {
			if v.State != state {
				continue
			}
			v.State, v.DestroyTime = to, ""
			if to == "DESTROY_SCHEDULED" {
				wait, _ := time.ParseDuration(k.Key.DestroyScheduledDuration)
				v.DestroyTime = timestamp(time.Now().Add(wait))
			}
			return nil
		}
		return Refusals.Refuse("cryptoKeyVersions.destroyed", "state", "transition", to, "version", v.Name, "state", v.State)
	})
}
