// Owners of what libcrypto allocates. For the .cpp files of this folder that call it.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "reports/digest.h"

namespace assay {

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Handle = std::unique_ptr<T, Freeing<Free>>;

using BioHandle = Handle<BIO, BIO_free_all>;
using BignumHandle = Handle<BIGNUM, BN_clear_free>;
using ContextHandle = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;
using SignatureHandle = Handle<ECDSA_SIG, ECDSA_SIG_free>;
using CertificateHandle = Handle<X509, X509_free>;

/// The DER that one of libcrypto's i2d functions makes of `object`; empty if it can't.
template <class Encode, class T>
Bytes der_by(Encode encode, T* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  Bytes bytes;
  if (size > 0) {
    bytes.assign(der, der + size);
  }
  OPENSSL_free(der);
  return bytes;
}

}  // namespace assay
