#!/bin/bash
# Writes what the image is made of, in SPDX 2.3 (https://spdx.github.io/spdx-spec/v2.3/): the Debian packages that are
# installed, and the Go modules that MODULES lists as "go version -m" does. CREATED is the document's date.
#
#   MODULES=/converter.modules service/sbom.sh >sbom.spdx.json
set -euo pipefail
{
  dpkg-query --show --showformat '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n' |
    awk -F '\t' '$1 ~ /^ii/ {print "deb\t" $2 "\t" $3 "\t" $4}'
  if [ -n "${MODULES:-}" ]; then awk -F '\t' '$2 == "dep" {print "golang\t" $3 "\t" $4}' "$MODULES"; fi
} | LC_ALL=C sort | awk -F '\t' -v created="${CREATED:-$(date --utc +%Y-%m-%dT%H:%M:%SZ)}" '
  # encoded is a part of a package URL.
  function encoded(text) { gsub(/%/, "%25", text); gsub(/\+/, "%2B", text); gsub(/:/, "%3A", text); return text }
  BEGIN {
    printf "{\"spdxVersion\":\"SPDX-2.3\",\"dataLicense\":\"CC0-1.0\",\"SPDXID\":\"SPDXRef-DOCUMENT\",\"name\":\"docx2pdf\","
    printf "\"documentNamespace\":\"https://spdx.org/spdxdocs/docx2pdf-%s\",", created
    printf "\"creationInfo\":{\"created\":\"%s\",\"creators\":[\"Tool: docx2pdf\"]},\"packages\":[", created
  }
  {
    url = $1 == "deb" ? "pkg:deb/debian/" encoded($2) "@" encoded($3) "?arch=" $4 : "pkg:golang/" $2 "@" encoded($3)
    printf "%s\n{\"SPDXID\":\"SPDXRef-%d\",\"name\":\"%s\",\"versionInfo\":\"%s\",\"downloadLocation\":\"NOASSERTION\",", (NR > 1 ? "," : ""), NR, $2, $3
    printf "\"filesAnalyzed\":false,\"externalRefs\":[{\"referenceCategory\":\"PACKAGE-MANAGER\",\"referenceType\":\"purl\","
    printf "\"referenceLocator\":\"%s\"}]}", url
    described = described sprintf("%s\"SPDXRef-%d\"", (NR > 1 ? "," : ""), NR)
  }
  END { printf "],\n\"documentDescribes\":[%s]}\n", described }'
