// Statistics printed beside a verdict, as information. No verdict depends on them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace assay {

struct Interval {
  double lower = 0;
  double upper = 0;
};

/// What is said of one look: three of them share an error of 5 % (Bonferroni).
inline constexpr double k_look_error = 0.05 / 3;

/// The middle value, or the mean of the two in the middle. None for no value.
[[nodiscard]] std::optional<double> median(std::span<const double> values);

/// mean -+ t s / sqrt(n) with Student's t of n - 1 degrees of freedom: each end alone is exceeded
/// with probability `error`. None for fewer than two values.
[[nodiscard]] std::optional<Interval> t_interval(std::span<const double> values,
                                                 double error = k_look_error);

/// Student's quantile t(1 - error, degrees). Precondition: degrees > 0, 0 < error < 1.
[[nodiscard]] double t_quantile(double degrees, double error);

/// p-value of the Wald-Wolfowitz test on runs above and below the median, two-sided. None where
/// there are fewer than two values or all are equal.
[[nodiscard]] std::optional<double> runs_test(std::span<const double> sequence);

/// p-value of the Ljung-Box test with ceil(ln n) lags. None as for runs_test.
[[nodiscard]] std::optional<double> ljung_box(std::span<const double> sequence);

/// Bounds of Clopper and Pearson on a share of which `hits` of `trials` were seen: each end alone
/// errs with probability `error`. Precondition: hits <= trials, trials > 0.
[[nodiscard]] Interval clopper_pearson(std::uint64_t hits, std::uint64_t trials, double error);

/// The probability of `hits` or more in `trials` of probability `chance` each.
[[nodiscard]] double at_least_chance(std::uint64_t hits, std::uint64_t trials, double chance);

/// Adjusted p-values of Holm's step-down procedure, in the order given: those at most alpha may be
/// held against a supplier together, with an error of at most alpha.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);

}  // namespace assay
