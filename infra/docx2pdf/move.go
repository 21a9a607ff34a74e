package docx2pdf

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// deployedBucket is a bucket of documents as the stack's state has it.
type deployedBucket struct{ name, project, region, key string }

// deployedOutputs are what the program reads of its resources in the stack's state. Only these are read: of what else
// is there, some cannot be, such as archives after an import.
type deployedOutputs struct {
	Name        string `pulumi:"name"`
	Project     string `pulumi:"project"`
	Location    string `pulumi:"location"`
	CryptoKeyID string `pulumi:"cryptoKeyId"`
	Member      string `pulumi:"member"`
	Encryption  *struct {
		Key string `pulumi:"defaultKmsKeyName"`
	} `pulumi:"encryption"`
}

// deployedResources are those that the stack has now, by their URNs; none where the state cannot be read.
func deployedResources(ctx *pulumi.Context) map[string]deployedOutputs {
	type resource struct {
		Outputs deployedOutputs `pulumi:"outputs"`
	}
	var state struct {
		Outputs map[string]resource `pulumi:"outputs"`
	}
	args := struct {
		StackName string `pulumi:"stackName"`
	}{ctx.Organization() + "/" + ctx.Project() + "/" + ctx.Stack()}
	// Raw, since among the outputs are secrets.
	if _, err := ctx.InvokePackageRaw("pulumi:pulumi:readStackResourceOutputs", &args, &state, ""); err != nil {
		_ = ctx.Log.Debug("the stack's own state cannot be read: "+err.Error(), nil)
		return nil
	}
	found := map[string]deployedOutputs{}
	for urn, resource := range state.Outputs {
		found[urn] = resource.Outputs
	}
	return found
}

// deployedBuckets are the buckets of documents among what the stack has.
func deployedBuckets(now map[string]deployedOutputs, cfg *settings) []deployedBucket {
	var found []deployedBucket
	for urn, b := range now {
		name := urn[strings.LastIndex(urn, "::")+2:]
		if name != cfg.prefix+"docx2pdf-input" && name != cfg.prefix+"docx2pdf-output" ||
			!strings.Contains(urn, "gcp:storage/bucket:Bucket") {
			continue
		}
		bucket := deployedBucket{name: b.Name, project: b.Project, region: strings.ToLower(b.Location)}
		if b.Encryption != nil {
			bucket.key = b.Encryption.Key
		}
		found = append(found, bucket)
	}
	return found
}

// hasCallerKey says whether the stack has a key of the caller's.
func hasCallerKey(now map[string]deployedOutputs, cfg *settings) bool {
	for urn := range now {
		if strings.HasPrefix(urn[strings.LastIndex(urn, "::")+2:], cfg.prefix+"caller-key") {
			return true
		}
	}
	return false
}

// holdsNothing says that a state was read and has nothing at Google.
func holdsNothing(now map[string]deployedOutputs) bool {
	for urn := range now {
		if strings.Contains(urn, "gcp:") && !strings.Contains(urn, "pulumi:providers:") {
			return false
		}
	}
	return now != nil
}

// checkMove refuses another project or region for a stack whose buckets hold documents: everything in the old one goes,
// and Google deletes no bucket that is not empty. The refusal would come at the end, with half of the stack in either
// place.
func (p *preflight) checkMove(
	within context.Context, ctx *pulumi.Context, cfg *settings, buckets []deployedBucket,
) error {
	told := false
	for _, bucket := range buckets {
		key, from, to := "gcp:region", bucket.region, cfg.region
		if bucket.project != cfg.project && bucket.project != "" {
			key, from, to = "gcp:project", bucket.project, cfg.project
		}
		if from == to {
			if err := p.checkOldKey(within, cfg, bucket); err != nil {
				return err
			}
			continue
		}
		holds := p.google.Holds(within, bucket.name)
		if holds && !cfg.forceDestroy {
			return fmt.Errorf("%s changes from %s to %s, but the bucket %s has documents, which would be lost: copy what you "+
				"need with \"gcloud storage cp --recursive gs://%s .\" and delete it there, or with %s as it was set "+
				"forceDestroy to true, run pulumi up, and change it then", key, from, to, bucket.name, bucket.name, key)
		}
		if !told {
			told = true
			_ = ctx.Log.Warn(fmt.Sprintf("the stack moves from %s to %s: everything in it is made anew, with other buckets, "+
				"another URL and another key", from, to), nil)
		}
		if holds {
			_ = ctx.Log.Warn(fmt.Sprintf("the documents in the bucket %s are deleted", bucket.name), nil)
		}
	}
	return nil
}
