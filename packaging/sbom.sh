#!/usr/bin/env bash
# Writes an SPDX 2.3 bill of materials of the programs given: the Debian packages of every library
# that they load, and of the headers compiled into them. Usage: sbom.sh VERSION PROGRAM...
set -euo pipefail

version=$1
shift
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$(dirname "$0")" log -1 --format=%ct 2>/dev/null || date +%s)}
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)

# Licences by source package, read from each copyright file; what is not here is NOASSERTION.
licence_of() {
  case $1 in
    onednn) echo "Apache-2.0" ;;
    openblas) echo "BSD-3-Clause" ;;
    openssl) echo "Apache-2.0" ;;
    cli11) echo "BSD-3-Clause" ;;
    boost1.74 | boost-defaults) echo "BSL-1.0" ;;
    benchmark) echo "Apache-2.0" ;;
    gcc-12) echo "GPL-3.0-or-later WITH GCC-exception-3.1" ;;
    glibc) echo "LGPL-2.1-or-later" ;;
    *) echo "NOASSERTION" ;;
  esac
}

# The packages that own these paths; /lib and /usr/lib are one folder on a merged system.
packages_of() {
  local path real
  while read -r path; do
    real=$(readlink -f "$path")
    { dpkg -S "$real" 2>/dev/null || dpkg -S "${real#/usr}" 2>/dev/null ||
      { echo "no package owns $path" >&2; exit 1; }; } | sed -E 's/: .*//; s/, .*//'
  done | sort -u
}

linked=$(ldd "$@" | grep -oE '/[^ ]+\.so[^ ]*' | sort -u | packages_of)
compiled_in=$(printf '%s\n' /usr/include/CLI/CLI.hpp \
  /usr/include/boost/version.hpp | packages_of)

element() {  # PACKAGE
  local name pkg_version source
  read -r name pkg_version source < <(dpkg-query -W -f '${binary:Package} ${Version} ${source:Package}\n' "$1")
  printf ',\n    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "supplier": "Organization: Debian",\n' \
    "${name//[^A-Za-z0-9.-]/-}" "${name%%:*}" "$pkg_version"
  printf '     "downloadLocation": "NOASSERTION", "filesAnalyzed": false,\n'
  printf '     "licenseConcluded": "NOASSERTION", "licenseDeclared": "%s", "copyrightText": "NOASSERTION",\n' \
    "$(licence_of "$source")"
  printf '     "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",\n'
  printf '       "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s&distro=debian-12"}]}' \
    "${name%%:*}" "${pkg_version//+/%2B}" "$(dpkg --print-architecture)"
}

relation() {  # PACKAGE TYPE
  local name
  name=$(dpkg-query -W -f '${binary:Package}' "$1")
  printf ',\n    {"spdxElementId": "SPDXRef-assay", "relationshipType": "%s", "relatedSpdxElement": "SPDXRef-%s"}' \
    "$2" "${name//[^A-Za-z0-9.-]/-}"
}

digest=$(cat "$@" | sha256sum | cut -d' ' -f1)
cat <<JSON
{
  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
  "name": "assay-$version", "documentNamespace": "https://spdx.org/spdxdocs/assay-$version-$digest",
  "creationInfo": {"created": "$created", "creators": ["Tool: assay-sbom-$version"]},
  "packages": [
    {"SPDXID": "SPDXRef-assay", "name": "assay", "versionInfo": "$version", "downloadLocation": "NOASSERTION",
     "filesAnalyzed": false, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
     "copyrightText": "NOASSERTION"}$(for package in $linked $compiled_in; do element "$package"; done)
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-assay"}$(
      for package in $linked; do relation "$package" DYNAMIC_LINK; done
      for package in $compiled_in; do relation "$package" STATIC_LINK; done)
  ]
}
JSON
