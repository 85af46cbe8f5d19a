#include "harness/model/risk.h"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "harness/model/sign_plan.h"
#include "harness/model/statistics.h"

namespace assay {
namespace {

/// Weights of all sequences of runs that are still undecided, by how many of their runs are below
/// and how many were discarded before.
template <class Weight>
class Sequences {
 public:
  Sequences(Weight below, Weight met, std::uint32_t discarded)
      : below_(below), met_(met), discarded_(discarded), weights_(1, Row(discarded + 1, Weight{})) {
    weights_[0][0] = Weight{1};
  }

  /// One more counted run.
  void run() {
    std::vector<Row> next(weights_.size() + 1, Row(discarded_ + 1, Weight{}));
    for (std::size_t b = 0; b < weights_.size(); ++b) {
      for (std::uint32_t d = 0; d <= discarded_; ++d) {
        Weight weight = weights_[b][d];
        for (std::uint32_t e = d; e < discarded_; ++e) {
          next[b][e] += weight * met_;
          weight *= below_;  // this one was below: discarded, and another is drawn
        }
        next[b][discarded_] += weight * met_;
        next[b + 1][discarded_] += weight * below_;
      }
    }
    weights_ = std::move(next);
  }

  /// Takes out the sequences with `from` to `to` runs below, and returns their weight.
  Weight take(std::size_t from, std::size_t to) {
    Weight sum{};
    for (std::size_t b = from; b <= to && b < weights_.size(); ++b) {
      for (Weight& weight : weights_[b]) {
        sum += std::exchange(weight, Weight{});
      }
    }
    return sum;
  }

 private:
  using Row = std::vector<Weight>;

  Weight below_, met_;
  std::uint32_t discarded_;
  std::vector<Row> weights_;
};

/// `scale(runs)` is what a sequence that ends after so many runs weighs.
template <class Weight, class Scale>
auto walk(std::span<const Look> looks, Sequences<Weight> sequences, Scale scale) {
  struct {
    Weight accept{}, reject{}, inconclusive{}, mean_runs{};
  } sum;
  std::uint32_t runs = 0;
  for (const Look& look : looks) {
    for (; runs < look.runs; ++runs) {
      sequences.run();
    }
    const Weight accepted = sequences.take(0, look.accept) * scale(runs);
    const Weight rejected = sequences.take(look.reject, look.runs) * scale(runs);
    sum.accept += accepted;
    sum.reject += rejected;
    sum.mean_runs += (accepted + rejected) * static_cast<Weight>(runs);
  }
  sum.inconclusive = sequences.take(0, runs) * scale(runs);
  sum.mean_runs += sum.inconclusive * static_cast<Weight>(runs);
  return sum;
}

}  // namespace

std::optional<ExactChances> chances_at_limit(Rule rule) {
  const auto looks = looks_of(rule);
  if (looks.empty()) {
    return std::nullopt;
  }
  const auto sum = walk(looks, Sequences<std::uint64_t>(1, 1, 0),
                        [](std::uint32_t runs) { return k_exact_whole >> runs; });
  return ExactChances{sum.accept, sum.reject, sum.inconclusive, sum.mean_runs};
}

std::optional<Chances> chances(Rule rule, double below, std::uint32_t discarded) {
  const auto looks = looks_of(rule);
  if (looks.empty()) {
    return std::nullopt;
  }
  const auto sum = walk(looks, Sequences<double>(below, 1 - below, discarded),
                        [](std::uint32_t) { return 1.0; });
  return Chances{sum.accept, sum.reject, sum.inconclusive, sum.mean_runs};
}

double below_at_margin(double margin) {
  return std::erfc(margin / std::sqrt(2.0)) / 2;
}

std::optional<double> buyers_risk(Rule rule) {
  const auto exact = chances_at_limit(rule);
  if (!exact) {
    return std::nullopt;
  }
  return static_cast<double>(exact->accept) / static_cast<double>(k_exact_whole);
}

std::optional<double> suppliers_risk(Rule rule, const Fleet& fleet, double margin) {
  const auto one = chances(rule, below_at_margin(margin));
  if (!one) {
    return std::nullopt;
  }
  // Not 1 - accept: at large margins that is lost in rounding.
  return at_least_chance(fleet.allowance + 1, fleet.items, one->reject + one->inconclusive);
}

std::optional<double> margin_for(Rule rule, const Fleet& fleet, double risk) {
  if (!looks_of(rule).empty()) {
    double low = 0;
    double high = 10;
    while (high - low > 1e-9) {
      const double middle = (low + high) / 2;
      (*suppliers_risk(rule, fleet, middle) > risk ? low : high) = middle;
    }
    return high;
  }
  return std::nullopt;
}

}  // namespace assay
