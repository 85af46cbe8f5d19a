// A campaign's folder, read, judged and reported: what `judge` writes and `verify` compares with.
#pragma once

#include <string>

#include "harness/model/judge.h"
#include "reports/campaign.h"

namespace assay {

struct JudgedCampaign {
  Campaign campaign;
  Judgement judgement;
  std::string report;  ///< The bytes of report.json.
};

/// Fails as read_campaign does.
[[nodiscard]] Result<JudgedCampaign> judge_campaign(const std::string& folder, bool deep);

}  // namespace assay
