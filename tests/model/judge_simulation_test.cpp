// Simulated devices whose truth is known, honest ones and others. Every item is one campaign.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "harness/model/risk.h"
#include "harness/model/sign_plan.h"
#include "harness/model/statistics.h"
#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

using Random = std::mt19937_64;
using Series = std::vector<double>;  ///< Distances of 30 runs from the limit, in run deviations.

constexpr std::uint32_t k_devices = 4000;
constexpr std::uint32_t k_runs = 30;

Series independent(Random& random, double margin) {
  std::normal_distribution<double> normal(margin, 1);
  Series series(k_runs);
  for (double& run : series) {
    run = normal(random);
  }
  return series;
}

/// Falls from `first` to -`first`: a device that wears out.
Series drifting(Random& random, double first) {
  Series series = independent(random, 0);
  for (std::uint32_t i = 0; i < k_runs; ++i) {
    series[i] += first * (1 - 2.0 * i / (k_runs - 1));
  }
  return series;
}

/// Exactly at the limit; a run is on the side of the one before with probability `stay`.
Series autocorrelated(Random& random, double stay) {
  std::uniform_real_distribution<double> uniform;
  Series series(k_runs);
  double side = uniform(random) < 0.5 ? 1 : -1;
  for (double& run : series) {
    run = side * (0.5 + uniform(random));
    side *= uniform(random) < stay ? 1 : -1;
  }
  return series;
}

/// 0.5 % run-to-run deviation around 100 GFLOP/s.
std::vector<Attempt> attempts_of(const Series& series, ItemIndex item) {
  std::vector<Attempt> attempts;
  for (std::uint32_t i = 0; i < series.size(); ++i) {
    attempts.push_back(run_at(0, i + 1, item));
    const double gflops = 100 * (1 + 0.005 * series[i]);
    attempts.back().work = static_cast<Natural>(gflops * 1e10);
    attempts.back().serial = "S" + std::to_string(item);
  }
  return attempts;
}

struct Frequencies {
  double accept = 0;
  double reject = 0;
};

using Truth = std::function<Series(Random&)>;
using Conduct = std::function<void(std::vector<Attempt>&)>;

std::vector<Outcome> outcomes(const Truth& truth, const Conduct& conduct,
                              Rule rule = Rule::sign_1_5_9) {
  Clause clause = rate_clause();
  clause.rule = rule;
  const Contract contract = contract_of({clause}, 1, k_devices);
  Random random(20'240'607);
  Evidence evidence = evidence_of({});
  for (ItemIndex item = 1; item <= k_devices; ++item) {
    std::vector<Attempt> attempts = attempts_of(truth(random), item);
    conduct(attempts);
    evidence.attempts.insert(evidence.attempts.end(), attempts.begin(), attempts.end());
  }
  const Judgement judgement = judged(contract, evidence);
  std::vector<Outcome> found;
  for (const Verdict& verdict : judgement.clauses[0].verdicts) {
    found.push_back(verdict.outcome);
  }
  return found;
}

void honest(std::vector<Attempt>& /*attempts*/) {}

Frequencies frequencies(const Truth& truth, Rule rule = Rule::sign_1_5_9) {
  Frequencies sum;
  for (const Outcome outcome : outcomes(truth, honest, rule)) {
    sum.accept += outcome == Outcome::accept ? 1.0 / k_devices : 0;
    sum.reject += outcome == Outcome::reject ? 1.0 / k_devices : 0;
  }
  return sum;
}

/// Four standard errors of a frequency, at least one device.
double tolerance(double chance) {
  return std::max(4 * std::sqrt(chance * (1 - chance) / k_devices), 1.5 / k_devices);
}

/// Probability by runs below so far and by whether the last one was.
using Undecided = std::vector<std::array<double, 2>>;
using Below = std::function<double(std::uint32_t run, bool before)>;

Undecided one_more_run(const Undecided& weights, std::uint32_t run, const Below& below) {
  Undecided next(weights.size());
  for (std::size_t b = 0; b <= run; ++b) {
    const double p_after_met = below(run, false);
    const double p_after_below = below(run, true);
    next[b][0] += weights[b][0] * (1 - p_after_met) + weights[b][1] * (1 - p_after_below);
    next[b + 1][1] += weights[b][0] * p_after_met + weights[b][1] * p_after_below;
  }
  return next;
}

