// Exact comparison of rates and times. No floating point stands between evidence and verdict.
#pragma once

#include <compare>
#include <span>
#include <string>

#include "harness/model/natural.h"

namespace assay {

/// numerator / denominator, denominator > 0; not necessarily reduced.
struct Ratio {
  Natural numerator = 0;
  Natural denominator = 1;
};

/// Compares the product of `left` with the product of `right`, whatever their size.
[[nodiscard]] std::strong_ordering compare_products(std::span<const Natural> left,
                                                    std::span<const Natural> right);

/// left <=> right as rational numbers.
[[nodiscard]] std::strong_ordering compare(const Ratio& left, const Ratio& right);

/// (left x scale) <=> right, e.g. a measured value times (1 - guard band) against a limit.
[[nodiscard]] std::strong_ordering compare_scaled(const Ratio& left, const Ratio& scale,
                                                  const Ratio& right);

/// `digits` significant decimal digits, rounded toward zero, plain notation ("1620", "0.01234").
/// For people only; never read back.
[[nodiscard]] std::string significant(const Ratio& value, int digits = 4);

/// The product of `factors` divided by `divisor` > 0, rounded down; 2^128-1 if it is more.
[[nodiscard]] Natural quotient_floor(std::span<const Natural> factors, Natural divisor);

/// The largest whole number whose square is at most `value`.
[[nodiscard]] Natural square_root_floor(Natural value);

}  // namespace assay
