//go:build tools

// Package languagehost pins Pulumi's Go language host for machines that have
// none. v3.66.0 is the last version that is a package of the SDK module; later
// ones are modules that the Go module proxy does not carry.
package languagehost

import _ "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go"
