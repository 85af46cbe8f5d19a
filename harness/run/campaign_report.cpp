#include "harness/run/campaign_report.h"

#include <utility>

#include "reports/files.h"
#include "reports/jades.h"
#include "reports/judge_campaign.h"
#include "reports/node_signature.h"
#include "reports/sizes.h"

namespace assay {
namespace {

/// Whether report.sig.json is there and over other bytes than these.
bool is_outdated(const std::string& signatures, std::string_view report) {
  const auto envelope = read_file(signatures, k_envelope_bytes);
  if (!envelope) {
    return false;
  }
  const auto fitting = drop_outdated(*envelope, report);
  return fitting && fitting->envelope != *envelope;
}

RunOutcome outcome_of(const CampaignFolder& folder, JudgedCampaign judged, RunOutcome::Finish how,
                      std::string sentence) {
  if (is_outdated(folder.paths.signatures(), judged.report)) {
    sentence +=
        "; report.sig.json no longer fits: it signs another report than this one, so it has to be "
        "signed again";
  }
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
  return outcome_of(folder, std::move(*judged), how, std::move(sentence));
}

Result<RunOutcome> report_before(const CampaignFolder& folder, RunOutcome::Finish how,
                                 std::string sentence) {
  auto judged = judge_campaign(folder.paths.folder, false);
  if (!judged) {
    return judged.error();
  }
  const auto report = read_file(folder.paths.report(), judged->report.size() + 1);
  if (!report || *report != judged->report) {
    return Error{Error::Code::not_found, "the report is not there yet"};
  }
  return outcome_of(folder, std::move(*judged), how, std::move(sentence));
}

std::string sentence_of_interrupt(const std::string& signal, bool more) {
  return "interrupted by " + signal + "; everything is kept, " +
         (more ? "go on with --resume"
               : "but no run is left that could change the decision: a run that was cut off "
                 "counts as below its limit; --resume only closes the campaign");
}

}  // namespace assay
