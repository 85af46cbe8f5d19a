// A synthetic campaign with a report, a pilot's signature over it and the policy that trusts it.
#pragma once

#include <string>

#include "reports/certificate.h"
#include "tests/doubles/reports/campaign_builder.h"

namespace assay::testing_doubles {

class SignedCampaign {
 public:
  /// `folder`/out is the campaign, `folder`/policy.json the verifier's policy.
  explicit SignedCampaign(const std::string& folder);

  /// Writes, judges, reports and signs.
  void write(CampaignBuilder& builder);
  /// Puts `report` in place of report.json and signs that: the signer lies.
  void sign_instead(const std::string& report);

  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] const std::string& policy() const { return policy_; }
  [[nodiscard]] std::int64_t at_s() const { return at_s_; }

 private:
  std::string out_, policy_;
  std::int64_t at_s_ = 1'772'400'000;  ///< 2026-03-01, in the afternoon.
  PrivateKey key_;
  Certificate certificate_;
};

}  // namespace assay::testing_doubles
