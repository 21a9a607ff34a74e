package docx2pdf

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// fixedName is for what Google Cloud names as the program says: while the old one is there, another of its name cannot
// be made. So it goes first when it is replaced.
var fixedName = pulumi.DeleteBeforeReplace(true)

var notAllowedInNames = regexp.MustCompile(`[^a-z0-9-]+`)

// labelValue turns a stack's name into a label value: lower-case letters, digits
// and hyphens, at most 63.
// https://cloud.google.com/resource-manager/docs/labels-overview#requirements
func labelValue(stack string) string {
	value := notAllowedInNames.ReplaceAllString(strings.ToLower(stack), "-")
	return value[:min(len(value), 63)]
}

// resourceID names what Google Cloud wants named by the user and what no
// contract fixes. Stacks in one project and regions of one stack get different
// names, and 30 characters, the least of Google's limits (account ids), suffice.
func (s *settings) resourceID(part string) string {
	of := s.stack + "\x00" + s.region
	if s.prefix != "" {
		of += "\x00" + s.prefix
	}
	sum := sha256.Sum256([]byte(of))
	return "docx2pdf-" + part + "-" + hex.EncodeToString(sum[:4])
}
