#include "harness/model/exact.h"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <cstddef>
#include <optional>

namespace assay {
namespace {

using Wide = boost::multiprecision::cpp_int;

/// The product, where it is below 2^128.
std::optional<Natural> narrow_product(std::span<const Natural> factors) {
  Natural product = 1;
  for (const Natural factor : factors) {
    if (__builtin_mul_overflow(product, factor, &product)) {
      // A later zero would make the product small again; the wide path sees to it.
      return std::nullopt;
    }
  }
  return product;
}

Wide wide_product(std::span<const Natural> factors) {
  Wide product = 1;
  for (const Natural factor : factors) {
    product *= factor;
  }
  return product;
}

Wide power_of_ten(std::size_t exponent) {
  Wide power = 1;
  for (std::size_t i = 0; i < exponent; ++i) {
    power *= 10;
  }
  return power;
}

}  // namespace

std::strong_ordering compare_products(std::span<const Natural> left,
                                      std::span<const Natural> right) {
  const auto narrow_left = narrow_product(left);
  const auto narrow_right = narrow_product(right);
  if (narrow_left && narrow_right) {
    return *narrow_left <=> *narrow_right;
  }
  const int sign = wide_product(left).compare(wide_product(right));
  return sign <=> 0;
}

std::strong_ordering compare(const Ratio& left, const Ratio& right) {
  return compare_products(std::array{left.numerator, right.denominator},
                          std::array{right.numerator, left.denominator});
}

std::strong_ordering compare_scaled(const Ratio& left, const Ratio& scale, const Ratio& right) {
  return compare_products(std::array{left.numerator, scale.numerator, right.denominator},
                          std::array{right.numerator, left.denominator, scale.denominator});
}

std::string significant(const Ratio& value, int digits) {
  if (value.numerator == 0) {
    return "0";
  }
  const auto wanted = static_cast<std::size_t>(std::max(digits, 1));
  const Wide numerator = value.numerator;
  const Wide denominator = value.denominator;
  const Wide whole = numerator / denominator;
  if (whole != 0) {
    std::string text = whole.str();
    if (text.size() >= wanted) {
      return text.substr(0, wanted) + std::string(text.size() - wanted, '0');
    }
    const std::size_t decimals = wanted - text.size();
    const std::string all = Wide(numerator * power_of_ten(decimals) / denominator).str();
    return all.substr(0, text.size()) + "." + all.substr(text.size());
  }
  std::size_t zeros = 0;  // between the point and the first other digit
  for (Wide scaled = numerator * 10; scaled < denominator; scaled *= 10) {
    ++zeros;
  }
  const Wide all = numerator * power_of_ten(zeros + wanted) / denominator;
  return "0." + std::string(zeros, '0') + all.str();
}

Natural quotient_floor(std::span<const Natural> factors, Natural divisor) {
  const Wide quotient = wide_product(factors) / divisor;
  constexpr Natural k_largest = ~Natural{0};
  return quotient > k_largest ? k_largest : static_cast<Natural>(quotient);
}

Natural square_root_floor(Natural value) {
  return static_cast<Natural>(boost::multiprecision::sqrt(Wide(value)));
}

}  // namespace assay
