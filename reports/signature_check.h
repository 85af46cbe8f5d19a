// Whether report.sig.json holds valid signatures over the exact bytes of report.json by parties
// that the verifier's policy trusts. Called before the report is parsed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/indication.h"
#include "reports/policy.h"

namespace assay {

struct SignatureCheck {
  Indication indication = Indication::total_failed;
  std::string sub_indication;  ///< ETSI EN 319 102-1, "" if passed.
  std::string sentence;        ///< Why, naming the place: "signatures[1]: ...".
  bool policy_met = false;     ///< Passed, and the required roles and the threshold are there.
  std::vector<std::string> signers;  ///< "role: subject (sha256 of the certificate)", if passed.
  std::int64_t earliest_s = 0;       ///< When the first one was made, as its signer says.
  std::vector<std::string> checked, not_checked;
};

struct SignedBytes {
  std::string_view report;    ///< The bytes of report.json.
  std::string_view envelope;  ///< The bytes of report.sig.json.
};

/// One signature that isn't valid makes the whole not valid; total_failed goes before
/// indeterminate. A right one by somebody whom the policy doesn't know changes nothing and is named
/// in not_checked; with no other the answer is indeterminate. `at_s` is the Unix time of
/// verification. Reads no file, clock or environment.
[[nodiscard]] SignatureCheck check_signatures(const SignedBytes& bytes, const Policy& policy,
                                              std::int64_t at_s);

}  // namespace assay
