// Speed of the tool itself: judging, and canonical JSON written and strictly read, on one core.
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "harness/model/judge.h"
#include "reports/json.h"

namespace {

using assay::Json;

assay::Contract contract_of(int clauses) {
  assay::Contract contract;
  contract.id = "bench";
  contract.purpose = assay::Purpose::prevalidation;
  contract.inventory = {
      {.id = "host", .kind = "host", .nodes = 1, .spares = 0, .gpus = {}, .links = 0}};
  const auto limit = assay::parse_quantity("1 GB/s");
  const auto plausible = assay::parse_quantity("3 GB/s");
  const auto window = assay::parse_quantity("1 s");
  if (!limit || !plausible || !window) {
    std::abort();
  }
  for (int i = 0; i < clauses; ++i) {
    assay::Clause clause;
    clause.id = "C-" + std::to_string(i);
    clause.case_id = "compute.memory";
    clause.population = {"host"};
    clause.limit = *limit;
    clause.plausible = *plausible;
    clause.window = *window;
    contract.clauses.push_back(clause);
  }
  return contract;
}

/// Thirty runs a clause, fifteen of them below: the last look is reached.
assay::Evidence evidence_of(int clauses) {
  assay::Evidence evidence;
  evidence.selftest_passed = true;
  evidence.chain_whole = true;
  std::uint64_t number = 0;
  for (std::uint32_t round = 1; round <= 30; ++round) {
    for (int i = 0; i < clauses; ++i) {
      assay::Attempt attempt;
      attempt.number = ++number;
      attempt.clause = "C-" + std::to_string(i);
      attempt.round = round;
      attempt.ending = assay::Ending::measured;
      attempt.dimension = assay::Dimension::byte_rate;
      attempt.work = round % 2 == 0 ? 1'100'000'000U : 900'000'000U;
      attempt.elapsed_ns = 1'000'000'000U;
      attempt.checked = 10;
      evidence.attempts.push_back(attempt);
    }
  }
  return evidence;
}

void judging_1000_clauses_of_30_runs(benchmark::State& state) {
  const auto contract = contract_of(1000);
  const auto roster = assay::roster_of(contract);
  const auto evidence = evidence_of(1000);
  for (auto _ : state) {
    auto judgement = assay::judge(contract, roster, evidence);
    benchmark::DoNotOptimize(judgement);
    if (judgement.clauses.size() != 1000 || judgement.clauses[0].verdicts.at(0).runs != 30) {
      state.SkipWithError("not judged to the last look");
    }
  }
}
BENCHMARK(judging_1000_clauses_of_30_runs)->Unit(benchmark::kMillisecond);

/// Like the lines of a journal: short names, decimal strings, digests, some whole numbers.
Json document() {
  Json::Array lines;
  for (int i = 0; i < 4000; ++i) {
    lines.emplace_back(Json::Object{
        {"attempt", i},
        {"blocks", Json::Object{{"bytes", 72 * i}, {"sha256", std::string(64, 'a')}}},
        {"checked", 1000 + i},
        {"clause", "G-" + std::to_string(i % 12)},
        {"elapsed_ns", "300000000000"},
        {"ending", "measured"},
        {"item", "b200/00012/gpu3"},
        {"note", "größer als gefordert"},
        {"verification", Json::Object{{"first", Json()}, {"log2_miss", -59.5}, {"wrong", 0}}},
        {"work", "486000000000000000"}});
  }
  return lines;
}

void canonical_json_written(benchmark::State& state) {
  const Json value = document();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = assay::canonical_json(value);
    bytes += text.size();
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(canonical_json_written)->Unit(benchmark::kMillisecond);

void json_strictly_read(benchmark::State& state) {
  const std::string text = assay::canonical_json(document());
  for (auto _ : state) {
    const auto value = assay::read_json(text);
    if (!value) {
      state.SkipWithError(value.error().message.c_str());
      break;
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) *
                          static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(json_strictly_read)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
