#!/bin/bash
# Has apt take its packages from the snapshot of Debian's archive that the base image was made from: the base's digest
# then pins every package. Debian's images name the snapshot in a comment above the address of each archive; with a base
# that names none, packages are the newest. It runs while the image is built.
set -euo pipefail

sources=/etc/apt/sources.list.d/debian.sources

# A snapshot is as old as it is, and answers slowly or not at all when many ask.
sed --in-place --regexp-extended '/^# https?:/ {N; s|^# (\S+)\nURIs: .*|URIs: \1\nCheck-Valid-Until: no|}' "$sources"
echo 'Acquire::Retries "5";' >/etc/apt/apt.conf.d/retries
grep '^URIs:' "$sources"
