// The operands of a matrix product: a few large matrices and thousands of views of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/exactness.h"
#include "kernels/host/buffer.h"

namespace assay {

[[nodiscard]] std::uint64_t bytes_of(NumberType type);

/// Factors that turn a stored operand back into its integer: by column of A, by row of B, period
/// 16. All 1 for types that are not graded.
struct Grades {
  static constexpr std::uint64_t k_period = 16;
  std::array<double, k_period> of_a{};  ///< What column kk of A was multiplied with: 2^-g.
  std::array<double, k_period> of_b{};  ///< What row kk of B was multiplied with: 2^g.
};

/// One dense row-major matrix. Owned by Operands.
struct View {
  const std::byte* data = nullptr;
  std::uint64_t rows = 0, columns = 0;
};

struct OperandPair {
  View a, b;
};

/// Four matrices for A and four for B, in two groups (see ExactOperands), each a little longer
/// than needed. A tuple is a pair out of one group, each seen through a window that begins
/// elsewhere: B some rows further down, A some elements further on. So element (i, kk) of A meets
/// another row of B in every tuple, and every product is new without a byte being generated.
///
/// The windows are dense: libraries have slower code for rows with gaps.
class Operands {
 public:
  [[nodiscard]] static Result<Operands> generate(const GemmProblem& problem,
                                                 const ExactOperands& rule, const Seed& seed);

  [[nodiscard]] static std::uint64_t bytes_needed(const GemmProblem& problem,
                                                  const ExactOperands& rule);

  [[nodiscard]] static constexpr std::uint64_t tuples() { return k_pairs * k_steps_b * k_steps_a; }

  /// Precondition: tuple < tuples().
  [[nodiscard]] OperandPair tuple(std::uint64_t index) const;

  [[nodiscard]] const Grades& grades() const { return grades_; }
  [[nodiscard]] bool graded() const { return graded_; }

 private:
  static constexpr std::uint64_t k_matrices = 4;  // Of A, and of B.
  static constexpr std::uint64_t k_pairs = 8;     // Two groups of 2 x 2.
  static constexpr std::uint64_t k_steps_a = 64;
  static constexpr std::uint64_t k_steps_b = 16;

  GemmProblem problem_;
  std::array<Buffer, k_matrices> a_, b_;
  Grades grades_;
  bool graded_ = false;
  std::uint64_t step_a_ = 0, step_b_ = 0;  // In elements.
};

}  // namespace assay
