#!/usr/bin/env bash
# The whole story on this machine: deploys to the local Google Cloud, converts
# demo.docx with the key, shows that a second deployment changes nothing, and
# takes everything down. Prints every command before it runs it, and how long it
# took. Its state is apart from that of "local serve" and gone at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

state=.local/demo
cloud=

# step runs a command, after printing it, and prints how long it took.
step() {
  local start=$EPOCHREALTIME
  printf '\n$ %s\n' "$*"
  eval "$*"
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "  (%.1f s)\n", b - a}'
}

stop() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "$cloud" ]; then
    printf '\n$ kill %s   # the local Google Cloud\n' "$cloud"
    kill "$cloud" 2>/dev/null && wait "$cloud" || true
  fi
  [ $status = 0 ] && rm -rf "$state" || echo "The demo failed. The local Google Cloud's log: $state/serve.log" >&2
  exit $status
}
trap stop EXIT
trap 'exit 130' INT TERM

rm -rf "$state"
mkdir -p "$state"
began=$EPOCHREALTIME

# Compiled beforehand, so that the times below are of the commands themselves.
step go build -o .local/bin/local ./local
step go build -o /dev/null ./infra
step go build -o /dev/null ./client
printf '\n$ %s\n' ".local/bin/local serve -addr 127.0.0.1:0 -state $state > $state/serve.log &"
.local/bin/local serve -addr 127.0.0.1:0 -state "$state" >"$state/serve.log" 2>&1 &
cloud=$!
step "eval \"\$(.local/bin/local env -state $state -wait 60s)\""
step pulumi up --stack local --yes --skip-preview --suppress-progress
step go run ./client -stack local -o .local/demo.pdf demo.docx
step pulumi up --stack local --yes --expect-no-changes --suppress-progress
step pulumi destroy --stack local --yes --skip-preview --suppress-progress
step .local/bin/local inventory -state $state
awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {printf "\nAll of it took %.1f s. The PDF: .local/demo.pdf\n", b - a}'
