// report.json: the judgement with everything it was made from, as one canonical JSON text.
#pragma once

#include <string>

#include "harness/model/judge.h"
#include "reports/campaign.h"

namespace assay {

/// The report of a campaign. A pure function of its arguments: `verify` writes it again and
/// compares the bytes.
[[nodiscard]] std::string write_report(const Campaign& campaign, const Judgement& judgement);

}  // namespace assay
