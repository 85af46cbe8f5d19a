// An attempt whose cause the buyer takes on himself: nobody else's word counts.
#pragma once

#include <cstdint>
#include <string>

#include "reports/json.h"

namespace assay {

/// What an excuse must have been signed for.
struct ExcuseFrame {
  std::string buyer_key;  ///< base64 of SubjectPublicKeyInfo DER; "": no excuse is valid.
  std::string session_sha256;
  std::uint32_t node = 0;
};

/// The payload that the buyer signs: {"attempt", "node", "sentence", "session"}, canonical.
[[nodiscard]] std::string excuse_payload(const ExcuseFrame& frame, std::uint64_t attempt,
                                         const std::string& sentence);

/// The number of the attempt that a journal's `excuse` line excuses. Fails with bad_input if the
/// line is ill-formed or not signed by the buyer for this attempt, node and session.
[[nodiscard]] Result<std::uint64_t> read_excuse(const Json& line, const ExcuseFrame& frame);

}  // namespace assay
