#include "kernels/operand_plan.h"

#include <cmath>

#include "kernels/keyed.h"

namespace assay {
namespace {

constexpr std::uint64_t k_grade_stream = 1;

}  // namespace

Grades draw_grades(const Seed& seed, int largest) {
  const Keyed draw(seed, k_grade_stream);
  Grades grades;
  for (std::size_t i = 0; i < Grades::k_period; ++i) {
    const auto range = 2 * static_cast<std::uint64_t>(largest) + 1;
    const int grade = static_cast<int>(draw.below(i, range)) - largest;
    grades.of_a.at(i) = std::ldexp(1.0, -grade);
    grades.of_b.at(i) = std::ldexp(1.0, grade);
  }
  return grades;
}

}  // namespace assay
