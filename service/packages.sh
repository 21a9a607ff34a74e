#!/bin/bash
# Installs the Debian packages that it is given, while the image is built. With SNAPSHOT=yes they come from the snapshot of
# Debian's archive that the base image was made from: the base's digest then pins every package. Debian's images name the
# snapshot in a comment above the address of each archive; with a base that names none they are the newest.
set -euo pipefail
sources=/etc/apt/sources.list.d/debian.sources

if [ "${SNAPSHOT}" = yes ]; then
  # A snapshot is as old as it is.
  sed --in-place --regexp-extended '/^# https?:/ {N; s|^# (\S+)\nURIs: .*|URIs: \1\nCheck-Valid-Until: no|}' "$sources"
fi
grep '^URIs:' "$sources"

# Snapshots answer slowly, or not at all for a while, when many ask.
echo 'Acquire::Retries "5";' >/etc/apt/apt.conf.d/retries
if ! { apt-get update --error-on=any && apt-get install --yes --no-install-recommends "$@"; }; then
  echo 'The packages could not be installed. If the archive does not answer, try again, or let SNAPSHOT in service/Dockerfile be no: then they are the newest, from the usual archive.' >&2
  exit 1
fi
rm -rf /var/lib/apt/lists/* /etc/apt/apt.conf.d/retries
