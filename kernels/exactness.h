// Which integer operands a product computes exactly, and a cheaper type does not.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Operands are uniform on -A .. -1, 1 .. A, so their variance is s^2 = (A + 1)(2A + 1) / 6. A sum
/// of k products has the standard deviation s_a s_b sqrt(k) and stays exact, eight of them wide,
/// while
///
///     8 s_a s_b sqrt(k) < 2^t,   t = 24 for sums in f32, 53 in f64
///
/// (eight, since one output can have 10^9 elements). Sums in s32 are exact if 127^2 k < 2^31.
struct ExactOperands {
  /// Amplitudes of A and B in the two groups of matrices. Where one operand is wider than the
  /// other, it is A in group 0 and B in group 1.
  std::array<std::uint64_t, 2> a{}, b{};
  /// Column kk of A is scaled by 2^-g and row kk of B by 2^g, |g| at most this; 0: no scaling.
  /// Products and sums stay integers; fixed-point emulation loses them.
  int largest_grade = 0;
  /// Block scales are whole numbers from 1 to this; powers of two in mxfp8. 1: the type has none.
  std::uint64_t largest_scale = 1;
  /// The output is the product times 2^-shift: f16 holds nothing from 2^16 on.
  int output_shift = 0;
};

/// How exactly a device adds. Every partial sum below 2^bits is exact.
struct Accumulators {
  unsigned fp8_bits = 24;  ///< 14 on Hopper's tensor cores (MMA-Sim, arXiv 2511.10909).
};

/// The codes of nvfp4 other than zero, without their sign: 1, 2, 3, 4, 6, 8 and 12 halves.
inline constexpr std::uint64_t k_nvfp4_codes = 7;

/// bf16: the largest A up to 255, more than s8 holds. s8: 127. f32: one operand of 12 bits, more
/// than TF32 (11) and bf16 (8) hold. tf32 and f16: one of 11 bits, more than bf16 holds; tf32 is
/// graded, which f16 does not survive. fp8_e4m3: the largest A from 5 up to 15, more than fp4
/// holds. fp8_e5m2_e4m3: B is that, and A the largest from 5 up to 7. mxfp8_e4m3: A = 15, scaled by
/// 1, 2, 4, 8. nvfp4: every code but zero equally often (`a` and `b` count codes), scaled by 1 to
/// 15, more than powers of two hold. Scales count as if all were the largest. f64: one of 26 bits,
/// more than f32 (24) holds. Fails with unsupported, naming the types, where no such operands are
/// exact or no product is known.
[[nodiscard]] Result<ExactOperands> exact_operands(const GemmProblem& problem,
                                                   const Accumulators& sums = {});

/// Largest amplitude A <= `most` with 64 s_A^2 s_other^2 k < 2^(2 bits); 0 if there is none.
/// Preconditions: 0 < other < 2^27, 0 < k <= 2^40, bits at most 53.
[[nodiscard]] std::uint64_t largest_amplitude(std::uint64_t most, std::uint64_t other,
                                              std::uint64_t k, unsigned bits);

}  // namespace assay
