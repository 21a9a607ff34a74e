// Package kms is Cloud Key Management Service: key rings, keys, their versions, and who may use them
// (https://cloud.google.com/kms/docs/reference/rest). Nothing is encrypted here. The services that keep data under a
// customer's key ask it whether their agents may, and with which version.
package kms

import (
	_ "embed"
	"strings"
	"sync"
	"time"

	api "google.golang.org/api/cloudkms/v1"

	"docx2pdf/local/google/iam/policy"
	"docx2pdf/local/google/project"
	"docx2pdf/local/machinery/refusal"
	"docx2pdf/local/machinery/rest"
	"docx2pdf/local/machinery/status"
	"docx2pdf/local/machinery/store"
)

//go:embed refusals.tsv
var refusals string

// Refusals are what Cloud KMS refuses.
var Refusals = refusal.MustRead(refusals)

// Service keeps keys.
type Service struct {
	db       *store.DB
	policies *policy.Engine
	projects *project.Service
	rings    *store.Collection[api.KeyRing]          // by name
	keys     *store.Collection[key]                  // by name
	versions *store.Collection[api.CryptoKeyVersion] // by versionKey

	mu sync.Mutex // numbers new versions
}

// key is a key as stored: its primary version is looked up.
type key struct {
	Key     api.CryptoKey `json:"key"`
	Primary string        `json:"primary"` // the version's name
	Made    int           `json:"made"`    // how many versions there ever were
}

// Open uses the keys in the store.
func Open(db *store.DB, policies *policy.Engine, projects *project.Service) *Service {
	return &Service{db: db, policies: policies, projects: projects,
		rings:    store.In[api.KeyRing](db, "kms/keyRings"),
		keys:     store.In[key](db, "kms/cryptoKeys"),
		versions: store.In[api.CryptoKeyVersion](db, "kms/cryptoKeyVersions")}
}

// Names lists all key rings and keys. Google deletes neither, but users' own they are, and a destroy must not touch
// them.
func (s *Service) Names() []string { return append(s.rings.Keys(""), s.keys.Keys("")...) }

// API is cloudkms.googleapis.com.
func (s *Service) API() *rest.API {
	const (
		rings    = "/v1/projects/{project}/locations/{location}/keyRings"
		ring     = rings + "/{ring}"
		keys     = ring + "/cryptoKeys"
		one      = keys + "/{key}"
		versions = one + "/cryptoKeyVersions"
		version  = versions + "/{version}"
	)
	a := &rest.API{Name: "cloudkms.googleapis.com", Title: "Cloud Key Management Service (KMS) API", Mount: "cloudkms",
		Server: "ESF", StatusInErrors: true, Denied: denied}
	route := func(id, method, path, permission string, on func(*rest.Request) (policy.Resource, error),
		handle func(*rest.Request) (any, error)) {
		a.Routes = append(a.Routes, rest.Route{ID: "cloudkms.projects.locations.keyRings." + id, Method: method, Path: path,
			Permission: "cloudkms." + permission, On: on, Handle: handle})
	}
	route("create", "POST", rings, "keyRings.create", rest.OnProject, s.createRing)
	route("list", "GET", rings, "keyRings.list", rest.OnProject, s.listRings)
	route("get", "GET", ring, "keyRings.get", onRing, s.getRing)
	route("cryptoKeys.create", "POST", keys, "cryptoKeys.create", onRing, s.createKey)
	route("cryptoKeys.list", "GET", keys, "cryptoKeys.list", onRing, s.listKeys)
	route("cryptoKeys.get", "GET", one, "cryptoKeys.get", onKey, s.getKey)
	route("cryptoKeys.patch", "PATCH", one, "cryptoKeys.update", onKey, s.patchKey)
	route("cryptoKeys.updatePrimaryVersion", "POST", one+":updatePrimaryVersion", "cryptoKeys.update", onKey,
		s.updatePrimary)
	const of = "cryptoKeys.cryptoKeyVersions."
	route(of+"create", "POST", versions, "cryptoKeyVersions.create", onKey, s.createVersion)
	route(of+"list", "GET", versions, "cryptoKeyVersions.list", onKey, s.listVersions)
	route(of+"get", "GET", version, "cryptoKeyVersions.get", onKey, s.getVersion)
	route(of+"patch", "PATCH", version, "cryptoKeyVersions.update", onKey, s.patchVersion)
	route(of+"destroy", "POST", version+":destroy", "cryptoKeyVersions.destroy", onKey, s.destroyVersion)
	route(of+"restore", "POST", version+":restore", "cryptoKeyVersions.restore", onKey, s.restoreVersion)
	ringExists := func(r *rest.Request) error { _, err := s.getRing(r); return err }
	keyExists := func(r *rest.Request) error { _, err := s.getKey(r); return err }
	for _, p := range []rest.IAMPolicy{
		{ID: "cloudkms.projects.locations.keyRings", Path: ring, Permissions: "cloudkms.keyRings", GetMethod: "GET",
			On: onRing, Exists: ringExists},
		{ID: "cloudkms.projects.locations.keyRings.cryptoKeys", Path: one, Permissions: "cloudkms.cryptoKeys",
			GetMethod: "GET", On: onKey, Exists: keyExists},
	} {
		a.Routes = append(a.Routes, p.Routes(s.policies)...)
	}
	return a
}

func ringName(r *rest.Request) string {
	return r.Name("projects", "{project}", "locations", "{location}", "keyRings", "{ring}")
}

func keyName(r *rest.Request) string { return ringName(r) + "/cryptoKeys/" + r.Var("key") }

func onRing(r *rest.Request) (policy.Resource, error) { return policy.In(ringName(r)), nil }

func onKey(r *rest.Request) (policy.Resource, error) { return resource(keyName(r)), nil }

// resource is a key, to which the policy of its ring applies too.
func resource(key string) policy.Resource {
	on := policy.In(key)
	on.Parent, _, _ = strings.Cut(key, "/cryptoKeys/")
	return on
}

// denied is in Google's words, which gke-labs/kube-agents#916 quotes.
func denied(_ policy.Principal, permission string, on policy.Resource) string {
	return "Permission '" + permission + "' denied on resource '" + on.Name + "' (or it may not exist)."
}

func notFound(kind, name string) error {
	return status.Errorf(status.NotFound, "%s %s not found.", kind, name)
}

func exists(kind, name string) error {
	return status.Errorf(status.AlreadyExists, "%s %s already exists.", kind, name)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
