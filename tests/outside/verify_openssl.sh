#!/bin/bash
# Verifies a detached JWS with openssl and coreutils alone, each signature with the certificate
# given for it:   verify_openssl.sh REPORT ENVELOPE CERTIFICATE...
# Exit code 0: all valid; 1: one is not; 2: could not be tried.
set -euo pipefail
trap 'exit 2' ERR

if [ $# -lt 3 ]; then
  echo "usage: verify_openssl.sh REPORT ENVELOPE CERTIFICATE..." >&2
  exit 2
fi
report=$1 envelope=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

invalid() { echo "$1" >&2; exit 1; }
encode() { basenc --base64url -w0 "$@" | tr -d =; }
# Puts the padding back that JWS leaves out.
decode() {
  local text=$1
  while [ $((${#text} % 4)) -ne 0 ]; do text+="="; done
  printf %s "$text" | basenc --base64url -d
}
# The n-th value of a member of the envelope, which is one line without white space.
member() { { grep -o "\"$1\":\"[^\"]*\"" "$envelope" || true; } | sed -n "$2p" | cut -d'"' -f4; }

[ "$(grep -o '"signature":' "$envelope" | wc -l)" -eq $# ] || invalid "another number of signatures"

n=0
for certificate in "$@"; do
  n=$((n + 1))
  protected=$(member protected $n)
  signature=$(member signature $n)
  decode "$protected" > "$work/header" 2>/dev/null || invalid "signature $n: header is no base64url"
  decode "$signature" > "$work/raw" 2>/dev/null || invalid "signature $n: is no base64url"
  [ "$(stat -c %s "$work/raw")" -eq 64 ] || invalid "signature $n: has not 64 bytes"

  digest=$(openssl x509 -in "$certificate" -outform DER | openssl dgst -sha256 -binary | encode)
  grep -qF "\"x5t#S256\":\"$digest\"" "$work/header" || invalid "signature $n: names another certificate"

  hex=$(od -An -v -tx1 "$work/raw" | tr -d ' \n')
  printf 'asn1=SEQUENCE:pair\n[pair]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:64}" "${hex:64}" \
    > "$work/pair.cnf"
  openssl asn1parse -genconf "$work/pair.cnf" -noout -out "$work/signature.der"
  openssl x509 -in "$certificate" -pubkey -noout > "$work/key.pem"
  { printf %s. "$protected"; encode "$report"; } > "$work/signed"
  openssl dgst -sha256 -verify "$work/key.pem" -signature "$work/signature.der" "$work/signed" \
    > /dev/null || invalid "signature $n: is not valid"
done
echo "$n signatures are valid"
