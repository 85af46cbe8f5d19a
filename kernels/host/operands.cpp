#include "kernels/host/operands.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"
#include "kernels/keyed.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_line = 64;  // Bytes; where vectors are aligned and lines begin.

std::uint64_t step_of_a(const GemmProblem& problem, bool graded) {
  if (!graded) {
    return k_line / bytes_of(problem.input);
  }
  // Column kk must keep its grade: whole periods of columns, or whole rows.
  return problem.k % Grades::k_period == 0 ? Grades::k_period : Grades::k_period * problem.k;
}

std::uint64_t step_of_b(const GemmProblem& problem, bool graded) {
  const std::uint64_t row = problem.n * bytes_of(problem.input);
  return problem.n * (graded ? Grades::k_period : k_line / std::gcd(k_line, row));
}

struct Filling {
  Keyed draw;
  std::uint64_t amplitude = 0;
  std::uint64_t elements = 0;
  std::uint64_t grade_divisor = 1;  // Element f has the grade (f / divisor % modulus) % 16.
  std::uint64_t grade_modulus = 1;
};

Result<Buffer> filled(NumberType type, const Filling& filling,
                      const std::array<double, Grades::k_period>& grades) {
  auto buffer = Buffer::of_bytes(filling.elements * bytes_of(type));
  if (!buffer) {
    return buffer;
  }
  std::byte* const data = buffer->data();
  parallel_ranges(filling.elements, 1U << 14U, [&](std::uint64_t first, std::uint64_t last) {
    // Counted along instead of divided anew: that would cost more than the drawing.
    std::uint64_t line = first / filling.grade_divisor % filling.grade_modulus;
    std::uint64_t in_line = first % filling.grade_divisor;
    for (std::uint64_t f = first; f < last; ++f) {
      const auto integer = static_cast<double>(filling.draw.nonzero(f, filling.amplitude));
      store_element(type, data, f, integer * grades[line % Grades::k_period]);
      if (++in_line == filling.grade_divisor) {
        in_line = 0;
        line = line + 1 == filling.grade_modulus ? 0 : line + 1;
      }
    }
  });
  return buffer;
}

}  // namespace

std::uint64_t Operands::bytes_needed(const GemmProblem& problem, const ExactOperands& rule) {
  const bool graded = rule.largest_grade != 0;
  const std::uint64_t a = problem.m * problem.k + (k_windows_a - 1) * step_of_a(problem, graded);
  const std::uint64_t b = problem.k * problem.n + (k_windows_b - 1) * step_of_b(problem, graded);
  return k_operand_matrices * (a + b) * bytes_of(problem.input);
}

Result<Operands> Operands::generate(const GemmProblem& problem, const ExactOperands& rule,
                                    const Seed& seed) {
  Operands made;
  made.problem_ = problem;
  made.graded_ = rule.largest_grade != 0;
  made.grades_ = draw_grades(seed, rule.largest_grade);
  made.step_a_ = step_of_a(problem, made.graded_);
  made.step_b_ = step_of_b(problem, made.graded_);
  for (std::uint64_t i = 0; i < k_operand_matrices; ++i) {
    const std::size_t group = i / 2;
    auto a = filled(problem.input,
                    {.draw = Keyed(seed, k_a_stream + i),
                     .amplitude = rule.a.at(group),
                     .elements = problem.m * problem.k + (k_windows_a - 1) * made.step_a_,
                     .grade_divisor = 1,
                     .grade_modulus = problem.k},
                    made.grades_.of_a);
    auto b = filled(problem.input,
                    {.draw = Keyed(seed, k_b_stream + i),
                     .amplitude = rule.b.at(group),
                     .elements = problem.k * problem.n + (k_windows_b - 1) * made.step_b_,
                     .grade_divisor = problem.n,
                     .grade_modulus = Grades::k_period},
                    made.grades_.of_b);
    if (!a || !b) {
      return a ? b.error() : a.error();
    }
    made.a_.at(i) = std::move(*a);
    made.b_.at(i) = std::move(*b);
  }
  return made;
}

OperandPair Operands::tuple(std::uint64_t index) const {
  const TuplePlace place = place_of(index);
  const std::uint64_t element = bytes_of(problem_.input);
  const std::byte* const a = a_.at(place.matrix_a).data() + place.window_a * step_a_ * element;
  const std::byte* const b = b_.at(place.matrix_b).data() + place.window_b * step_b_ * element;
  return {.a = {a, problem_.m, problem_.k}, .b = {b, problem_.k, problem_.n}};
}

}  // namespace assay
