//go:build tools

// Package cli pins the Pulumi command line for machines that have none: a
// module of its own, so that the product's go.mod does not carry it.
package cli

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
