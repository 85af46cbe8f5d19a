#!/usr/bin/env bash
# Builds the programs a second time, at another path, without the compiler cache and without
# tests, and compares the bytes with those of this tree's release build.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

build() {  # FOLDER [OPTION...]
  local folder=$1
  shift
  (cd "$folder" && cmake --preset release "$@" &&
    cmake --build --preset release --target assay assay-verify assay-bench) >"$work/log" 2>&1 || {
    tail -n 40 "$work/log"
    return 1
  }
}
build "$here"
# The committed and the changed files.
again=$work/another/a/bit/deeper
mkdir -p "$again"
(cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$again")
CCACHE_DISABLE=1 build "$again" -DASSAY_TESTS=OFF -DASSAY_BENCH=OFF -DASSAY_CUDA=OFF
for program in assay assay-verify assay-bench; do
  cmp "$here/build/release/bin/$program" "$again/build/release/bin/$program" || {
    echo "$program: not the same bytes; strings of one and not of the other:" >&2
    diff <(strings "$here/build/release/bin/$program") <(strings "$again/build/release/bin/$program") | head -n 40 >&2
    exit 1
  }
  for path in "$here" "$work"; do
    if grep -qF "$path/" "$here/build/release/bin/$program" "$again/build/release/bin/$program"; then
      echo "$program holds a path that it was built at: $path" >&2
      exit 1
    fi
  done
  (cd "$here" && sha256sum "build/release/bin/$program")
done
