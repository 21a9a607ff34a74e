#!/bin/bash
# Takes out of the image's file system what converting Word documents never reads. Run once, while it is built.
set -euo pipefail

# A cache that is as new as the fonts, or each start would look through them all.
fc-cache --force --system-only

rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/lintian /usr/share/bug
rm -rf /var/lib/apt /var/cache/apt /var/cache/debconf /var/log/* /var/lib/dpkg/info
