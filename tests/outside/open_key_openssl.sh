#!/bin/bash
# openssl opens our encrypted key with its passphrase, and not with another; the key is that of the
# certificate, whose own signature holds.   open_key_openssl.sh SAMPLE
set -euo pipefail
cd "$1"
ours=$(openssl pkey -in key.pem -passin file:passphrase -pubout)
[ "$ours" = "$(openssl x509 -in 1.pem -pubkey -noout)" ]
openssl pkey -in key.pem -passin file:passphrase -check -noout
if openssl pkey -in key.pem -passin pass:wrong -noout 2>/dev/null; then
  echo "the key opens with a wrong passphrase" >&2
  exit 1
fi
openssl verify -x509_strict -check_ss_sig -CAfile 1.pem -partial_chain 1.pem
