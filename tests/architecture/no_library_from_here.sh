#!/usr/bin/env bash
# No program loads a library because it lies in the current folder, which may be a campaign that
# somebody sent: neither what it links nor what it opens by name.
# Usage: no_library_from_here.sh PROGRAM_OR_MODULE...
set -euo pipefail

for file in "$@"; do
  folders=$(readelf -d "$file" | sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]$/\2/p')
  if [[ -n $folders && ":$folders" =~ :(:|[^/\$]|$) ]]; then
    echo "$file looks for libraries in '$folders', one of which is the current folder" >&2
    exit 1
  fi
done

here=$(mktemp -d "${TMPDIR:-/tmp}/assay-here.XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here"
for name in libcrypto.so.3 libstdc++.so.6 libnvidia-ml.so.1 libcuda.so.1 libcublasLt.so.13; do
  echo "no library" >"$name"
done
readonly loader_failed=127
for file in "$@"; do
  [[ $file != *.so ]] || continue
  status=0
  "$file" --version >/dev/null 2>said || status=$?
  ((status != loader_failed)) || {
    echo "$file does not start where files with the names of its libraries lie: $(cat said)" >&2
    exit 1
  }
done
