#!/usr/bin/env bash
# Runs the end-to-end tests with the official pulumi-resource-gcp in place of the
# built-in provider, and compares the two. UPDATE=1 writes down what the official
# one does (local/machine/provider/testdata/official), which make test holds the built-in
# one to. Needs the plug-in; apart from that, what make test needs.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(go list -m -f '{{.Version}}' github.com/pulumi/pulumi-gcp/sdk/v7)
plugin="${PULUMI_HOME:-$HOME/.pulumi}/plugins/resource-gcp-$version/pulumi-resource-gcp"
if [ ! -x "$plugin" ]; then
  echo "official: there is no $plugin; install it with: pulumi plugin install resource gcp ${version#v}" >&2
  exit 1
fi
local/setup.sh tests
go test -tags official -count 1 -timeout 90m ./local/e2e
PULUMI_RESOURCE_GCP="$plugin" go test -tags official -count 1 -run Official ./local/machine/provider
