// The operands of a matrix product on the device. See kernels/operand_plan.h.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/elements.h"
#include "kernels/cuda/least_work.h"
#include "kernels/exactness.h"
#include "kernels/operand_plan.h"

namespace assay::cuda {

/// Filling a matrix: every byte written once; for each element a number drawn, some 60 instructions
/// to round it, and of those f64 for what is graded.
[[nodiscard]] constexpr LeastWork least_of_operand(double elements, double bytes) {
  return {.bytes = bytes,
          .instructions = (k_draw_instructions + 60) * elements,
          .doubles = 2 * elements};
}

/// An operand with k contiguous: A as m rows, B as n columns, `leading` elements apart.
struct OperandView {
  const std::byte* data = nullptr;
  Scales scales;  ///< Of what is seen: they do not move with the window.
};
struct OperandPair {
  OperandView a, b;
};

/// Windows begin 128 bytes apart in B and 16 times as far in A, so that no two tuples of a pair of
/// matrices have the same distance between theirs: with equal distances almost all terms of a sum
/// would be those of another tuple.
class Operands {
 public:
  static constexpr std::uint64_t k_alignment = 128;  ///< Bytes; of every row and window.

  /// Fills them on `stream`; fails as check() does.
  [[nodiscard]] static Result<Operands> generate(const GemmProblem& problem,
                                                 const ExactOperands& rule, const Seed& seed,
                                                 cudaStream_t stream);

  [[nodiscard]] static std::uint64_t bytes_needed(const GemmProblem& problem);
  /// Elements from row to row.
  [[nodiscard]] static std::uint64_t leading_of(const GemmProblem& problem);

  /// Precondition: tuple < k_tuples.
  [[nodiscard]] OperandPair tuple(std::uint64_t index) const;
  [[nodiscard]] const Grades& grades() const { return grades_; }

 private:
  std::array<DeviceBuffer, k_operand_matrices> a_, b_;
  std::array<DeviceBuffer, k_operand_matrices> a_scales_, b_scales_;  // Where the type has them.
  std::uint64_t tiles_along_ = 0;
  Grades grades_;
};

}  // namespace assay::cuda
