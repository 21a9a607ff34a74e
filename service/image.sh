#!/bin/bash
# Builds the converter's image with a Docker engine, runs it as Cloud Run would, and converts a corpus through it:
# 1 GiB of memory, nobody's user, and nothing to write to but /tmp. More arguments go to docker build.
set -euo pipefail
cd "$(dirname "$0")/.."

tar --create go.mod go.sum service | docker build --file service/Dockerfile --tag converter "$@" -
docker image ls converter

port=${PORT:-8089}
container=$(docker run --detach --memory 1g --cpus 2 --read-only --tmpfs /tmp:rw,mode=1777 --user 65532:65532 \
  --cap-drop ALL --security-opt no-new-privileges ${NETWORK:+--network "$NETWORK"} \
  --publish "127.0.0.1:$port:$port" --env PORT="$port" --env K_SERVICE=converter --env SANDBOX=require converter)
trap 'docker logs "$container" | tail -3; docker rm --force "$container" >/dev/null' EXIT
curl --silent --show-error --fail --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/health"
go run ./service/bench -conform -url "http://127.0.0.1:$port" ${CORPUS:+-corpus "$CORPUS"}
