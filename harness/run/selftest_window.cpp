#include "harness/run/selftest_window.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "harness/model/judge.h"
#include "harness/run/classify.h"
#include "harness/run/tampered.h"
#include "harness/run/window.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;
constexpr Natural k_billion = 1'000'000'000;
constexpr int k_tries = 5;
constexpr std::uint64_t k_least_delay_ppb = 1'000'000;  // where a contract tolerates nothing

/// A window shows neither clock nor power in the self-test.
class NoProbe final : public Probe {
 public:
  Readings read() override { return {}; }
  BlockTelemetry block() override { return {}; }
};

Digest seed_for(const SelftestPlan& plan, const std::string& fault) {
  const std::array<std::string, 1> parts{fault};
  return derive(plan.seed, "selftest", parts);
}

WindowPlan window_plan(const SelftestPlan& plan, const std::string& fault) {
  WindowPlan window;
  window.window_ns = 120 * k_ms;
  window.shortest_block_ns = 20 * k_ms;
  window.check_share_ppm = 100'000;
  window.link = seed_for(plan, fault);
  window.clause = "selftest";
  window.item = fault;
  return window;
}

/// 1.5 x tolerance in parts per billion, rounded up.
std::uint64_t one_and_a_half(const Ratio& tolerance) {
  return static_cast<std::uint64_t>(tolerance.numerator * 3 * k_billion /
                                    (2 * tolerance.denominator)) +
         1;
}

using Spoil = std::function<void(WindowResult& window)>;

class WindowChecks {
 public:
  WindowChecks(Kernel& kernel, const SelftestPlan& plan)
      : kernel_(kernel), plan_(plan), tolerances_(tolerances_of(plan.conditions)) {}

  /// Runs a window with this fault in it; it is caught if it ends as `expected`.
  SelftestCheck with_kernel(const std::string& name, Tampering tampering, Ending expected) {
    TamperedKernel tampered(kernel_, tampering, seed_for(plan_, name));
    return judge_window(name, tampered, system_clock(), expected);
  }

  SelftestCheck with_slowed_clock() {
    SlowedClock slowed(system_clock(), one_and_a_half(tolerances_.clock));
    return judge_window("slowed_clock", kernel_, slowed, Ending::clock);
  }

  SelftestCheck with_dropped_block() {
    spoil_ = [this](WindowResult& window) { drop_block(window); };
    SelftestCheck check = judge_window("dropped_block", kernel_, system_clock(), Ending::gap);
    spoil_ = nullptr;
    return check;
  }

  SelftestCheck with_slow_worker();

 private:
  SelftestCheck judge_window(const std::string& name, Kernel& kernel, Clock& clock,
                             Ending expected) {
    WindowPlan plan = window_plan(plan_, name);
    NoProbe probe;
    auto window = run_window(kernel, clock, probe, plan);
    for (int again = 0; again < k_tries && window && window->blocks.size() < 2; ++again) {
      plan.window_ns *= 2;  // a busy machine made one block of it
      window = run_window(kernel, clock, probe, plan);
    }
    if (!window) {
      return {.name = name, .caught = false, .by = window.error().message};
    }
    if (window->blocks.size() < 2) {
      return {.name = name, .caught = false, .by = "the machine is too busy for two blocks"};
    }
    if (spoil_) {
      spoil_(*window);
    }
    const Classified seen = classify(*window, plan, tolerances_);
    const std::string by =
        std::string(name_of(seen.ending)) + (seen.note.empty() ? "" : ": " + seen.note);
    return {.name = name, .caught = seen.ending == expected, .by = by};
  }

  /// Takes 1.5 times the tolerated gap out of a drawn block.
  void drop_block(WindowResult& window) const {
    Blocks& blocks = window.blocks;
    const auto block =
        static_cast<std::size_t>(Draw(seed_for(plan_, "place")).below(blocks.size() - 1));
    const Natural gap =
        static_cast<Natural>(blocks.end_ns.back()) * one_and_a_half(tolerances_.gap) / k_billion +
        1;
    std::int64_t& end = blocks.end_ns[block];
    end = std::max(blocks.start_ns[block] + 1, end - static_cast<std::int64_t>(gap));
  }

  Kernel& kernel_;
  const SelftestPlan& plan_;
  Tolerances tolerances_;
  Spoil spoil_;
};

/// A contract whose limit is met exactly by `work` in `elapsed_ns`, guard band included.
Contract contract_met_by(const SelftestPlan& plan, Dimension dimension, Natural work,
                         Natural elapsed_ns) {
  Contract contract;
  contract.id = "selftest";
  contract.purpose = Purpose::demonstration;
  contract.inventory = {{.id = "host", .kind = "host", .nodes = 1}};
  contract.conditions = plan.conditions;
  Clause clause;
  clause.id = "selftest";
  clause.case_id = "selftest";
  clause.population = {"host"};
  const std::uint64_t guard = guard_band_ppb(contract, clause);
  clause.limit = Quantity{.text = "the device's own",
                          .dimension = dimension,
                          .base = {work * (k_billion - guard), elapsed_ns}};
  clause.plausible = Quantity{.text = "twice the device's own",
                              .dimension = dimension,
                              .base = {2 * work * k_billion, elapsed_ns}};
  contract.clauses = {std::move(clause)};
  return contract;
}

