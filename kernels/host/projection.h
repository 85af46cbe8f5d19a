// Exact products of a large matrix with a few vectors: one pass over the matrix, all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/model/result.h"
#include "kernels/backend.h"
#include "kernels/product_checks.h"

namespace assay {

/// A dense row-major matrix whose elements stand for integers.
struct IntegerMatrix {
  NumberType type = NumberType::f32;
  bool output = false;  ///< Its elements are checked to be integers of at most `most`.
  const std::byte* data = nullptr;
  std::uint64_t rows = 0, columns = 0;
  std::span<const double> row_grades, column_grades;  ///< See Grades; empty: none.
  double most = 0;  ///< Bound of the elements' magnitude as integers.
};

/// x[round * columns + j], |x| < 2^53.
struct Factors {
  std::uint32_t rounds = 0;
  std::vector<std::int64_t> x;
};

struct Projected {
  std::vector<std::int64_t> sums;  ///< sums[round * rows + i] = sum of M[i][j] x_round[j] mod 2^64.
  std::vector<std::uint8_t> bad;   ///< 1 where row i holds an element that is no such integer.
};

/// Fails with unsupported if the sums would not be exact; f64 is computed modulo 2^64 and never
/// fails. Precondition: factors.rounds is rounds_of() the type; type is no output of bf16.
[[nodiscard]] Result<Projected> project(const IntegerMatrix& matrix, const Factors& factors);

}  // namespace assay
