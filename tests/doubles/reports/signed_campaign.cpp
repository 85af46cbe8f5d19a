#include "tests/doubles/reports/signed_campaign.h"

#include "reports/files.h"
#include "reports/jades.h"
#include "reports/policy.h"
#include "tests/doubles/reports/must.h"

namespace assay::testing_doubles {
namespace {

constexpr std::int64_t k_year_s = 365 * std::int64_t{86'400};

Certificate pilot(const PrivateKey& key, std::int64_t now_s) {
  return must(make_pilot_certificate(key, {.subject = {"Pilot", "Supplier AG", ""},
                                           .not_before_s = now_s - k_year_s,
                                           .not_after_s = now_s + k_year_s}));
}

}  // namespace

SignedCampaign::SignedCampaign(const std::string& folder)
    : out_(folder + "/out"),
      policy_(folder + "/policy.json"),
      key_(must(PrivateKey::generate())),
      certificate_(pilot(key_, at_s_)) {
  must(write_file(policy_, write_pilot_policy(Role::supplier, certificate_.sha256)));
}

void SignedCampaign::write(CampaignBuilder& builder) {
  must(make_folder(out_));
  must(builder.write_judged(out_));
  sign_instead(must(read_file(CampaignPaths{out_}.report(), std::size_t{1} << 26)));
}

void SignedCampaign::sign_instead(const std::string& report) {
  const Signer signer{.key = key_, .chain = {certificate_}, .role = Role::supplier};
  must(write_file(CampaignPaths{out_}.report(), report));
  must(write_file(CampaignPaths{out_}.signatures(),
                  must(add_signature("", report, signer, at_s_ - 60))));
}

}  // namespace assay::testing_doubles
