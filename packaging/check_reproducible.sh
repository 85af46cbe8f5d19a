#!/usr/bin/env bash
# Builds the two programs twice, in two folders, without the compiler cache, and compares the bytes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct)
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1

build() {  # FOLDER: the committed and the changed files, at another path
  mkdir -p "$1"
  (cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1")
  (cd "$1" && cmake --preset release -DASSAY_TESTS=OFF -DASSAY_BENCH=OFF &&
    cmake --build --preset release --target assay assay-verify) >"$1.log" 2>&1 || {
    tail -n 40 "$1.log"
    return 1
  }
}
build "$work/one"
build "$work/another/a/bit/deeper"
for program in assay assay-verify; do
  cmp "$work/one/build/release/bin/$program" "$work/another/a/bit/deeper/build/release/bin/$program"
  if grep -qF "$work" "$work/one/build/release/bin/$program"; then
    echo "$program holds the path it was built at" >&2
    exit 1
  fi
  sha256sum "$work/one/build/release/bin/$program" | sed "s|$work/one/||"
done
