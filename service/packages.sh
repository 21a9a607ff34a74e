#!/bin/bash
# Installs the Debian packages that it is given, while the image is built: the newest, with what Debian has mended, or with
# SNAPSHOT=yes those of the day that the base image was made on. Debian's images name the snapshot of that day in a
# comment above the address of each archive. With LIBREOFFICE=backports LibreOffice, and nothing else, is the newer line of
# Debian's backports. After --upgrade the base's own packages are brought up to date too. ROOT is
# where the system is, for tests.
set -euo pipefail
sources=${ROOT:-}/etc/apt/sources.list.d/debian.sources
upgrade=no
if [ "$1" = --upgrade ]; then upgrade=yes; shift; fi

# from PLACE lets the packages come from there.
from() {
  cp "$sources.base" "$sources"
  [ "$1" = archive ] && return
  # A snapshot is as old as it is.
  sed --in-place --regexp-extended '/^# https?:/ {N; s|^# (\S+)\nURIs: .*|URIs: \1\nCheck-Valid-Until: no|}' "$sources"
  if [ "$1" = mirror ]; then sed --in-place 's|//snapshot\.|//snapshot-cloudflare.|' "$sources"; fi
}

installed() {
  grep '^URIs:' "$sources"
  apt-get update --error-on=any || return
  if [ "$upgrade" = yes ]; then apt-get upgrade --yes || return; fi
  apt-get install --yes --no-install-recommends "$@"
}

if [ "${LIBREOFFICE:-stable}" = backports ]; then
  codename=$(sed --quiet 's/^Suites: \(\S*\).*/\1/p' "$sources" | head --lines 1)
  sed --in-place "s/^Suites: $codename $codename-updates$/& $codename-backports/" "$sources"
  printf 'Package: src:libreoffice\nPin: release n=%s-backports\nPin-Priority: 900\n' "$codename" \
    >"${ROOT:-}/etc/apt/preferences.d/libreoffice"
fi
cp "$sources" "$sources.base"
# Archives answer slowly, or not at all for a while, when many ask.
echo 'Acquire::Retries "5";' >"${ROOT:-}/etc/apt/apt.conf.d/retries"
places=(archive)
if [ "${SNAPSHOT}" = yes ]; then places=(snapshot mirror archive); fi
for place in "${places[@]}"; do
  from "$place"
  if installed "$@"; then
    rm -rf "${ROOT:-}"/var/lib/apt/lists/* "${ROOT:-}/etc/apt/apt.conf.d/retries" "$sources.base"
    exit
  fi
  echo "The packages could not be installed from the $place." >&2
done
echo 'No archive of Debian has the packages, or none answers: build the image again later.' >&2
exit 1
