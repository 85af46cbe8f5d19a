#include "harness/run/plan.h"
#include "reports/json.h"

namespace assay {
namespace {

Json json_of(const PlannedClause& clause) {
  Json::Object params;
  for (const auto& [name, value] : clause.params) {
    params.emplace_back(name, value);
  }
  Json::Object planned{{"allowance", static_cast<std::int64_t>(clause.allowance)},
                       {"attempts", to_decimal(clause.attempts)},
                       {"block_ns", to_decimal(clause.block_ns)},
                       {"blocks", to_decimal(clause.blocks)},
                       {"bytes", to_decimal(clause.bytes)},
                       {"case", clause.case_id},
                       {"concurrent", name_of(clause.concurrent)},
                       {"device_bytes", to_decimal(clause.device_bytes)},
                       {"dimension", name_of(clause.dimension)},
                       {"first_look", clause.first_look},
                       {"first_look_ns", to_decimal(clause.first_look_ns)},
                       {"guard_band_ppb", static_cast<std::int64_t>(clause.guard_band_ppb)},
                       {"id", clause.id},
                       {"items", static_cast<std::int64_t>(clause.items)},
                       {"params", std::move(params)},
                       {"parts", static_cast<std::int64_t>(clause.parts)},
                       {"rule", name_of(clause.rule)},
                       {"runs", clause.runs},
                       {"scope", name_of(clause.scope)},
                       {"soak_ns", to_decimal(clause.soak_ns)},
                       {"total_ns", to_decimal(clause.total_ns)},
                       {"window_ns", to_decimal(clause.window_ns)}};
  if (clause.looks_twice) {
    planned.emplace_back("looks_twice", true);
  }
  if (clause.work_per_step) {
    planned.emplace_back("work_per_step", to_decimal(*clause.work_per_step));
  }
  return planned;
}

/// Every run of the campaign: in each round, those of the clauses listed.
Json json_of(const PlannedRound& round, const Plan& plan) {
  Json::Array clauses;
  for (const PlannedClause& clause : plan.clauses) {
    if (clause.runs >= round.round && !(clause.looks_twice && round.round > 1)) {
      clauses.emplace_back(clause.id);
    }
  }
  return Json::Object{{"clauses", std::move(clauses)},
                      {"day", round.day},
                      {"look", round.look},
                      {"round", round.round}};
}

}  // namespace

std::string plan_json(const Plan& plan) {
  Json::Array clauses;
  Json::Array rounds;
  Json::Array warnings;
  for (const PlannedClause& clause : plan.clauses) {
    clauses.push_back(json_of(clause));
  }
  for (const PlannedRound& round : plan.rounds) {
    rounds.push_back(json_of(round, plan));
  }
  return canonical_json(Json::Object{{"attempts", to_decimal(plan.attempts)},
                                     {"bytes", to_decimal(plan.bytes)},
                                     {"clauses", std::move(clauses)},
                                     {"contract", plan.contract},
                                     {"days", plan.days},
                                     {"first_look_ns", to_decimal(plan.first_look_ns)},
                                     {"items", static_cast<std::int64_t>(plan.items)},
                                     {"nodes", static_cast<std::int64_t>(plan.nodes)},
                                     {"nonce_links", plan.nonce_links},
                                     {"purpose", name_of(plan.purpose)},
                                     {"rounds", std::move(rounds)},
                                     {"schema", "assay.plan/1"},
                                     {"total_ns", to_decimal(plan.total_ns)}});
}

}  // namespace assay
