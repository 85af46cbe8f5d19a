// The job of one attempt: what its worker is told.
#pragma once

#include <string>
#include <vector>

#include "harness/run/attempt_end.h"
#include "harness/run/campaign_folder.h"
#include "harness/run/campaign_run.h"
#include "harness/run/messages.h"
#include "harness/run/plan.h"
#include "harness/run/prepare.h"

namespace assay {

/// The device that an item is run on: "b200/00012/gpu3" on "gpu3", a node on its first one, "".
[[nodiscard]] std::string device_of(const std::string& item);

[[nodiscard]] Job selftest_job(const RunRequest& request, const CampaignFolder& folder,
                               const Prepared& prepared);

/// `begin` names clause, item, round and number; with an order it is a finding.
[[nodiscard]] Job job_of(const PlannedClause& planned, const AttemptBegin& begin,
                         const RunRequest& request, const CampaignFolder& folder);

/// Those of the request, and "replayed" for a recording: whatever comes from one is marked, whoever
/// asks.
[[nodiscard]] std::vector<std::string> marks_of(const RunRequest& request);

}  // namespace assay