/// Ten equal runs.
Evidence evidence_of(Dimension dimension, Natural work, Natural elapsed_ns) {
  Evidence evidence{.selftest_passed = true, .chain_whole = true};
  for (std::uint32_t run = 1; run <= 10; ++run) {
    evidence.attempts.push_back({.number = run,
                                 .clause = "selftest",
                                 .item = 0,
                                 .round = run,
                                 .ending = Ending::measured,
                                 .dimension = dimension,
                                 .work = work,
                                 .elapsed_ns = elapsed_ns,
                                 .checked = 1});
  }
  return evidence;
}

SelftestCheck WindowChecks::with_slow_worker() {
  const std::string name = "slow_worker";
  Contract any;
  any.conditions = plan_.conditions;
  const std::uint64_t delay_ppb =
      std::max(guard_band_ppb(any, Clause{}) * 3 / 2, k_least_delay_ppb);
  TamperedKernel slow(kernel_, Tampering::slow, seed_for(plan_, name), delay_ppb);
  NoProbe probe;
  const auto window = run_window(slow, system_clock(), probe, window_plan(plan_, name));
  if (!window) {
    return {.name = name, .caught = false, .by = window.error().message};
  }
  const auto sums = sums_of(window->blocks);
  if (!sums) {
    return {.name = name, .caught = false, .by = sums.error().message};
  }
  // The same device without the delay meets its limit exactly; scatter between two windows of a
  // busy machine would hide a delay of this size.
  const auto elapsed = static_cast<Natural>(sums->elapsed_ns);
  const Natural undelayed = elapsed * k_billion / (k_billion + delay_ppb);
  const Natural work = kernel_.work_per_step() * static_cast<Natural>(sums->steps);
  const Dimension dimension = kernel_.dimension();
  const Contract contract = contract_met_by(plan_, dimension, work, undelayed);
  const auto roster = roster_of(contract);
  const auto verdict_on = [&](Natural elapsed_ns) {
    const Judgement judgement = judge(contract, roster, evidence_of(dimension, work, elapsed_ns));
    return judgement.clauses.at(0).verdicts.at(0);
  };
  const Verdict healthy = verdict_on(undelayed);
  const Verdict delayed = verdict_on(elapsed);
  const bool caught = healthy.outcome == Outcome::accept && delayed.outcome == Outcome::reject;
  return {.name = name,
          .caught = caught,
          .by = std::string(name_of(delayed.reason)) + ": " + delayed.detail +
                (healthy.outcome == Outcome::accept ? "" : "; undelayed: " + healthy.detail)};
}

}  // namespace

Result<std::unique_ptr<Kernel>> selftest_kernel(Backend& backend, const Device& device,
                                                const Digest& seed) {
  constexpr std::uint64_t k_order = 256;
  constexpr std::uint64_t k_moved_bytes = std::uint64_t{1} << 18U;
  Error last{Error::Code::unsupported, "no type to test with"};
  const std::array<std::array<NumberType, 3>, 4> kinds{
      {{NumberType::f32, NumberType::f32, NumberType::f32},
       {NumberType::f64, NumberType::f64, NumberType::f64},
       {NumberType::bf16, NumberType::f32, NumberType::f32},
       {NumberType::s8, NumberType::s32, NumberType::s32}}};
  for (const auto& [input, accumulate, output] : kinds) {
    const Problem problem = GemmProblem{.input = input,
                                        .accumulate = accumulate,
                                        .output = output,
                                        .m = k_order,
                                        .n = k_order,
                                        .k = k_order};
    auto kernel = backend.prepare(problem, device, seed);
    if (kernel) {
      return kernel;
    }
    last = kernel.error();
  }
  if (last.code != Error::Code::unsupported) {
    return last;
  }
  // Without its library of products a device still moves memory, and runs that do are tested, too.
  auto moves = backend.prepare(
      MemoryProblem{.op = MemoryProblem::Op::copy, .array_bytes = k_moved_bytes}, device, seed);
  return moves || moves.error().code != Error::Code::unsupported ? std::move(moves) : last;
}

std::vector<SelftestCheck> check_windows(Kernel& kernel, const SelftestPlan& plan) {
  WindowChecks checks(kernel, plan);
  SelftestCheck healthy = checks.with_kernel("healthy", Tampering::none, Ending::measured);
  healthy.caught = !healthy.caught;  // it is the control: nothing may be found
  return {std::move(healthy),
          checks.with_kernel("flipped_bit", Tampering::flipped_bit, Ending::wrong_result),
          checks.with_kernel("skipped_step", Tampering::skipped_step, Ending::wrong_result),
          checks.with_kernel("cached_result", Tampering::cached_result, Ending::wrong_result),
          checks.with_slow_worker(),
          checks.with_slowed_clock(),
          checks.with_dropped_block()};
}

}  // namespace assay
