// The whole verification, in the order of docs/report_format.md: bytes and signatures first, parse
// after, judge again last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/judge.h"
#include "harness/model/result.h"
#include "reports/indication.h"

namespace assay {

struct Verification {
  Indication indication = Indication::total_failed;
  std::string sub_indication;  ///< ETSI EN 319 102-1: "SIG_CRYPTO_FAILURE", "" if passed.
  std::string sentence;        ///< Why, naming the place.
  bool policy_met = false;     ///< Roles and threshold of the verifier's policy.
  Decision decision = Decision::not_accepted;  ///< As recomputed; meaningful if total_passed.
  std::vector<std::string> marks;              ///< Of the evidence, such as "simulated".
  std::int64_t signed_at_s = 0;                ///< Of the earliest signature, as its signer says.
  std::vector<std::string> checked, not_checked;
  std::vector<std::string> signers;  ///< "role: subject (sha256 of the certificate)"
};

struct VerifyRequest {
  std::string folder;
  std::string policy_path;
  bool deep = false;
  std::int64_t at_s = 0;  ///< Unix time to verify at: the caller has the clock.
};

[[nodiscard]] Verification verify_campaign(const VerifyRequest& request);

/// 0 valid and accepted (limits met) · 1 not valid · 3 indeterminate, also where the verifier
/// could not read the campaign · 4 policy not met ·
/// 5 valid, but rejected or not accepted.
[[nodiscard]] int exit_code_of(const Verification& verification);

}  // namespace assay
