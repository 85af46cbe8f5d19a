#include "kernels/exactness.h"

#include <string>

namespace assay {
namespace {

constexpr std::uint64_t k_wide_f32 = (1U << 12U) - 1;
constexpr std::uint64_t k_wide_f64 = (1U << 26U) - 1;
constexpr std::uint64_t k_most_bf16 = 255;  // The largest below which every integer is a bf16.
constexpr std::uint64_t k_most_s8 = 127;
constexpr std::uint64_t k_wide_11_bits = (1U << 11U) - 1;  // tf32 and f16.
constexpr std::uint64_t k_most_fp8 = 15;                   // Every integer up to 16 is an e4m3.
constexpr std::uint64_t k_least_fp8 = 5;                   // fp4 (e2m1) has no 5.
constexpr std::uint64_t k_most_e5m2 = 7;                   // Every integer up to 8 is an e5m2.
constexpr std::uint64_t k_most_scale_mx = 8;
constexpr std::uint64_t k_most_scale_nvfp4 = 15;  // Every integer up to 16 is an e4m3.
constexpr std::uint64_t k_least_scale_nvfp4 = 3;  // No power of two.
constexpr int k_f16_shift = 8;                    // 2^24 becomes 2^16.
constexpr std::uint64_t k_longest_s8 = 133'000;   // 127^2 k < 2^31.
constexpr std::uint64_t k_longest = std::uint64_t{1} << 40U;

// Six times the variance of the operands.
Natural six_variances(std::uint64_t amplitude) {
  return Natural{amplitude + 1} * (2 * amplitude + 1);
}

// The same of the codes of nvfp4, rounded up: 6 (1 + 4 + 9 + 16 + 36 + 64 + 144) / 7.
constexpr std::uint64_t k_six_variances_nvfp4 = 235;

std::string types_of(const GemmProblem& problem) {
  return std::string(name_of(problem.input)) + " product with sums in " +
         std::string(name_of(problem.accumulate)) + " and output in " +
         std::string(name_of(problem.output));
}

Error too_long(const GemmProblem& problem) {
  return {Error::Code::unsupported,
          "no exact operands for a " + types_of(problem) + " at k = " + std::to_string(problem.k)};
}

/// The largest amplitude from `most` down to `least` that both operands may have.
Result<ExactOperands> equal_operands(const GemmProblem& problem, std::uint64_t most,
                                     std::uint64_t least, unsigned bits) {
  for (std::uint64_t amplitude = most; amplitude >= least; --amplitude) {
    if (largest_amplitude(amplitude, amplitude, problem.k, bits) == amplitude) {
      return ExactOperands{.a = {amplitude, amplitude}, .b = {amplitude, amplitude}};
    }
  }
  return too_long(problem);
}

Result<ExactOperands> one_wide_operand(const GemmProblem& problem, std::uint64_t wide,
                                       unsigned bits, int largest_grade) {
  const std::uint64_t other = largest_amplitude(wide, wide, problem.k, bits);
  if (other == 0) {
    return too_long(problem);
  }
  return ExactOperands{.a = {wide, other}, .b = {other, wide}, .largest_grade = largest_grade};
}

/// Amplitudes as large as can be of A from 7 down, then of B.
Result<ExactOperands> e5m2_and_e4m3(const GemmProblem& problem, unsigned bits) {
  for (std::uint64_t amplitude = k_most_e5m2; amplitude >= k_least_fp8; --amplitude) {
    const std::uint64_t other = largest_amplitude(k_most_fp8, amplitude, problem.k, bits);
    if (other >= k_least_fp8) {
      return ExactOperands{.a = {amplitude, amplitude}, .b = {other, other}};
    }
  }
  return too_long(problem);
}

/// Whether 8 s^2 scale^2 sqrt(k) < 2^24 with s^2 = six_variances / 6: both operands alike.
bool exact_with(std::uint64_t scale, const Natural& six, std::uint64_t k) {
  return 64 * six * six * scale * scale * scale * scale * k < (Natural{36} << 48U);
}

Result<ExactOperands> scaled_mxfp8(const GemmProblem& problem) {
  for (std::uint64_t scale = k_most_scale_mx; scale > 1; scale /= 2) {
    if (exact_with(scale, six_variances(k_most_fp8), problem.k)) {
      return ExactOperands{
          .a = {k_most_fp8, k_most_fp8}, .b = {k_most_fp8, k_most_fp8}, .largest_scale = scale};
    }
  }
  return too_long(problem);
}

Result<ExactOperands> scaled_nvfp4(const GemmProblem& problem) {
  for (std::uint64_t scale = k_most_scale_nvfp4; scale >= k_least_scale_nvfp4; --scale) {
    if (exact_with(scale, k_six_variances_nvfp4, problem.k)) {
      return ExactOperands{.a = {k_nvfp4_codes, k_nvfp4_codes},
                           .b = {k_nvfp4_codes, k_nvfp4_codes},
                           .largest_scale = scale};
    }
  }
  return too_long(problem);
}

/// Of the types of at most 8 bits whose sums are kept in f32.
Result<ExactOperands> narrow_rule_of(const GemmProblem& problem, const Accumulators& sums) {
  const bool kept = problem.accumulate == NumberType::f32 &&
                    (problem.output == NumberType::f32 || problem.output == NumberType::bf16 ||
                     problem.output == NumberType::f16);
  if (kept && problem.input == NumberType::fp8_e4m3) {
    return equal_operands(problem, k_most_fp8, k_least_fp8, sums.fp8_bits);
  }
  if (kept && problem.input == NumberType::fp8_e5m2_e4m3) {
    return e5m2_and_e4m3(problem, sums.fp8_bits);
  }
  if (kept && problem.input == NumberType::mxfp8_e4m3) {
    return scaled_mxfp8(problem);
  }
  if (kept && problem.input == NumberType::nvfp4) {
    return scaled_nvfp4(problem);
  }
  return Error{Error::Code::unsupported, "no exact " + types_of(problem) + " is known"};
}

Result<ExactOperands> rule_of(const GemmProblem& problem, const Accumulators& sums) {
  using enum NumberType;
  const auto is = [&problem](NumberType input, NumberType accumulate, NumberType output) {
    return problem.input == input && problem.accumulate == accumulate && problem.output == output;
  };
  if (is(f32, f32, f32)) {
    return one_wide_operand(problem, k_wide_f32, 24, 20);
  }
  if (is(tf32, f32, f32)) {
    return one_wide_operand(problem, k_wide_11_bits, 24, 20);
  }
  if (is(f64, f64, f64)) {
    return one_wide_operand(problem, k_wide_f64, 53, 100);
  }
  if (is(bf16, f32, f32) || is(bf16, f32, bf16)) {
    return equal_operands(problem, k_most_bf16, k_most_s8 + 1, 24);
  }
  if (is(f16, f32, f32) || is(f16, f32, f16)) {
    return one_wide_operand(problem, k_wide_11_bits, 24, 0);
  }
  if (is(s8, s32, s32)) {
    if (problem.k > k_longest_s8) {
      return too_long(problem);
    }
    return ExactOperands{.a = {k_most_s8, k_most_s8}, .b = {k_most_s8, k_most_s8}};
  }
  return narrow_rule_of(problem, sums);
}

}  // namespace

std::uint64_t largest_amplitude(std::uint64_t most, std::uint64_t other, std::uint64_t k,
                                unsigned bits) {
  // 64 s_A^2 s_o^2 k < 2^(2 bits) with s^2 = v / 6: v_A < 36 * 2^(2 bits) / (64 v_o k).
  const Natural limit = Natural{36} << (2 * bits);
  const Natural divisor = 64 * six_variances(other) * k;
  const Natural most_variances = (limit - 1) / divisor;  // The strict "<", in whole numbers.
  std::uint64_t low = 0;
  std::uint64_t high = most;
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (six_variances(middle) <= most_variances) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

Result<ExactOperands> exact_operands(const GemmProblem& problem, const Accumulators& sums) {
  if (problem.m == 0 || problem.n == 0 || problem.k == 0) {
    return Error{Error::Code::bad_input, "a matrix product needs m, n and k of at least 1"};
  }
  if (problem.k > k_longest) {
    return too_long(problem);
  }
  auto rule = rule_of(problem, sums);
  if (rule && problem.output == NumberType::f16) {
    rule->output_shift = k_f16_shift;
  }
  return rule;
}

}  // namespace assay
