#include "harness/model/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/ljung_box.hpp>
#include <boost/math/statistics/runs_test.hpp>
#include <cmath>
#include <exception>
#include <numeric>

namespace assay {
namespace {

bool varies(std::span<const double> values) {
  return values.size() >= 2 &&
         std::any_of(values.begin(), values.end(), [&](double v) { return v != values.front(); });
}

/// The p-value of a test of Boost, which throws on what it can't judge.
template <class Test>
std::optional<double> p_value_of(std::span<const double> sequence, Test test) {
  if (!varies(sequence)) {
    return std::nullopt;
  }
  try {
    const double p = test(std::vector<double>(sequence.begin(), sequence.end())).second;
    return std::isfinite(p) ? std::optional(p) : std::nullopt;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<double> median(std::span<const double> values) {
  if (values.empty()) {
    return std::nullopt;
  }
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t upper = sorted.size() / 2;
  const std::size_t lower = (sorted.size() - 1) / 2;
  return sorted[lower] + (sorted[upper] - sorted[lower]) / 2;
}

std::optional<Interval> t_interval(std::span<const double> values, double error) {
  if (values.size() < 2) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  const double half = t_quantile(n - 1, error) * std::sqrt(squares / (n - 1) / n);
  return Interval{mean - half, mean + half};
}

double t_quantile(double degrees, double error) {
  return quantile(complement(boost::math::students_t(degrees), error));
}

std::optional<double> runs_test(std::span<const double> sequence) {
  return p_value_of(sequence, [](const std::vector<double>& values) {
    return boost::math::statistics::runs_above_and_below_median(values);
  });
}

std::optional<double> ljung_box(std::span<const double> sequence) {
  return p_value_of(sequence, [](const std::vector<double>& values) {
    return boost::math::statistics::ljung_box(values);
  });
}

Interval clopper_pearson(std::uint64_t hits, std::uint64_t trials, double error) {
  using Binomial = boost::math::binomial;
  const auto k = static_cast<double>(hits);
  const auto n = static_cast<double>(trials);
  return {hits == 0 ? 0.0 : Binomial::find_lower_bound_on_p(n, k, error),
          hits == trials ? 1.0 : Binomial::find_upper_bound_on_p(n, k, error)};
}

double at_least_chance(std::uint64_t hits, std::uint64_t trials, double chance) {
  if (hits == 0) {
    return 1;
  }
  if (hits > trials) {
    return 0;
  }
  const double share = std::clamp(chance, 0.0, 1.0);
  const boost::math::binomial distribution(static_cast<double>(trials), share);
  return cdf(complement(distribution, static_cast<double>(hits - 1)));
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    largest = std::max(largest, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace assay
