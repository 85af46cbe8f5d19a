#include "reports/report_clauses.h"

#include <map>
#include <utility>

#include "harness/model/exact.h"
#include "harness/model/how_many.h"
#include "harness/model/quantity.h"
#include "reports/bound_line.h"
#include "reports/false_accept.h"

namespace assay {
namespace {

Json text_of(const std::optional<Quantity>& quantity) {
  return quantity ? Json(quantity->text) : Json(nullptr);
}

Json::Array list_of(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

template <class Map>
Json::Object object_of(const Map& map) {
  Json::Object object;
  for (const auto& [name, value] : map) {
    object.emplace_back(name, value);
  }
  return object;
}

/// The clause as judged, so that a reader needs no other file to see what was asked.
Json::Object promise_of(const Clause& clause) {
  Json::Object promise{
      {"aggregate", name_of(clause.aggregate)},   {"case", clause.case_id},
      {"comparator", name_of(clause.comparator)}, {"concurrent", name_of(clause.concurrent)},
      {"every_run", text_of(clause.every_run)},   {"limit", text_of(clause.limit)},
      {"params", object_of(clause.params)},       {"plausible", text_of(clause.plausible)},
      {"population", list_of(clause.population)}, {"rule", name_of(clause.rule)},
      {"scope", name_of(clause.scope)},           {"soak", text_of(clause.soak)},
      {"window", text_of(clause.window)}};
  if (clause.at_most_events) {
    promise.emplace_back("at_most_events", *clause.at_most_events);
  }
  if (clause.quantile) {
    promise.emplace_back("quantile", clause.quantile->text);
  }
  return promise;
}

Json::Object counts_of(const ClauseResult& result) {
  return {{"accepted", result.accepted},         {"expected", result.expected},
          {"inconclusive", result.inconclusive}, {"invalid", result.invalid},
          {"not_run", result.not_run},           {"rejected", result.rejected},
          {"replaced", result.replaced},         {"reported", result.reported}};
}

/// The guard band that decides in the buyer's favour, with every tolerance it is made of.
Json::Object guard_band_of(const Contract& contract, const Clause& clause) {
  const Conditions& conditions = contract.conditions;
  return {{"ppb", static_cast<std::int64_t>(guard_band_ppb(contract, clause))},
          {"terms", Json::Object{{"block_gap", text_of(conditions.block_gap)},
                                 {"clock_disagreement", text_of(conditions.clock_disagreement)},
                                 {"session_spread", text_of(conditions.session_spread)},
                                 {"start_skew", text_of(conditions.start_skew)}}}};
}

Json risk_of(Rule rule) {
  const auto chance = false_accept(rule);
  return chance ? Json(Json::Object{{"false_accept_at_limit", significant(*chance, 6)}})
                : Json(nullptr);
}

Json::Object json_of(const Verdict& verdict, const Clause& clause, const Item& item) {
  Json::Object info;
  if (verdict.median && clause.limit) {
    info.emplace_back("median", for_people(*verdict.median, clause.limit->dimension));
  }
  return {{"attempts", verdict.attempts},
          {"below", verdict.below},
          {"detail", verdict.detail},
          {"excused", verdict.excused},
          {"generation", verdict.generation},
          {"info", std::move(info)},
          {"item", item.id},
          {"look", verdict.look},
          {"reason", name_of(verdict.reason)},
          {"runs", verdict.runs},
          {"verdict", name_of(verdict.outcome)}};
}

std::string_view standing_of(const Clause& clause) {
  return clause.provisional ? "provisional" : name_of(clause.weight);
}

}  // namespace

Json::Array clauses_of(const Campaign& campaign, const Judgement& judgement) {
  Json::Array clauses;
  for (std::size_t i = 0; i < judgement.clauses.size(); ++i) {
    const Clause& clause = campaign.contract.clauses[i];
    const ClauseResult& result = judgement.clauses[i];
    Json::Array verdicts;
    verdicts.reserve(result.verdicts.size());
    for (const Verdict& verdict : result.verdicts) {
      verdicts.emplace_back(json_of(verdict, clause, campaign.roster[verdict.item]));
    }
    clauses.emplace_back(Json::Object{{"counts", counts_of(result)},
                                      {"defect_class", clause.defect_class},
                                      {"guard_band", guard_band_of(campaign.contract, clause)},
                                      {"id", clause.id},
                                      {"promise", promise_of(clause)},
                                      {"risk", risk_of(clause.rule)},
                                      {"title", object_of(clause.title)},
                                      {"verdicts", std::move(verdicts)},
                                      {"weight", standing_of(clause)}});
  }
  return clauses;
}

Json::Array defects_of(const Judgement& judgement) {
  Json::Array defects;
  for (const Defect& defect : judgement.defects) {
    defects.emplace_back(Json::Object{{"clause", defect.clause},
                                      {"defect_class", defect.defect_class},
                                      {"item", defect.item},
                                      {"name", defect.name},
                                      {"reserved", true},
                                      {"sentence", defect.sentence}});
  }
  return defects;
}

Json::Array reservations_of(const Campaign& campaign, const Judgement& judgement) {
  Json::Array reservations;
  for (std::size_t i = 0; i < judgement.clauses.size(); ++i) {
    const Clause& clause = campaign.contract.clauses[i];
    if (is_mandatory(clause)) {
      continue;
    }
    for (const Verdict& verdict : judgement.clauses[i].verdicts) {
      if (verdict.outcome == Outcome::accept) {
        continue;
      }
      reservations.emplace_back(Json::Object{{"clause", clause.id},
                                             {"defect_class", clause.defect_class},
                                             {"item", campaign.roster[verdict.item].id},
                                             {"name", name_of(verdict.reason)},
                                             {"reserved", true},
                                             {"sentence", verdict.detail},
                                             {"weight", standing_of(clause)}});
    }
  }
  return reservations;
}

/// Of each clause whose values a clock would bound, and of some or all the machine hides it.
std::vector<std::string> without_bound(const Campaign& campaign) {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counts;  // without, and all
  for (const Attempt& attempt : campaign.evidence.attempts) {
    if (attempt.ending == Ending::measured) {
      auto& [without, all] = counts[attempt.clause];
      without += attempt.rate.is_known() ? 0U : 1U;
      ++all;
    }
  }
  std::vector<std::string> sentences;
  for (const Clause& clause : campaign.contract.clauses) {
    const auto [without, all] = counts[clause.id];
    if (states_bound(clause) && without > 0) {
      sentences.push_back("Whether the device could have done " + std::to_string(without) + " of " +
                          std::to_string(all) + " values of clause " + clause.id +
                          " at its clock: the machine shows no clock of it, or the rates of its "
                          "units are not known. The journal has the reasons.");
    }
  }
  return sentences;
}

Json::Array not_tested(const Campaign& campaign, const Judgement& judgement) {
  Json::Array sentences;
  for (std::size_t i = 0; i < judgement.clauses.size(); ++i) {
    const Clause& clause = campaign.contract.clauses[i];
    const ClauseResult& result = judgement.clauses[i];
    if (!is_mandatory(clause)) {
      sentences.emplace_back("Clause " + clause.id + " is " + std::string(standing_of(clause)) +
                             ": what it found decides nothing.");
    }
    if (result.not_run > 0) {
      sentences.emplace_back("Clause " + clause.id + " was not run on " +
                             std::to_string(result.not_run) + " of " +
                             how_many(result.expected, "item") + ".");
    }
  }
  for (const std::string& clause : clauses_without_work(campaign.contract, campaign.session)) {
    sentences.emplace_back("What one step of clause " + clause +
                           " is was left to the machines, or is of a case that this program "
                           "doesn't know: it is the same in every window of an item, but nothing "
                           "ties it to the contract's parameters.");
  }
  if (const std::size_t replaced = campaign.evidence.replacements.size(); replaced > 0) {
    sentences.emplace_back("Whether " + how_many(replaced, "exchange") +
                           " of parts took place, and what was wrong with them: the nodes say so "
                           "themselves. What contains them was tried again (generation), and each "
                           "try is accepted by chance with the risk that its clause states.");
  }
  for (std::string& sentence : without_bound(campaign)) {
    sentences.emplace_back(std::move(sentence));
  }
  if (const std::uint64_t excuses = excuses_in(campaign); excuses > 0) {
    sentences.emplace_back("Whose key excused " + how_many(excuses, "attempt") +
                           ": it is the one that the session names as the buyer's.");
  }
  sentences.emplace_back(
      "Whoever holds the last link of the nonce chain can compute every earlier one, and with it "
      "operands and challenges, ahead of their rounds. 'assay run' needs that link: nothing here "
      "shows that whoever ran this campaign could not.");
  sentences.emplace_back(
      "Nothing here shows that the plan is the contract's, that its program is the one that the "
      "buyer knows, that the runs kept to the plan's order over its days, or that no other "
      "campaign "
      "on this contract was thrown away.");
  sentences.emplace_back(
      "Serial numbers and machine facts are what the nodes say of themselves; no device signed "
      "them.");
  return sentences;
}

}  // namespace assay
