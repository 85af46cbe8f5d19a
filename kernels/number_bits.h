// How each number type stands in memory: decoded, encoded and rounded, on hosts and devices alike.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "kernels/backend.h"

namespace assay {

/// Of one element; nvfp4 is packed two to a byte, and counted as one here.
[[nodiscard]] constexpr std::uint64_t bytes_of(NumberType type) {
  switch (type) {
    case NumberType::f64: return 8;
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::s32: return 4;
    case NumberType::bf16:
    case NumberType::f16: return 2;
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
    case NumberType::s8: return 1;
  }
  return 0;
}

/// What the elements of A and of B are in a product of this type.
[[nodiscard]] constexpr NumberType element_of_a(NumberType input) {
  return input == NumberType::fp8_e5m2_e4m3 ? NumberType::fp8_e5m2 : input;
}
[[nodiscard]] constexpr NumberType element_of_b(NumberType input) {
  return input == NumberType::fp8_e5m2_e4m3 ? NumberType::fp8_e4m3 : input;
}

/// Whether a product adds fp8 elements as they are, without block scales.
[[nodiscard]] constexpr bool is_fp8_product(NumberType input) {
  return input == NumberType::fp8_e4m3 || input == NumberType::fp8_e5m2_e4m3;
}

/// A binary floating-point format: sign, exponent, `mantissa` bits. A code without its sign is
/// m (the subnormals) or (e << mantissa) + m, and stands for 2^(least_exponent - mantissa) times m
/// or, for e > 0, (2^mantissa + m) 2^(e - 1).
struct FloatFormat {
  int mantissa = 0;
  int least_exponent = 0;      ///< Of normal numbers.
  std::uint64_t beyond = 0;    ///< The least code that is no finite number.
  std::uint64_t sign_bit = 0;  ///< Its place.
};

/// Precondition: the type is one of elements, and no integer.
[[nodiscard]] constexpr FloatFormat format_of(NumberType type) {
  switch (type) {
    case NumberType::f64: return {52, -1022, 0x7ff0'0000'0000'0000U, 63};
    case NumberType::bf16: return {7, -126, 0x7f80, 15};
    case NumberType::f16: return {10, -14, 0x7c00, 15};
    case NumberType::fp8_e4m3:
    case NumberType::mxfp8_e4m3: return {3, -6, 0x7f, 7};
    case NumberType::fp8_e5m2: return {2, -14, 0x7c, 7};
    case NumberType::nvfp4: return {1, 0, 8, 3};
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::s32:
    case NumberType::s8: break;
  }
  return {23, -126, 0x7f80'0000, 31};
}

[[nodiscard]] constexpr bool is_integer(NumberType type) {
  return type == NumberType::s32 || type == NumberType::s8;
}

/// 2^exponent, exactly. Precondition: -1022 <= exponent <= 1023.
[[nodiscard]] constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52U);
}

/// The value that a code stands for; NaN for what is no finite number.
[[nodiscard]] constexpr double value_of_bits(NumberType type, std::uint64_t bits) {
  switch (type) {
    case NumberType::f64: return std::bit_cast<double>(bits);
    case NumberType::f32:
    case NumberType::tf32: return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case NumberType::bf16: return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U));
    case NumberType::s32: return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    case NumberType::s8: return static_cast<std::int8_t>(static_cast<std::uint8_t>(bits));
    case NumberType::f16:
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: break;
  }
  const FloatFormat format = format_of(type);
  const std::uint64_t sign = bits >> format.sign_bit & 1U;
  const std::uint64_t code = bits & ((std::uint64_t{1} << format.sign_bit) - 1);
  if (code >= format.beyond) {
    return std::bit_cast<double>(std::uint64_t{0x7ff8'0000'0000'0000U});
  }
  const std::uint64_t one = std::uint64_t{1} << static_cast<unsigned>(format.mantissa);
  const std::uint64_t exponent = code >> static_cast<unsigned>(format.mantissa);
  const std::uint64_t digits = exponent == 0 ? code : (code & (one - 1)) + one;
  const int scale = format.least_exponent - format.mantissa +
                    (exponent == 0 ? 0 : static_cast<int>(exponent) - 1);
  const double magnitude = static_cast<double>(digits) * power_of_two(scale);
  return sign != 0 ? -magnitude : magnitude;
}

/// The code nearest to a finite value, ties to even; beyond the largest: `beyond`, which is
/// infinity (NaN in e4m3). Precondition: |value| >= 2^-1022 or 0; the type is no integer.
[[nodiscard]] constexpr std::uint64_t rounded_bits(NumberType type, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (type == NumberType::f64) {
    return bits;
  }
  const FloatFormat format = format_of(type);
  const std::uint64_t sign = bits >> 63U << format.sign_bit;
  const int exponent = static_cast<int>(bits >> 52U & 0x7ffU) - 1023;
  if (exponent == -1023) {
    return sign;
  }
  const std::uint64_t digits = (bits & 0xf'ffff'ffff'ffffU) | (std::uint64_t{1} << 52U);
  const int below = exponent < format.least_exponent ? format.least_exponent - exponent : 0;
  const int dropped = 52 - format.mantissa + below;
  if (dropped > 54) {
    return sign;
  }
  const auto drop = static_cast<unsigned>(dropped);
  const std::uint64_t odd = digits >> drop & 1U;
  std::uint64_t code = (digits + (std::uint64_t{1} << (drop - 1)) - 1 + odd) >> drop;
  if (below == 0) {
    // The leading digit counts as one in the exponent.
    code += static_cast<std::uint64_t>(exponent - format.least_exponent)
            << static_cast<unsigned>(format.mantissa);
  }
  return sign | (code < format.beyond ? code : format.beyond);
}

/// How a type holds value x 2^-shift, as the low bits of a word; integers have no shift.
[[nodiscard]] constexpr std::uint64_t bits_of_integer(NumberType type, std::int64_t value,
                                                      int shift = 0) {
  switch (type) {
    case NumberType::s32: return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
    case NumberType::s8: return static_cast<std::uint8_t>(static_cast<std::int8_t>(value));
    case NumberType::f64:
    case NumberType::f32:
    case NumberType::tf32:
    case NumberType::bf16:
    case NumberType::f16:
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4: break;
  }
  return rounded_bits(type, static_cast<double>(value) * power_of_two(-shift));
}

/// Bits no result has: a quiet NaN with a payload that no computation makes, or the least integer.
[[nodiscard]] constexpr std::uint64_t poison_bits(NumberType type) {
  switch (type) {
    case NumberType::f64: return 0x7ff8'dead'dead'deadULL;
    case NumberType::f32:
    case NumberType::tf32: return 0x7fc0'deadULL;
    case NumberType::bf16: return 0x7fedULL;
    case NumberType::f16: return 0x7eadULL;
    case NumberType::s32: return std::uint32_t{1} << 31U;
    case NumberType::s8: return std::uint8_t{1} << 7U;
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3: return 0x7f;
    case NumberType::nvfp4: break;  // It has no NaN, and no output is one.
  }
  return 0;
}

/// The integer that bits stand for after multiplication by 2^shift, if they stand for one below
/// 2^63 that is not -0.
struct Whole {
  std::int64_t value = 0;
  bool is_one = false;
};
[[nodiscard]] constexpr Whole whole_of_bits(NumberType type, std::uint64_t bits, int shift = 0) {
  const double value = value_of_bits(type, bits) * power_of_two(shift);
  constexpr double k_beyond = 9223372036854775808.0;  // 2^63
  if (!(value > -k_beyond && value < k_beyond)) {
    return {};
  }
  const auto integer = static_cast<std::int64_t>(value);
  const bool negative_zero = value == 0 && std::bit_cast<std::uint64_t>(value) != 0;
  return {integer, static_cast<double>(integer) == value && !negative_zero};
}

/// What a witness holds of an element: the integer, or the raw bits where it is none.
[[nodiscard]] constexpr std::uint64_t witness_of_bits(NumberType type, std::uint64_t bits,
                                                      int shift = 0) {
  const Whole whole = whole_of_bits(type, bits, shift);
  return whole.is_one ? static_cast<std::uint64_t>(whole.value) : bits;
}

/// The element as a person reads it: the integer, or its bits and that it is none.
[[nodiscard]] std::string text_of_bits(NumberType type, std::uint64_t bits, int shift = 0);

}  // namespace assay
