// Contracts and evidence made by hand, for the tests of the judge.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/model/judge.h"

namespace assay::testing {

inline Quantity quantity(std::string_view text) {
  return parse_quantity(text).value();
}

/// 10 s windows; a run of 100 GFLOP/s meets the limit exactly.
constexpr Natural k_window_ns = 10'000'000'000;
constexpr std::uint64_t k_limit = 100;

inline Clause rate_clause(std::string id = "C-1", Scope scope = Scope::each_gpu) {
  Clause clause;
  clause.id = std::move(id);
  clause.case_id = "compute.gemm";
  clause.population = {"box"};
  clause.scope = scope;
  clause.concurrent = Concurrency::all_items;
  clause.window = quantity("10 s");
  clause.limit = quantity("100 GFLOP/s");
  clause.plausible = quantity("300 GFLOP/s");
  return clause;
}

/// One line "box" of `nodes` nodes with `gpus` GPUs each, one day, nothing excused, no remedy.
inline Contract contract_of(std::vector<Clause> clauses, std::uint32_t nodes = 1,
                            std::uint32_t gpus = 1) {
  Contract contract;
  contract.id = "test";
  InventoryLine line;
  line.id = line.kind = "box";
  line.nodes = nodes;
  if (gpus > 0) {
    line.gpus = Gpus{"GPU", gpus, {}, {}};
  }
  contract.inventory = {line};
  contract.clauses = std::move(clauses);
  return contract;
}

/// The item of that id: "box/00000/gpu0".
inline ItemIndex item_named(const std::vector<Item>& roster, std::string_view id) {
  for (ItemIndex item = 0; item < roster.size(); ++item) {
    if (roster[item].id == id) {
      return item;
    }
  }
  return static_cast<ItemIndex>(roster.size());
}

constexpr std::int64_t k_round_ns = 20'000'000'000;

/// A run of `gflops`, numbered and in the round `number`.
inline Attempt run_at(std::uint64_t gflops, std::uint32_t number, ItemIndex item = 1,
                      std::string clause = "C-1") {
  Attempt attempt;
  attempt.number = number;
  attempt.clause = std::move(clause);
  attempt.item = item;
  attempt.round = number;
  attempt.day = 20'000;
  attempt.ending = Ending::measured;
  attempt.dimension = Dimension::flop_rate;
  attempt.work = Natural{gflops} * k_window_ns;
  attempt.elapsed_ns = k_window_ns;
  attempt.start_ns = 1'728'000'000'000'000'000 + std::int64_t{number} * k_round_ns;
  attempt.checked = 40;
  return attempt;
}

inline Attempt ended(Ending ending, std::uint32_t number, ItemIndex item = 1,
                     std::string clause = "C-1") {
  Attempt attempt = run_at(0, number, item, std::move(clause));
  attempt.ending = ending;
  attempt.work = 0;
  attempt.elapsed_ns = 0;
  attempt.checked = 0;
  return attempt;
}

/// '+' meets the limit, '-' misses it, 'c' crashed: one run each, in this order.
inline std::vector<Attempt> runs(std::string_view signs, ItemIndex item = 1,
                                 const std::string& clause = "C-1") {
  std::vector<Attempt> attempts;
  for (const char sign : signs) {
    const auto number = static_cast<std::uint32_t>(attempts.size() + 1);
    attempts.push_back(sign == 'c' ? ended(Ending::crashed, number, item, clause)
                                   : run_at(sign == '+' ? 101 : 99, number, item, clause));
  }
  return attempts;
}

/// The same run, `rounds` rounds later and numbered above `numbers`.
inline Attempt later(Attempt attempt, std::uint64_t numbers, std::uint32_t rounds) {
  attempt.number += numbers;
  attempt.round += rounds;
  attempt.start_ns += std::int64_t{rounds} * k_round_ns;
  return attempt;
}

inline Evidence evidence_of(std::vector<Attempt> attempts) {
  Evidence evidence;
  evidence.attempts = std::move(attempts);
  evidence.selftest_passed = true;
  evidence.chain_whole = true;
  return evidence;
}

inline Judgement judged(const Contract& contract, const Evidence& evidence) {
  return judge(contract, roster_of(contract), evidence);
}

/// The verdict on the only item of the only clause.
inline Verdict verdict_on(const Clause& clause, std::vector<Attempt> attempts) {
  return judged(contract_of({clause}), evidence_of(std::move(attempts)))
      .clauses.at(0)
      .verdicts.at(0);
}

inline std::string shown(const Verdict& verdict) {
  return std::string(name_of(verdict.outcome)) + " " + std::string(name_of(verdict.reason));
}

/// The verdicts of the first clause, item by item.
inline std::vector<std::string> all_shown(const Contract& contract, const Evidence& evidence) {
  const Judgement judgement = judged(contract, evidence);
  std::vector<std::string> all;
  for (const Verdict& verdict : judgement.clauses.at(0).verdicts) {
    all.push_back(shown(verdict));
  }
  return all;
}

inline std::string signs(int met, int missed) {
  return std::string(static_cast<std::size_t>(missed), '-') +
         std::string(static_cast<std::size_t>(met), '+');
}

}  // namespace assay::testing