/// Exact chances where run i is below with probability below(i, whether the one before was).
Frequencies exact(const Below& below) {
  Undecided weights(k_runs + 2);
  weights[0] = {0.5, 0.5};  // the sign before the first run is drawn
  Frequencies sum;
  std::uint32_t runs = 0;
  for (const Look& look : looks_of(Rule::sign_1_5_9)) {
    for (; runs < look.runs; ++runs) {
      weights = one_more_run(weights, runs, below);
    }
    for (std::size_t b = 0; b <= runs; ++b) {
      if (b <= look.accept || b >= look.reject) {
        (b <= look.accept ? sum.accept : sum.reject) += weights[b][0] + weights[b][1];
        weights[b] = {};
      }
    }
  }
  return sum;
}

TEST(SimulatedDevices, AreJudgedAsTheExactTableSays) {
  for (const Rule rule : {Rule::sign_1_5_9, Rule::sign_1_4_8}) {
    for (const double margin : {1.5, 1.0, 0.5, 0.0, -0.5, -1.0}) {
      const auto found =
          frequencies([margin](Random& random) { return independent(random, margin); }, rule);
      const auto expected = *chances(rule, below_at_margin(margin));
      EXPECT_NEAR(found.accept, expected.accept, tolerance(expected.accept)) << margin;
      EXPECT_NEAR(found.reject, expected.reject, tolerance(expected.reject)) << margin;
    }
  }
}

TEST(SimulatedDevices, ThatDriftAreJudgedAsTheirRunsWere) {
  for (const double first : {1.0, -1.0}) {
    const auto found = frequencies([first](Random& random) { return drifting(random, first); });
    const auto expected = exact([first](std::uint32_t run, bool) {
      return below_at_margin(first * (1 - 2.0 * run / (k_runs - 1)));
    });
    EXPECT_NEAR(found.accept, expected.accept, tolerance(expected.accept));
    EXPECT_NEAR(found.reject, expected.reject, tolerance(expected.reject));
  }
}

TEST(SimulatedDevices, ThatAreAutocorrelatedRaiseTheRiskAndShowIt) {
  constexpr double k_stay = 0.9;
  const Truth truth = [](Random& random) { return autocorrelated(random, k_stay); };
  const auto found = frequencies(truth);
  const auto expected =
      exact([](std::uint32_t, bool before) { return before ? k_stay : 1 - k_stay; });
  EXPECT_NEAR(found.accept, expected.accept, tolerance(expected.accept));
  EXPECT_NEAR(found.reject, expected.reject, tolerance(expected.reject));
  // Hence the days, the guard band for the session, and these tests beside the verdict.
  EXPECT_GT(found.accept, 0.3);
  Random random(7);
  int shown = 0;
  for (int i = 0; i < 1000; ++i) {
    const Series series = truth(random);
    shown += runs_test(series).value_or(0) < 0.01 || ljung_box(series).value_or(0) < 0.01 ? 1 : 0;
  }
  EXPECT_GT(shown, 500);  // in most series of 30, if not in all
}

TEST(SimulatedDevices, AreFoundIndependentWhereTheyAre) {
  Random random(8);
  int by_runs = 0;
  int by_lags = 0;
  for (int i = 0; i < 4000; ++i) {
    const Series series = independent(random, 0);
    by_runs += *runs_test(series) < 0.01 ? 1 : 0;
    by_lags += *ljung_box(series) < 0.01 ? 1 : 0;
  }
  EXPECT_LT(by_runs, 80);   // 1 % of 4000 is 40
  EXPECT_LT(by_lags, 120);  // an approximation, known to be on the high side
}

bool is_slow(const Attempt& attempt) {
  return attempt.work < Natural{k_limit} * k_window_ns;
}

struct Trick {
  const char* name;
  Conduct conduct;
};

Trick changes_slow_runs(const char* name, const std::function<void(Attempt&)>& change) {
  return {name, [change](std::vector<Attempt>& attempts) {
            for (Attempt& attempt : attempts) {
              if (is_slow(attempt)) {
                change(attempt);
              }
            }
          }};
}

Trick ends_slow_runs(const char* name, Ending ending) {
  return changes_slow_runs(name, [ending](Attempt& slow) { slow.ending = ending; });
}

