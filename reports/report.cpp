#include "reports/report.h"

#include "reports/json.h"
#include "reports/report_clauses.h"
#include "reports/report_machines.h"

namespace assay {
namespace {

Json::Array list_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

Json::Object evidence_of(const Campaign& campaign) {
  return {{"attempts", static_cast<std::int64_t>(campaign.evidence.attempts.size())},
          {"chain_whole", campaign.evidence.chain_whole},
          {"hash", "rfc6962-sha256"},
          {"root", campaign.evidence_root},
          {"selftest_passed", campaign.evidence.selftest_passed},
          {"tree_size", static_cast<std::int64_t>(campaign.evidence_leaves)}};
}

Json::Object session_of(const Campaign& campaign) {
  const Session& session = campaign.session;
  return {{"created", session.created},
          {"days", session.days},
          {"id", session.id},
          {"items", static_cast<std::int64_t>(session.items.size())},
          {"nodes", static_cast<std::int64_t>(session.nodes.size())},
          {"sha256", campaign.session_sha256}};
}

Json::Object contract_of(const Campaign& campaign) {
  return {{"buyer", campaign.contract.buyer},
          {"id", campaign.contract.id},
          {"sha256", campaign.contract_sha256},
          {"supplier", campaign.contract.supplier}};
}

}  // namespace

// Nothing here may depend on this program's version, clock or processor: `verify` writes the report
// again, years later, and compares the bytes. So all figures come from integers and exact ratios.
std::string write_report(const Campaign& campaign, const Judgement& judgement) {
  return canonical_json(
      Json::Object{{"clauses", clauses_of(campaign, judgement)},
                   {"contract", contract_of(campaign)},
                   {"decision", name_of(judgement.decision)},
                   {"defects", defects_of(judgement)},
                   {"evidence", evidence_of(campaign)},
                   {"machines", machines_of(campaign)},
                   {"marks", list_of(campaign.evidence.marks)},
                   {"not_tested", not_tested(campaign, judgement)},
                   {"objects", objects_of(campaign)},
                   {"plan_sha256", campaign.session.plan_sha256},
                   {"purpose", name_of(campaign.contract.purpose)},
                   {"remarks", list_of(campaign.remarks)},
                   {"reservations", reservations_of(campaign, judgement)},
                   {"schema", "assay.report/1"},
                   {"selftests", selftests_of(campaign)},
                   {"session", session_of(campaign)},
                   {"tool", Json::Object{{"sha256", campaign.session.tool_sha256}}}});
}

}  // namespace assay
