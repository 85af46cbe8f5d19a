#!/usr/bin/env bash
# gpu_check.sh BIN MODULE: scripts/gpu-check runs as it would on a GPU, on the emulated device: what
# it writes is marked, stays between its markers and is never in docs/, and it ends as it says.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=$1
module=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-gpu-check-test.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "gpu_check.sh: $*" >&2
  exit 1
}
# check SETTINGS EXPECTED: the script's page is then $work/page, its words are in $work/said.
check() {
  local status=0
  cp "$work/was" "$work/page"
  ASSAY_GPU_CHECK_MODULE="$module,$1" ASSAY_GPU_CHECK_BIN=$bin ASSAY_GPU_CHECK_PAGE="$work/page" \
    "$root/scripts/gpu-check" >"$work/said" 2>&1 || status=$?
  ((status == $2)) || {
    cat "$work/said" >&2
    fail "$1: ended with $status, not with $2"
  }
}
between() { sed -n '/^<!-- gpu-check: begin -->$/,/^<!-- gpu-check: end -->$/p' "$work/page"; }
outside() { sed '/^<!-- gpu-check: begin -->$/,/^<!-- gpu-check: end -->$/d' "$1"; }

cp "$root/docs/gpu_status.md" "$work/was"
check model=b200,gpus=2 0
diff <(outside "$work/was") <(outside "$work/page") || fail "the rest of the page changed"
rows=$(between | grep -c '^| emulated ') || fail "no row is marked"
((rows > 60)) || fail "$rows rows only"
# Headings of tables, rules and empty lines say nothing that could be taken for a result.
unmarked=$(between | grep -vE '^(\| |### )?emulated |^$|^<!--|^\|---|^\| (GPU|fault|case and|what) ' || true)
[[ -z $unmarked ]] || fail "not marked: $unmarked"
between | grep -E '^emulated PASSED [1-9][0-9]+ tests' >/dev/null || fail "no conformance"

check model=b200,gpus=1,fault=wrong_bit,every=3 1
# The self-test's windows may miss a single bit by chance; the cases check every slot as a whole.
between | grep '^emulated self-test .*, cases WRONG' >/dev/null || fail "a wrong bit was not seen"

mkdir "$work/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$bin/kernels_backend_test" >"$work/bin/kernels_backend_test"
printf '#!/bin/sh\necho "gpu_bench: broke off" >&2\nexit 1\n' >"$work/bin/gpu_bench"
chmod +x "$work/bin/"*
bin=$work/bin check model=b200,gpus=1 1
between | grep -qx 'emulated ended with 1: gpu_bench: broke off' || fail "no page of speeds that failed alone"
between | grep -E '^emulated PASSED [1-9][0-9]+ tests' >/dev/null || fail "no conformance beside failed speeds"

check fault=no_driver 69
grep -q '^gpu-check: .*driver' "$work/said" || fail "no sentence on the driver"
diff "$work/was" "$work/page" || fail "a page was written without a GPU"

before=$(sha256sum <"$root/docs/gpu_status.md")
if ASSAY_GPU_CHECK_MODULE=$module ASSAY_GPU_CHECK_BIN=$bin "$root/scripts/gpu-check" >"$work/said" 2>&1; then
  fail "it would write into docs/"
fi
[[ $before == "$(sha256sum <"$root/docs/gpu_status.md")" ]] || fail "it wrote into docs/"
echo "$rows rows, all marked"
