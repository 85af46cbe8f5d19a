// Which operands a matrix product is measured with: a few large matrices, thousands of views.
//
// Four matrices for A and four for B, in two groups (see ExactOperands). A tuple is a pair out of
// one group, each seen through a window that begins elsewhere, so that element (i, kk) of A meets
// another row of B in every tuple, and every product is new without a byte being generated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

inline constexpr std::uint64_t k_operand_matrices = 4;  ///< Of A, and of B.
inline constexpr std::uint64_t k_windows_a = 64;
inline constexpr std::uint64_t k_windows_b = 16;
inline constexpr std::uint64_t k_operand_pairs = 8;  ///< Two groups of 2 x 2.
inline constexpr std::uint64_t k_tuples = k_operand_pairs * k_windows_a * k_windows_b;

/// Streams of the seed: one for each matrix.
inline constexpr std::uint64_t k_a_stream = 0x100;
inline constexpr std::uint64_t k_b_stream = 0x200;

struct TuplePlace {
  std::size_t matrix_a = 0, matrix_b = 0;    ///< Group is matrix / 2.
  std::uint64_t window_a = 0, window_b = 0;  ///< 0 .. k_windows_a - 1, 0 .. k_windows_b - 1.
};

/// Precondition: tuple < k_tuples.
[[nodiscard]] constexpr TuplePlace place_of(std::uint64_t tuple) {
  const std::uint64_t pair = tuple % k_operand_pairs;
  const std::uint64_t group = pair % 2;
  return {.matrix_a = 2 * group + pair / 2 % 2,
          .matrix_b = 2 * group + pair / 4,
          .window_a = tuple / k_operand_pairs / k_windows_b,
          .window_b = tuple / k_operand_pairs % k_windows_b};
}

/// Factors that turn a stored operand back into its integer: by column of A, by row of B, period
/// 16. All 1 for types that are not graded.
struct Grades {
  static constexpr std::uint64_t k_period = 16;
  std::array<double, k_period> of_a{};  ///< What column kk of A was multiplied with: 2^-g.
  std::array<double, k_period> of_b{};  ///< What row kk of B was multiplied with: 2^g.
};

/// Grades drawn from the seed, |g| <= largest.
[[nodiscard]] Grades draw_grades(const Seed& seed, int largest);

}  // namespace assay
