#!/bin/bash
# A verifier by others must accept the sample, and say "not valid" (exit code 1, nothing else) to
# every change:   try_verifier.sh SAMPLE COMMAND...
set -euo pipefail
sample=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fresh() { cp "$sample"/{report.json,report.sig.json,1.pem,2.pem} "$work"; }
verify() {
  local code=0
  "${command[@]}" "$work/report.json" "$work/report.sig.json" "${@}" > "$work/said" 2>&1 || code=$?
  return $code
}
expect() {  # EXPECTED-CODE WHAT CERTIFICATE...
  local expected=$1 what=$2 code=0
  shift 2
  verify "$@" || code=$?
  if [ "$code" -ne "$expected" ]; then
    echo "$what: exit code $code instead of $expected: $(cat "$work/said")" >&2
    exit 1
  fi
}
flip() {  # FILE OFFSET: another letter in its place
  local old
  old=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null)
  [ "$old" = A ] && new=B || new=A
  printf %s "$new" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
command=("$@")
both=("$work/1.pem" "$work/2.pem")

fresh; expect 0 "the sample" "${both[@]}"
for offset in 0 1 20 100 200; do
  fresh; flip "$work/report.json" $offset; expect 1 "byte $offset of the report" "${both[@]}"
done
fresh; printf '\n' >> "$work/report.json"; expect 1 "a byte more in the report" "${both[@]}"
fresh
header=$(grep -bo '"protected":"' "$work/report.sig.json" | head -1 | cut -d: -f1)
signature=$(grep -bo '"signature":"' "$work/report.sig.json" | tail -1 | cut -d: -f1)
flip "$work/report.sig.json" $((header + 60)); expect 1 "a letter of the header" "${both[@]}"
fresh; flip "$work/report.sig.json" $((signature + 30)); expect 1 "a letter of the signature" "${both[@]}"
fresh; expect 1 "another's certificate" "$work/2.pem" "$work/1.pem"
fresh; expect 1 "a certificate too few" "$work/1.pem"
