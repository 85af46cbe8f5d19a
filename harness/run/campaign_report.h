// The end of a controller's work: the node's signature, and the report on what is there.
#pragma once

#include <cstdint>
#include <string>

#include "harness/run/campaign_folder.h"
#include "harness/run/campaign_run.h"

namespace assay {

/// Signs the journal of `node` and of nodes that left none, judges and writes the report. Fails
/// with io or, if the evidence can't be read back, with what its reader says. Where there are
/// signatures over an earlier report, the sentence of the outcome says so.
[[nodiscard]] Result<RunOutcome> write_report(const CampaignFolder& folder, std::uint32_t node,
                                              RunOutcome::Finish how, std::string sentence);

/// The outcome where the report stands already, with nothing written: parties may have signed it.
/// Fails with not_found if the campaign broke off between its last line and its report.
[[nodiscard]] Result<RunOutcome> report_before(const CampaignFolder& folder, RunOutcome::Finish how,
                                               std::string sentence);

/// `more`: whether a run is left that could change the decision. The one that was cut off has no
/// end and counts as below: where a clause allows none, there is none.
[[nodiscard]] std::string sentence_of_interrupt(const std::string& signal, bool more);

}  // namespace assay
