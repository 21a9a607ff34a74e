#!/bin/bash
# Builds the converter's image with a Docker engine, runs it as Cloud Run would (1 GiB of memory, nobody's user, nothing
# to write to but /tmp), and converts a corpus through it and through an image that was not trimmed: the PDFs must be
# the same. Arguments go to docker build; CORPUS names a directory of documents, NETWORK a Docker network.
set -euo pipefail
cd "$(dirname "$0")/.."
port=${PORT:-8089}
containers=()
trap '[ "${#containers[@]}" = 0 ] || docker rm --force "${containers[@]}" >/dev/null' EXIT

# start IMAGE PORT
start() {
  containers+=("$(docker run --detach --memory 1g --read-only --tmpfs /tmp:rw,mode=1777 --user 65532:65532 \
    --cap-drop ALL --security-opt no-new-privileges --network "${NETWORK:-bridge}" --publish "127.0.0.1:$2:$2" \
    --env PORT="$2" --env HOST="${NETWORK:+127.0.0.1}" --env K_SERVICE=converter --env GOOGLE_CLOUD_PROJECT=none --env SANDBOX=require "$1")")
  curl --silent --show-error --fail --retry 30 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$2/health"
}

tar --create service | docker build --file service/Dockerfile --tag converter "$@" -
tar --create service | docker build --file service/Dockerfile --tag converter:untrimmed --build-arg TRIM=no "$@" -
docker image ls converter
start converter "$port"
start converter:untrimmed "$((port + 1))"
go run ./service/bench -conform -url "http://127.0.0.1:$port" -against "http://127.0.0.1:$((port + 1))" ${CORPUS:+-corpus "$CORPUS"}
