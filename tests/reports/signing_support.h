// Parties, certificates and deliberately wrong signatures for tests.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "reports/jades.h"
#include "reports/json.h"

namespace assay::test {

constexpr std::int64_t k_now = 1'770'000'000;  ///< 2026-02-02
constexpr std::int64_t k_year = 365 * 86'400;

struct Party {
  PrivateKey key;
  Certificate certificate;
};

inline Party party(const std::string& name, const std::string& organization) {
  const auto key = PrivateKey::generate();
  const auto certificate = make_pilot_certificate(*key, {.subject = {name, organization, ""},
                                                         .not_before_s = k_now - k_year,
                                                         .not_after_s = k_now + k_year});
  return {*key, certificate.value()};
}

inline std::string sign(const Party& by, Role role, std::string_view report,
                        std::string_view envelope = "", std::int64_t at_s = k_now) {
  return add_signature(envelope, report, {by.key, {by.certificate}, role}, at_s).value();
}

/// The protected header of an entry, as JSON text.
inline std::string header_text(const std::string& envelope, std::size_t index = 0) {
  const auto read = read_envelope(envelope).value();
  return std::string(text_of(from_base64url(read.entries.at(index).protected_text).value()));
}

/// An envelope with one entry over `report` whose header is exactly `header`.
inline std::string forge(const std::string& header, const PrivateKey& key,
                         std::string_view report) {
  const std::string text = base64url(header);
  const Bytes signature = key.sign(text + "." + base64url(report)).value();
  return canonical_json(Json::Object{
      {"signatures",
       Json::Array{Json::Object{{"protected", text}, {"signature", base64url(signature)}}}}});
}

/// The DER of a signature that stands as R || S, as a signer might write it by mistake.
inline Bytes der_form(const Bytes& raw) {
  Bytes der(72);
  const auto half = static_cast<std::ptrdiff_t>(raw.size() / 2);
  const Bytes start{0x30, 0x46, 0x02, 0x21, 0x00};
  const Bytes middle{0x02, 0x21, 0x00};
  auto at = std::copy(start.begin(), start.end(), der.begin());
  at = std::copy(raw.begin(), raw.begin() + half, at);
  at = std::copy(middle.begin(), middle.end(), at);
  std::copy(raw.begin() + half, raw.end(), at);
  return der;
}

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "not found: " + from : text.replace(at, from.size(), to);
}

/// A folder of its own that is removed at the end; only its owner can use it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "assay-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using PkeyPointer = std::shared_ptr<EVP_PKEY>;
inline PkeyPointer owned(EVP_PKEY* key) {
  return {key, EVP_PKEY_free};
}

/// What an authority is asked to certify; `issuer` empty: itself.
struct Request {
  Subject subject;
  EVP_PKEY* key = nullptr;
  Bytes issuer;
  EVP_PKEY* issuer_key = nullptr;
  bool authority = false;
  const char* constraints = "critical,CA:TRUE";  ///< Of an authority.
  std::int64_t not_before_s = k_now - k_year, not_after_s = k_now + k_year;
  const char* key_usage = "critical,digitalSignature,nonRepudiation";
  const EVP_MD* digest = EVP_sha256();
};

inline void extend(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline void name(X509_NAME* subject, int nid, const std::string& value) {
  if (!value.empty()) {
    X509_NAME_add_entry_by_NID(subject, nid, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.data()),
                               static_cast<int>(value.size()), -1, 0);
  }
}

inline Certificate issue(const Request& request) {
  const std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 4711);
  name(X509_get_subject_name(x), NID_organizationName, request.subject.organization);
  name(X509_get_subject_name(x), NID_organizationIdentifier,
       request.subject.organization_identifier);
  name(X509_get_subject_name(x), NID_commonName, request.subject.common_name);
  ASN1_TIME_set(X509_getm_notBefore(x), request.not_before_s);
  ASN1_TIME_set(X509_getm_notAfter(x), request.not_after_s);
  X509_set_pubkey(x, request.key);
  const unsigned char* at = request.issuer.data();
  const std::shared_ptr<X509> issuer(
      request.issuer.empty() ? nullptr
                             : d2i_X509(nullptr, &at, static_cast<long>(request.issuer.size())),
      X509_free);
  X509* signer = issuer ? issuer.get() : x;
  X509_set_issuer_name(x, X509_get_subject_name(signer));
  if (request.authority) {
    extend(x, signer, NID_basic_constraints, request.constraints);
    extend(x, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else if (request.key_usage != nullptr) {
    extend(x, signer, NID_key_usage, request.key_usage);
  }
  extend(x, signer, NID_subject_key_identifier, "hash");
  if (issuer) {
    extend(x, signer, NID_authority_key_identifier, "keyid");
  }
  X509_sign(x, request.issuer_key != nullptr ? request.issuer_key : request.key, request.digest);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x, &der);
  const Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return read_certificate(bytes).value();
}

inline EVP_PKEY* pkey_of(const PrivateKey& key) {
  return static_cast<EVP_PKEY*>(key.handle());
}

}  // namespace assay::test
