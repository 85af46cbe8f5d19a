// Detached JAdES baseline B-B signatures (ETSI TS 119 182-1) in JWS General JSON Serialization:
// report.sig.json. Bytes and form; who is trusted is decided in reports/signature_check.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"
#include "reports/certificate.h"
#include "reports/keys.h"
#include "reports/role.h"

namespace assay {

inline constexpr std::string_view k_report_type = "vnd.assay.report+json";
inline constexpr std::size_t k_envelope_bytes = std::size_t{1} << 20;
inline constexpr std::size_t k_most_signatures = 16;

/// The protected header: exactly alg, cty, iat, srCms, typ, x5c and x5t#S256.
struct JadesHeader {
  std::string algorithm;
  std::int64_t issued_at_s = 0;    ///< iat: when the signer says it was, Unix time.
  std::string commitment;          ///< srCms
  std::vector<Certificate> chain;  ///< x5c: the signer's, then intermediates; no root.

  [[nodiscard]] const Certificate& signer() const { return chain.front(); }
};

struct JadesEntry {
  std::string protected_text;  ///< base64url as it stands in the file: what was signed.
  JadesHeader header;
  Bytes signature;
};

struct Envelope {
  std::optional<std::string> payload;  ///< base64url; absent where detached, as `sign` writes it.
  std::vector<JadesEntry> entries;
};

/// Strict: closed member sets, no unprotected header, strict base64url, no header parameter that
/// isn't ours (crit, b64, jwk, jku, x5u, kid, sigT ...), x5t#S256 is the digest of x5c[0]. Fails
/// with bad_input and the place: "signatures[1].protected: ...". An unprotected header `etsiU`
/// (time-stamps) fails with unsupported.
[[nodiscard]] Result<Envelope> read_envelope(std::string_view text);

struct Signer {
  const PrivateKey& key;
  std::vector<Certificate> chain;  ///< The key's certificate, then intermediates.
  Role role = Role::supplier;
};
/// The envelope with one more entry over `report`; `envelope` is "" for the first. Fails with
/// bad_input if the certificate is not the key's, or has signed already.
[[nodiscard]] Result<std::string> add_signature(std::string_view envelope, std::string_view report,
                                                const Signer& signer, std::int64_t now_s);

struct FittingSignatures {
  std::string envelope;              ///< As it was if all fit; "" if none does.
  std::vector<Certificate> dropped;  ///< Whose signature did not fit.
};
/// The envelope without the entries, and without a payload, that are not over these bytes of the
/// report. Fails as read_envelope.
[[nodiscard]] Result<FittingSignatures> drop_outdated(std::string_view envelope,
                                                      std::string_view report);

/// Whether the entry's signature is its certificate's over these bytes. Fails with bad_input as
/// verify_es256 does.
[[nodiscard]] Result<bool> verify_entry(const JadesEntry& entry, std::string_view report);

}  // namespace assay
