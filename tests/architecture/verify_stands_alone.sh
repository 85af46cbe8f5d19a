#!/usr/bin/env bash
# assay-verify must be small enough to audit and must run anywhere: no measuring code in it, no
# network, no HOME. Exit 77 where network namespaces are not allowed.
# Usage: verify_stands_alone.sh PROGRAM CAMPAIGN_DATA ARCHIVE_THAT_MEASURES...
set -euo pipefail
program=$1
data=$2
shift 2

libraries=$(ldd "$program")
if grep -E 'dnnl|openblas|gomp|libmpi|libcuda|libnccl|libssl|libbenchmark' <<<"$libraries"; then
  echo "assay-verify links a library that it should not need" >&2
  exit 1
fi

functions() { nm "$@" 2>/dev/null | awk '$2 == "T" || $2 == "t" {print $3}' | grep '^_ZN5assay' | sort -u; }
own=$(functions "$program")
[[ $own == *verify_campaign* ]] || {
  echo "assay-verify does not hold verify_campaign: is this check looking at the right file?" >&2
  exit 1
}
# Only names that no other file shares: helpers in anonymous namespaces may be called alike, and
# clones that the optimiser makes of inline functions stand in whatever includes them.
measuring=$(functions "$@" | grep -v -e '12_GLOBAL__N_1' -e '\.isra\.' -e '\.part\.' -e '\.constprop\.' -e '\.cold$')
shared=$(comm -12 <(echo "$own") <(echo "$measuring"))
if [[ -n $shared ]]; then
  echo "assay-verify holds code that measures: $(c++filt <<<"$shared" | head -n 5)" >&2
  exit 1
fi

namespace=(unshare --net)
[[ $(id -u) == 0 ]] || namespace=(unshare --user --map-root-user --net)
"${namespace[@]}" true 2>/dev/null || {
  echo "network namespaces are not allowed here, so this could not be tried" >&2
  exit 77
}
cd /
env -i "${namespace[@]}" "$program" --version
env -i "${namespace[@]}" "$program" "$data/out" --policy "$data/policy.json" --deep
