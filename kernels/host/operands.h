// The operands of a matrix product: a few large matrices and thousands of views of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/exactness.h"
#include "kernels/host/buffer.h"
#include "kernels/operand_plan.h"

namespace assay {

/// One dense row-major matrix. Owned by Operands.
struct View {
  const std::byte* data = nullptr;
  std::uint64_t rows = 0, columns = 0;
};

struct OperandPair {
  View a, b;
};

/// The matrices of operand_plan.h, each a little longer than needed: a window of B begins some rows
/// further down, one of A some elements further on. The windows are dense: libraries have slower
/// code for rows with gaps.
class Operands {
 public:
  [[nodiscard]] static Result<Operands> generate(const GemmProblem& problem,
                                                 const ExactOperands& rule, const Seed& seed);

  [[nodiscard]] static std::uint64_t bytes_needed(const GemmProblem& problem,
                                                  const ExactOperands& rule);

  [[nodiscard]] static constexpr std::uint64_t tuples() { return k_tuples; }

  /// Precondition: tuple < tuples().
  [[nodiscard]] OperandPair tuple(std::uint64_t index) const;

  [[nodiscard]] const Grades& grades() const { return grades_; }
  [[nodiscard]] bool graded() const { return graded_; }

 private:
  GemmProblem problem_;
  std::array<Buffer, k_operand_matrices> a_, b_;
  Grades grades_;
  bool graded_ = false;
  std::uint64_t step_a_ = 0, step_b_ = 0;  // In elements.
};

}  // namespace assay
