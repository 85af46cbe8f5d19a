#!/bin/bash
# The judge of canonical form does judge:   refuse_other_forms.sh NODE
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
for text in '{"b":1,"a":2}' '{"a": 1}' '1.0' '[1e2]' '"\u0061"' '1E21'; do
  printf %s "$text" > "$work/form"
  code=0
  "$1" canonicalize.mjs "$work/form" 2>/dev/null || code=$?
  if [ "$code" -ne 1 ]; then
    echo "$text: exit code $code instead of 1" >&2
    exit 1
  fi
  n=$((n + 1))
done
[ "$n" -eq 6 ]
