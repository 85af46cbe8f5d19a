#!/usr/bin/env bash
# Makes the .deb, unpacks it somewhere else and runs what is in it; as root, also installs and removes it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-package.XXXXXX")
trap 'rm -rf "$work"' EXIT
data=$here/tests/data/campaign_met
SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

targets=(assay assay-verify assay-bench)
(cd "$here" && cmake --preset release) >"$work/log" 2>&1 || {
  tail -n 40 "$work/log"
  exit 1
}
if grep -q '^build assay-cuda:' "$here/build/release/build.ninja"; then targets+=(assay-cuda); fi
(cd "$here" && cmake --build --preset release --target "${targets[@]}" &&
  cpack --config build/release/CPackConfig.cmake -B "$work/deb") >"$work/log" 2>&1 || {
  tail -n 40 "$work/log"
  exit 1
}
package=$(ls "$work"/deb/*.deb)
dpkg-deb -f "$package" Package Version Architecture Depends

runs() {  # BIN: all programs start, and the one that verifies does so
  (cd / && env -i "$1/assay" --version && env -i "$1/assay-verify" --version &&
    env -i "$1/assay" bench --benchmark_list_tests >"$work/benchmarks" &&
    grep -q '^compute\.memory/' "$work/benchmarks" &&
    env -i "$1/assay-verify" "$data/out" --policy "$data/policy.json" --deep >"$work/verified" &&
    head -n 1 "$work/verified")
}
dpkg-deb -x "$package" "$work/root"
runs "$work/root/usr/bin"

# The module is where the programs look for it, and is theirs; nothing emulated is shipped.
if [[ " ${targets[*]} " == *" assay-cuda "* ]]; then
  env -i "$work/root/usr/bin/assay" doctor >"$work/doctor"
  grep -qE '^  cuda +(gpu0: |no NVIDIA driver: |no GPU)' "$work/doctor" || {
    grep '^  cuda' "$work/doctor"
    exit 1
  }
fi
[[ -z $(find "$work/root" -name '*emulated*.so') ]]

# The tree of cmake --install can be moved.
(cd "$here" && cmake --install build/release --prefix "$work/tree") >/dev/null
mv "$work/tree" "$work/moved"
runs "$work/moved/bin"

sbom=$work/root/usr/share/doc/assay/assay.spdx.json
for name in libc6 libbenchmark1debian libcli11-dev libboost1.74-dev; do
  grep -q "\"name\": \"$name" "$sbom" || {
    echo "the bill of materials does not name $name" >&2
    exit 1
  }
done
[[ ! -s $here/LICENSE ]] || cmp "$here/LICENSE" "$work/root/usr/share/doc/assay/copyright"

if [[ $(id -u) == 0 ]] && ! dpkg-query -W assay >/dev/null 2>&1; then
  trap 'dpkg -r assay >/dev/null; rm -rf "$work"' EXIT
  dpkg -i "$package" >/dev/null
  runs /usr/bin
fi
