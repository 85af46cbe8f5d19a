// X.509 certificates: what is read from a signer's, and the self-signed one of a pilot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"
#include "reports/digest.h"
#include "reports/keys.h"

namespace assay {

struct Subject {
  std::string common_name;
  std::string organization;
  std::string organization_identifier;  ///< 2.5.4.97, such as "VATDE-123456789".
};

struct Certificate {
  Bytes der;
  Digest sha256{};
  Bytes public_key;  ///< SubjectPublicKeyInfo, DER; of any kind.
  Subject subject;   ///< "" where absent.
  std::int64_t not_before_s = 0, not_after_s = 0;
  bool may_sign = false;  ///< Its key usage has digitalSignature or nonRepudiation.
};

/// Strict: all of `der` is one certificate. Fails with bad_input.
[[nodiscard]] Result<Certificate> read_certificate(std::span<const std::uint8_t> der);

/// All certificates of a PEM text. Fails with bad_input if there is none or one is damaged.
[[nodiscard]] Result<std::vector<Bytes>> certificates_from_pem(std::string_view pem);
[[nodiscard]] std::string certificate_to_pem(std::span<const std::uint8_t> der);

struct PilotCertificate {
  Subject subject;  ///< Common name and organisation are required.
  std::int64_t not_before_s = 0, not_after_s = 0;
};
/// A self-signed certificate: it proves nothing until a verifier's policy pins its SHA-256.
[[nodiscard]] Result<Certificate> make_pilot_certificate(const PrivateKey& key,
                                                         const PilotCertificate& wanted);

}  // namespace assay
