#include "harness/model/judge_decision.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "harness/model/coverage.h"

namespace assay {
namespace {

Defect whole_campaign(std::string name, std::string sentence) {
  return {"", "", std::move(name), std::move(sentence), 1};
}

void add_evidence_defects(const Contract& contract, const Evidence& evidence,
                          std::vector<Defect>& defects) {
  if (!evidence.selftest_passed) {
    defects.push_back(
        whole_campaign("selftest", "The self-test did not pass on every node that has attempts."));
  }
  if (!evidence.chain_whole) {
    defects.push_back(
        whole_campaign("chain",
                       "At least one journal has no end (the campaign is not complete), or "
                       "its chain, numbering or signature is broken."));
  }
  if (contract.purpose != Purpose::acceptance) {
    return;
  }
  for (const std::string& mark : evidence.marks) {
    defects.push_back(whole_campaign(
        "mark", "The evidence is marked '" + mark + "', which can never become acceptance."));
  }
}

void add_roster_defects(const Contract& contract, const std::vector<Item>& roster,
                        const Circumstances& circumstances, std::vector<Defect>& defects) {
  if (roster.empty()) {
    defects.push_back(whole_campaign("roster", "The contract delivers no item."));
  }
  for (std::size_t line = 0; line < contract.inventory.size(); ++line) {
    if (!circumstances.covered[line]) {
      defects.push_back(
          whole_campaign("coverage", "No mandatory clause judges the items of inventory line '" +
                                         contract.inventory[line].id + "'."));
      continue;
    }
    const std::string unmeasured(unmeasured_parts(contract, line));
    if (contract.purpose == Purpose::acceptance && !unmeasured.empty()) {
      defects.push_back(whole_campaign("coverage", "No mandatory clause measures the " +
                                                       unmeasured + " of inventory line '" +
                                                       contract.inventory[line].id + "'."));
    }
  }
  if (contract.inventory.empty()) {
    defects.push_back(whole_campaign("coverage", "The contract has no inventory."));
  }
  if (circumstances.strays > 0) {
    defects.push_back(
        whole_campaign("stray_evidence", std::to_string(circumstances.strays) +
                                             " attempts name a clause or an item that the contract "
                                             "does not bind together."));
  }
}

/// Returns whether a mandatory clause has a REJECT.
bool add_verdict_defects(const Clause& clause, const ClauseResult& result,
                         const std::vector<Item>& roster, std::vector<Defect>& defects) {
  if (!is_mandatory(clause)) {
    return false;
  }
  if (result.verdicts.empty()) {
    defects.push_back({clause.id, "", "coverage", "Clause '" + clause.id + "' binds no item.",
                       clause.defect_class});
  }
  for (const Verdict& verdict : result.verdicts) {
    if (verdict.outcome != Outcome::accept) {
      defects.push_back({clause.id, roster[verdict.item].id, std::string(name_of(verdict.reason)),
                         verdict.detail, clause.defect_class});
    }
  }
  return result.rejected > 0;
}

}  // namespace

void decide(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence,
            Circumstances circumstances, Judgement& judgement) {
  std::vector<Defect>& defects = judgement.defects;
  add_evidence_defects(contract, evidence, defects);
  add_roster_defects(contract, roster, circumstances, defects);
  std::move(circumstances.defects.begin(), circumstances.defects.end(),
            std::back_inserter(defects));
  bool rejected = false;
  for (std::size_t i = 0; i < contract.clauses.size(); ++i) {
    const bool rejects =
        add_verdict_defects(contract.clauses[i], judgement.clauses[i], roster, defects);
    rejected = rejected || rejects;
  }
  const bool is_acceptance = contract.purpose == Purpose::acceptance;
  if (rejected) {
    judgement.decision = is_acceptance ? Decision::rejected : Decision::limits_missed;
  } else if (!defects.empty()) {
    judgement.decision = Decision::not_accepted;
  } else {
    judgement.decision = is_acceptance ? Decision::accepted : Decision::limits_met;
  }
}

}  // namespace assay
