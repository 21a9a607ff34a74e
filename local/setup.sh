#!/usr/bin/env bash
# Installs what the demo needs and this machine lacks: LibreOffice 25.2 or newer
# with LibreOfficeKit (Debian packages), fonts, and the Pulumi command line (built
# from Go modules). With "tests" as its argument, what the tests need too.
# Prints every command before it runs it; does nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

need=(
  libreoffice-uiconfig-common libreoffice-uiconfig-writer # a view of a document with comments needs them
  libreofficekit-dev libreoffice-dev # headers, and what makes them
  qpdf # locks PDFs with a password
  hyphen-{af,as,be,bg,bn,ca,cs,da,de,el,en-gb,en-us,es,fr,gl,gu,hi,hr,hu,id,is,it,kn,lt} # as in the image
  hyphen-{lv,ml,mn,mr,nl,no,or,pa,pl,pt-br,pt-pt,ro,ru,sk,sl,sr,sv,ta,te,th,uk,zu}
  fonts-liberation fonts-dejavu-core fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji # as in the image
  # What the image's build draws its other fonts with.
  fonts-adf-gillius fonts-comic-neue fonts-crosextra-caladea fonts-crosextra-carlito fonts-ebgaramond fonts-open-sans
  fonts-urw-base35
)
if [ "${1:-}" = tests ]; then
  need+=(poppler-utils curl python3-google-auth python3-googleapi python3-requests chromium)
  command -v node >/dev/null || need+=(nodejs)
  command -v npm >/dev/null || need+=(npm)
fi

command -v c++ >/dev/null || need+=(g++)
# Part of fonts-liberation before trixie.
if ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then need+=(fonts-liberation-sans-narrow); fi

run() {
  printf '+ %s\n' "$*"
  "$@"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    run env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    run sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    echo "setup: needs root to run: $*; install sudo, or run as root: make setup" >&2
    exit 1
  fi
}

installed() { dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed'; }

# recent reports whether a version of a LibreOffice package is 25.2 or newer.
recent() { [ -n "$1" ] && dpkg --compare-versions "${1#*:}" ge 25.2; }

writer() {
  # The two flavours exclude each other: keep the one that is there.
  if installed libreoffice-core; then echo libreoffice-writer; else echo libreoffice-writer-nogui; fi
}

candidate() { apt-cache policy "$1" | awk '/Candidate:/ {print $2}'; }

# add_backports makes Debian's backports known to apt, from the mirror that apt
# uses for Debian itself.
add_backports() {
  local codename=$1 list=/etc/apt/sources.list.d/docx2pdf-backports.list mirror
  local key=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(apt-get indextargets --format '$(REPO_URI)' \
    "Created-By: Packages" "Codename: $codename" "Component: main" | head -n 1)
  if [ -z "${mirror:-}" ]; then
    echo "setup: apt knows no Debian mirror for $codename; install LibreOffice 25.2 or newer by hand" >&2
    exit 1
  fi
  as_root sh -c "echo 'deb [signed-by=$key] $mirror $codename-backports main' > $list"
  as_root apt-get update -qq
}

install_packages() {
  local missing=() package version release=()
  version=$(dpkg-query --show --showformat '${Version}' "$(writer)" 2>/dev/null || true)
  if ! installed "$(writer)" || ! recent "$version"; then missing+=("$(writer)"); fi
  need+=("$(writer | sed s/writer/math/)") # equations
  for package in "${need[@]}"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  as_root apt-get update -qq
  if ! recent "$(candidate libreoffice-dev)"; then # those that are installed may come from backports already
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    apt-cache madison "$(writer)" | grep -q -- 'backports' || add_backports "$codename"
    release=(--target-release "$codename-backports")
  fi
  # Without recommended packages: they would bring LibreOffice's desktop.
  as_root apt-get install --yes -qq --no-install-recommends "${release[@]}" "${missing[@]}"
}

# make_headers makes the headers that the converter is compiled with, again when
# there are others than those that are there.
make_headers() {
  local maker=service/forkserver/headers.sh made=/usr/local/include/libreoffice-uno/com
  if [ -e "$made" ] && [ ! "$maker" -nt "$made" ]; then return 0; fi
  as_root "$maker"
}

install_pulumi() {
  local version folder
  command -v pulumi >/dev/null && return 0
  local -x GOWORK=off # each is a module by itself
  version=$(cd local/machine/pulumi/cli && go list -m -f '{{.Version}}' github.com/pulumi/pulumi/pkg/v3)
  folder="${XDG_CACHE_HOME:-$HOME/.cache}/docx2pdf/pulumi-$version"
  [ ! -x "$folder/pulumi" ] || return 0
  mkdir -p "$folder"
  echo "Building Pulumi from Go modules. The first time takes some minutes."
  run go -C local/machine/pulumi/languagehost build -o "$folder/language-host" \
    github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go
  run install -m 755 local/machine/pulumi/pulumi-language-go "$folder"
  # Under its name only once it is whole: a build that was stopped begins again.
  run go -C local/machine/pulumi/cli build -o "$folder/pulumi.part" \
    -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" \
    github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
  mv "$folder/pulumi.part" "$folder/pulumi"
}

# install_modules installs what the tests take from npm, again when other versions are asked for.
install_modules() {
  local folder=local/e2e/testdata/npm
  [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ] || return 0
  run npm ci --prefix "$folder" --prefer-offline --no-audit --no-fund --ignore-scripts
}

if command -v apt-get >/dev/null; then
  install_packages
else
  echo "setup: no apt-get here; LibreOffice 25.2 or newer with LibreOfficeKit must be there already" >&2
fi
make_headers
install_pulumi
if [ "${1:-}" = tests ]; then install_modules; fi
# Fonts with the measures of Microsoft's, kept in the cache.
go run ./service/fonts/twins >/dev/null
