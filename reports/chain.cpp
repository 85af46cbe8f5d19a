#include "reports/chain.h"

#include <openssl/err.h>

#include "reports/openssl_handles.h"

namespace assay {
namespace {

using StoreHandle = Handle<X509_STORE, X509_STORE_free>;
using StoreContextHandle = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using StackHandle = std::unique_ptr<STACK_OF(X509), FreeStack>;

CertificateHandle parse(const Bytes& der) {
  const unsigned char* at = der.data();
  return CertificateHandle(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

StoreHandle store_of(std::span<const Bytes> anchors) {
  StoreHandle store(X509_STORE_new());
  for (const Bytes& der : anchors) {
    const CertificateHandle anchor = parse(der);
    if (!store || !anchor || X509_STORE_add_cert(store.get(), anchor.get()) != 1) {
      return nullptr;
    }
  }
  return store;
}

StackHandle stack_of(std::span<const Certificate> certificates) {
  StackHandle stack(sk_X509_new_null());
  for (const Certificate& each : certificates) {
    CertificateHandle certificate = parse(each.der);
    if (!stack || !certificate || sk_X509_push(stack.get(), certificate.get()) <= 0) {
      return nullptr;
    }
    static_cast<void>(certificate.release());  // now part of the stack
  }
  return stack;
}

SignatureFault finding_of(int code) {
  const std::string why = X509_verify_cert_error_string(code);
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Indication::indeterminate, "OUT_OF_BOUNDS_NO_POE",
              "at the time of verification, in the chain: " + why};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return {Indication::indeterminate, "NO_CERTIFICATE_CHAIN_FOUND",
              "no chain to an anchor of the policy: " + why};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {Indication::indeterminate, "CRYPTO_CONSTRAINTS_FAILURE",
              "the chain uses weak cryptography: " + why};
    default:
      return {Indication::indeterminate, "CHAIN_CONSTRAINTS_FAILURE", "in the chain: " + why};
  }
}

}  // namespace

std::optional<SignatureFault> check_chain(std::span<const Certificate> chain,
                                          std::span<const Bytes> anchors, std::int64_t at_s) {
  constexpr int k_112_bits = 2;  // no RSA below 2048, no SHA-1
  const StoreHandle store = store_of(anchors);
  const CertificateHandle leaf = parse(chain.front().der);
  const StackHandle others = stack_of(chain.subspan(1));
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (!store || !leaf || !others || !context ||
      X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), others.get()) != 1) {
    ERR_clear_error();
    return SignatureFault{Indication::indeterminate, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
                          "libcrypto could not begin to verify the chain"};
  }
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(how, at_s);
  // An anchor needn't be a root: a national trusted list names issuing authorities.
  X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(how, k_112_bits);
  const int verified = X509_verify_cert(context.get());
  ERR_clear_error();
  if (verified == 1) {
    return std::nullopt;
  }
  return finding_of(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace assay
