#include "harness/run/campaign_report.h"

#include <utility>

#include "reports/files.h"
#include "reports/judge_campaign.h"
#include "reports/node_signature.h"
#include "reports/sizes.h"

namespace assay {
namespace {

RunOutcome outcome_of(JudgedCampaign judged, RunOutcome::Finish how, std::string sentence) {
  return {.finish = how,
          .judgement = std::move(judged.judgement),
          .marks = std::move(judged.campaign.evidence.marks),
          .sentence = std::move(sentence)};
}

}  // namespace

Result<RunOutcome> write_report(const CampaignFolder& folder, std::uint32_t node,
                                RunOutcome::Finish how, std::string sentence) {
  if (auto written = sign_node(folder.paths, folder.session_sha256, node, folder.node_key);
      !written) {
    return written.error();
  }
  if (auto written = sign_absent_nodes(folder, node); !written) {
    return written.error();
  }
  auto judged = judge_campaign(folder.paths.folder, false);
  if (!judged) {
    return judged.error();
  }
  if (judged->report.size() > k_largest_report) {
    return Error{Error::Code::io, folder.paths.report() + ": would be " +
                                      std::to_string(judged->report.size()) +
                                      " bytes, more than a verifier reads (" +
                                      std::to_string(k_largest_report) + ")"};
  }
  if (auto written = write_file(folder.paths.report(), judged->report); !written) {
    return written.error();
  }
  return outcome_of(std::move(*judged), how, std::move(sentence));
}

Result<RunOutcome> report_before(const CampaignFolder& folder) {
  auto judged = judge_campaign(folder.paths.folder, false);
  if (!judged) {
    return judged.error();
  }
  const auto report = read_file(folder.paths.report(), judged->report.size() + 1);
  if (!report || *report != judged->report) {
    return Error{Error::Code::not_found, "the report is not there yet"};
  }
  return outcome_of(std::move(*judged), RunOutcome::Finish::complete,
                    "this campaign was complete already");
}

}  // namespace assay
