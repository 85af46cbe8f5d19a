#!/usr/bin/env bash
# assay-verify must be small enough to audit and must run anywhere: no measuring code in it, no
# network, no HOME. Usage: verify_stands_alone.sh PROGRAM; 77 where namespaces are not allowed.
set -euo pipefail
program=$1

libraries=$(ldd "$program")
if grep -E 'dnnl|openblas|gomp|libmpi|libcuda|libnccl' <<<"$libraries"; then
  echo "assay-verify links a library that measures" >&2
  exit 1
fi

# Our own code is not stripped here: no symbol of the floors that measure may be in it.
symbols=$(nm -C "$program")
grep -q ' T main$' <<<"$symbols" || {
  echo "assay-verify has no symbols at all: is this check looking at the right file?" >&2
  exit 1
}
if grep -E ' assay::((run_window|run_campaign|run_selftest|worker_main|launch|make_host_backend|all_cases)\b|compute_)|dnnl_|cblas_' <<<"$symbols"; then
  echo "assay-verify holds code that measures" >&2
  exit 1
fi

namespace=(unshare --net)
[[ $(id -u) == 0 ]] || namespace=(unshare --user --map-root-user --net)
"${namespace[@]}" true 2>/dev/null || {
  echo "network namespaces are not allowed here, so this could not be tried" >&2
  exit 77
}
(cd / && env -i "${namespace[@]}" "$program" --version)