/// Puts the first good run in the place of every slow one, and then does `disguise` to it.
Trick replays(const char* name,
              const std::function<void(Attempt& copy, const Attempt& slow)>& disguise) {
  return {name, [disguise](std::vector<Attempt>& attempts) {
            const auto good = std::find_if_not(attempts.begin(), attempts.end(), is_slow);
            if (good == attempts.end()) {
              return;
            }
            const Attempt copied = *good;
            for (Attempt& attempt : attempts) {
              if (is_slow(attempt)) {
                Attempt copy = copied;
                disguise(copy, attempt);
                attempt = copy;
              }
            }
          }};
}

std::vector<Trick> tricks() {
  return {
      ends_slow_runs("crashes", Ending::crashed),
      ends_slow_runs("hangs", Ending::hung),
      ends_slow_runs("starts late", Ending::late),
      ends_slow_runs("tears gaps", Ending::gap),
      ends_slow_runs("stops the clock", Ending::clock),
      ends_slow_runs("drops telemetry", Ending::no_telemetry),
      ends_slow_runs("is killed", Ending::no_end),
      ends_slow_runs("plays dumb", Ending::unsupported),
      changes_slow_runs(
          "crashes before anything is measured",
          [](Attempt& slow) { slow = ended(Ending::crashed, slow.round, slow.item); }),
      changes_slow_runs("shortens the window to a burst",
                        [](Attempt& slow) {
                          slow.elapsed_ns /= 2;
                          slow.work = slow.work * 55 / 100;
                        }),
      changes_slow_runs("skips the checks",
                        [](Attempt& slow) {
                          slow.work = slow.work * 11 / 10;
                          slow.checked = 0;
                        }),
      changes_slow_runs("claims too much", [](Attempt& slow) { slow.work *= 4; }),
      changes_slow_runs("excuses itself", [](Attempt& slow) { slow.excused = true; }),
      replays("replays a good run", [](Attempt&, const Attempt&) {}),
      replays("replays a good run under a new number",
              [](Attempt& copy, const Attempt& slow) { copy.number = slow.number; }),
      replays("replays a good run under a new round",
              [](Attempt& copy, const Attempt& slow) { copy.round = slow.round; }),
      replays("borrows another device's run",
              [](Attempt& copy, const Attempt& slow) {
                copy.number = slow.number;
                copy.round = slow.round;
                copy.serial = "S1";
              }),
      {"lists the good runs first",
       [](std::vector<Attempt>& attempts) {
         std::stable_partition(attempts.begin(), attempts.end(),
                               [](const Attempt& a) { return !is_slow(a); });
       }},
  };
}

TEST(DishonestSuppliers, GainNothing) {
  for (const double margin : {0.0, 0.5}) {
    const Truth truth = [margin](Random& random) { return independent(random, margin); };
    const auto fair = outcomes(truth, honest);
    for (const Trick& trick : tricks()) {
      const auto found = outcomes(truth, trick.conduct);
      int gained = 0;
      for (std::uint32_t i = 0; i < k_devices; ++i) {
        gained += found[i] == Outcome::accept && fair[i] != Outcome::accept ? 1 : 0;
      }
      EXPECT_EQ(gained, 0) << "whoever " << trick.name;
    }
  }
}

TEST(DishonestSuppliers, WouldGainIfSlowRunsCouldBeExcusedByThem) {
  // The reason why only the buyer excuses, and how often is agreed: what three discards are worth.
  Contract contract = contract_of({rate_clause()}, 1, k_devices);
  contract.max_invalid = 3;
  Random random(3);
  Evidence evidence = evidence_of({});
  for (ItemIndex item = 1; item <= k_devices; ++item) {
    Series series = independent(random, 0);
    const Series more = independent(random, 0);
    series.insert(series.end(), more.begin(), more.begin() + 3);
    std::vector<Attempt> attempts = attempts_of(series, item);
    int left = 3;
    for (Attempt& attempt : attempts) {
      attempt.excused = is_slow(attempt) && left-- > 0;
    }
    evidence.attempts.insert(evidence.attempts.end(), attempts.begin(), attempts.end());
  }
  const double expected = chances(Rule::sign_1_5_9, 0.5, 3)->accept;
  const double found =
      static_cast<double>(judged(contract, evidence).clauses[0].accepted) / k_devices;
  EXPECT_NEAR(found, expected, tolerance(expected));
  EXPECT_NEAR(expected, 0.194, 0.0005);
}

}  // namespace
}  // namespace assay
