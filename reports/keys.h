// P-256 keys: the only kind that signs here. ES256 is ECDSA with SHA-256 (RFC 7518, 3.4).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/model/result.h"
#include "reports/digest.h"
#include "reports/secrets.h"

namespace assay {

/// A private key in memory. Copies share it.
class PrivateKey {
 public:
  [[nodiscard]] static Result<PrivateKey> generate();

  /// SubjectPublicKeyInfo, DER.
  [[nodiscard]] Bytes public_key() const;
  /// 64 bytes R || S over SHA-256(text). Never the same twice: don't compare signatures.
  [[nodiscard]] Result<Bytes> sign(std::string_view text) const;

  /// PKCS#8 in PEM: PBES2 with PBKDF2-HMAC-SHA256 (600,000 rounds) and AES-256-CBC.
  [[nodiscard]] Result<Secret> to_pem(const Secret& passphrase) const;
  /// Not encrypted: for the node keys of a campaign and for pilot keys only.
  [[nodiscard]] Result<Secret> to_plain_pem() const;
  /// Of either form. Fails with bad_input if the passphrase is wrong, missing or not needed, or the
  /// key is not of P-256.
  [[nodiscard]] static Result<PrivateKey> from_pem(const Secret& pem, const Secret& passphrase);

  /// The EVP_PKEY*, for reports/certificate.cpp.
  [[nodiscard]] void* handle() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

/// Creates the file, owner-only (reports/secrets.h). An empty passphrase: not encrypted.
[[nodiscard]] Result<Done> write_key_file(const std::string& path, const PrivateKey& key,
                                          const Secret& passphrase);
/// Fails with bad_input, also on a file that others may use (reports/secrets.h).
[[nodiscard]] Result<PrivateKey> read_key_file(const std::string& path, const Secret& passphrase);

/// Whether these are the bytes of a P-256 SubjectPublicKeyInfo in its one DER form: named curve,
/// uncompressed point. The point itself is checked when the key is used.
[[nodiscard]] bool is_p256(std::span<const std::uint8_t> public_key);

/// Whether `signature` is ES256 by `public_key` over `text`. Fails with bad_input on a signature
/// that no key could have made (not 64 bytes; r or s 0, or not below the order) and on a key that
/// isn't of P-256. (r, n - s) verifies wherever (r, s) does: never take a signature for an
/// identity.
[[nodiscard]] Result<bool> verify_es256(std::span<const std::uint8_t> public_key,
                                        std::string_view text,
                                        std::span<const std::uint8_t> signature);

}  // namespace assay
