#include "reports/judge_campaign.h"

#include "reports/report.h"

namespace assay {

Result<JudgedCampaign> judge_campaign(const std::string& folder, bool deep) {
  Result<Campaign> campaign = read_campaign(folder, deep);
  if (!campaign) {
    return campaign.error();
  }
  JudgedCampaign judged{.campaign = *std::move(campaign), .judgement = {}, .report = {}};
  judged.judgement =
      judge(judged.campaign.contract, judged.campaign.roster, judged.campaign.evidence);
  judged.report = write_report(judged.campaign, judged.judgement);
  return judged;
}

}  // namespace assay
