package docx2pdf

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"docx2pdf/infra/google"
)

// keyGrants are who may use the key before anything is made.
type keyGrants struct {
	number   string // the project's
	mayGrant bool   // whether whoever deploys may say who uses the key
	users    map[string]bool
	own      map[string]bool // the stack's own grants, by member
	serves   bool            // whether the stack's service runs with the key already
}

// grants says whether the stack has a grant of its own for a service. What others granted stays theirs.
func (k *keyGrants) grants(user keyUser) bool {
	member := user.member(k.number)
	return k.own[member] || k.mayGrant && !k.users[member]
}

// untried says whether it is not known yet that a service can use the key.
func (k *keyGrants) untried(user keyUser) bool { return !k.serves || !k.users[user.member(k.number)] }

// checkKey looks at the key, and refuses one that the services cannot use.
func (p *preflight) checkKey(ctx *pulumi.Context, cfg *settings) error {
	within, name := ctx.Context(), google.ParseKey(cfg.kmsKey)
	key, err := p.google.Key(within, cfg.kmsKey)
	willBeOn := google.IsOff(err) && name.Project == cfg.project
	if willBeOn && !ctx.DryRun() {
		const api = "cloudkms.googleapis.com"
		if err := p.google.Enable(within, p.wanted, p.enabled, api, teller(ctx, nil)); err != nil {
			return err
		}
		key, err = p.google.Key(within, cfg.kmsKey)
	}
	err = refuseKey(name, cfg.kmsKey, key, err)
	switch {
	case err != nil && ctx.DryRun() && willBeOn:
	case err != nil && ctx.DryRun() && google.Refused(err) != 0: // who previews may look at less than who deploys
		_ = ctx.Log.Warn(err.Error(), nil)
	case err != nil:
		return err
	}
	p.key = &keyGrants{
		number:   p.google.ProjectNumber(within, cfg.project),
		mayGrant: ctx.DryRun() || p.google.MayGrantKey(within, cfg.kmsKey),
		own:      ownGrants(ctx, cfg),
		serves:   p.service != nil && p.service.Template.EncryptionKey == cfg.kmsKey,
	}
	var seen bool
	p.key.users, seen = p.google.KeyUsers(within, cfg.kmsKey)
	for member := range p.key.own {
		if seen && !p.key.users[member] && !ctx.DryRun() {
			return fmt.Errorf("kmsKey: somebody took the right to use the key %s from %s, which this stack had given: run "+
				"\"pulumi refresh\", then \"pulumi up\"", cfg.kmsKey, member)
		}
	}
	return p.key.check(cfg, name)
}

// refuseKey says why nothing can be kept under a key, with the next step. Where the refusal is Google's and not the
// key's own state, the error is a *googleapi.Error too.
func refuseKey(name google.KeyName, full string, key *google.Key, err error) error {
	at := fmt.Sprintf("--keyring %s --location %s --project %s", name.Ring, name.Location, name.Project)
	switch code := google.Refused(err); {
	case google.IsOff(err):
		return fmt.Errorf("kmsKey: the Cloud KMS API is not enabled where the key %s is: run \"gcloud services enable "+
			"cloudkms.googleapis.com --project %s\": %w", full, name.Project, google.Brief(err))
	case code == http.StatusNotFound:
		return fmt.Errorf("kmsKey: there is no key %s: see \"gcloud kms keys list %s\", or make it with \"gcloud kms "+
			"keyrings create %s --location %s --project %s\" and \"gcloud kms keys create %s %s --purpose encryption\"",
			full, at, name.Ring, name.Location, name.Project, name.Key, at)
	case code == http.StatusForbidden:
		return fmt.Errorf("kmsKey: the key %s does not exist, or whoever deploys may not look at it, for which "+
			"roles/cloudkms.viewer is enough: see \"gcloud kms keys describe %s %s\": %w", full, name.Key, at, google.Brief(err))
	case err != nil:
		return nil // whatever else is wrong will be said by what needs it
	case key.Purpose != "ENCRYPT_DECRYPT":
		return fmt.Errorf("kmsKey: the key %s has the purpose %s: make another with \"gcloud kms keys create my-key %s "+
			"--purpose encryption\"", full, key.Purpose, at)
	}
	version := key.Primary.Name[strings.LastIndex(key.Primary.Name, "/")+1:]
	switch key.Primary.State {
	case "ENABLED":
		return nil
	case "DISABLED":
		return fmt.Errorf("kmsKey: the primary version %s of the key %s is disabled: run \"gcloud kms keys versions enable "+
			"%s --key %s %s\"", version, full, version, name.Key, at)
	}
	return fmt.Errorf("kmsKey: the primary version of the key %s is %s: see \"gcloud kms keys versions list --key %s %s\", "+
		"and make an enabled one primary with \"gcloud kms keys update %s %s --primary-version N\"", full,
		cmp.Or(key.Primary.State, "missing"), name.Key, at, name.Key, at)
}

// check refuses a key that some service may not use and whose policy whoever deploys may not change.
func (k *keyGrants) check(cfg *settings, name google.KeyName) error {
	var missing []string
	for _, user := range cfg.keyUsers() {
		if member := user.member(k.number); !k.mayGrant && !k.users[member] && !k.own[member] {
			missing = append(missing, member)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("kmsKey: whoever deploys may not let others use the key %s, and it is not seen that %s may: have its "+
		"owner give you roles/cloudkms.admin on it, or run, for each of them, \"gcloud kms keys add-iam-policy-binding %s "+
		"--keyring %s --location %s --project %s --role %s --member MEMBER\", and give you roles/iam.securityReviewer on "+
		"it to see that", cfg.kmsKey, strings.Join(missing, ", "), name.Key, name.Ring, name.Location, name.Project,
		google.UsesKey)
}

// checkOldKey refuses another key, or none, while documents are under the one that was: Cloud Storage could not read
// them once the stack takes its right to that key back.
func (p *preflight) checkOldKey(within context.Context, cfg *settings, bucket deployedBucket) error {
	if bucket.key == "" || bucket.key == cfg.kmsKey || !p.google.HoldsUnder(within, bucket.name, bucket.key) {
		return nil
	}
	return fmt.Errorf("kmsKey changes, but the bucket %s has objects under the key %s, which nobody could read then: first "+
		"run \"gcloud storage buckets update gs://%s --clear-default-encryption-key\" and \"gcloud storage objects update "+
		"gs://%s/** --clear-encryption-key\"", bucket.name, bucket.key, bucket.name, bucket.name)
}

// ownGrants are the members that the stack itself lets use the key, by its state.
func ownGrants(ctx *pulumi.Context, cfg *settings) map[string]bool {
	own := map[string]bool{}
	for urn, grant := range deployedResources(ctx) {
		if strings.Contains(urn, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::"+cfg.prefix+"key-") &&
			grant.CryptoKeyID == cfg.kmsKey {
			own[grant.Member] = true
		}
	}
	return own
}
