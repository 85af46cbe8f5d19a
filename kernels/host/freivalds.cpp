#include "kernels/host/freivalds.h"

#include <algorithm>
#include <utility>

#include "kernels/host/host_type.h"
#include "kernels/host/projection.h"

namespace assay {
namespace {

constexpr std::uint64_t k_values = std::uint64_t{1} << 15U;  // Of each x_j: -2^14 .. 2^14 - 1.

Factors draw_factors(const Keyed& challenge, std::uint32_t rounds, std::uint64_t columns) {
  Factors factors{.rounds = rounds, .x = std::vector<std::int64_t>(rounds * columns)};
  for (std::uint64_t i = 0; i < factors.x.size(); ++i) {
    factors.x[i] = static_cast<std::int64_t>(challenge(i) % k_values) -
                   static_cast<std::int64_t>(k_values / 2);
  }
  return factors;
}

/// The largest magnitude that a right output can have and its type still holds exactly.
double most_output(const GemmProblem& problem) {
  switch (host_type(problem.output)) {
    case HostType::f64: return 9007199254740992.0;  // 2^53
    case HostType::s32: return 16129.0 * static_cast<double>(problem.k);
    case HostType::f32:
    case HostType::bf16:
    case HostType::s8: break;
  }
  return 16777216.0;  // 2^24
}

}  // namespace

Result<std::optional<std::uint64_t>> first_wrong_row(const ProductClaim& claim,
                                                     const Keyed& challenge) {
  const GemmProblem& problem = claim.problem;
  const std::uint32_t rounds = problem.output == NumberType::f64 ? k_rounds_f64 : k_rounds;
  const Factors x = draw_factors(challenge, rounds, problem.n);
  IntegerMatrix a{.type = problem.input,
                  .data = claim.operands.a.data,
                  .rows = problem.m,
                  .columns = problem.k,
                  .column_grades = claim.grades->of_a,
                  .most = static_cast<double>(std::max(claim.rule->a[0], claim.rule->a[1]))};
  IntegerMatrix b{.type = problem.input,
                  .data = claim.operands.b.data,
                  .rows = problem.k,
                  .columns = problem.n,
                  .row_grades = claim.grades->of_b,
                  .most = static_cast<double>(std::max(claim.rule->b[0], claim.rule->b[1]))};
  const IntegerMatrix c{.type = problem.output,
                        .output = true,
                        .data = claim.c,
                        .rows = problem.m,
                        .columns = problem.n,
                        .most = most_output(problem)};
  auto bx = project(b, x);
  auto cx = project(c, x);
  if (!bx || !cx) {
    return bx ? cx.error() : bx.error();
  }
  auto abx = project(a, Factors{.rounds = rounds, .x = std::move(bx->sums)});
  if (!abx) {
    return abx.error();
  }
  std::optional<std::uint64_t> first;
  for (std::uint64_t row = problem.m; row-- > 0;) {
    bool wrong = cx->bad[row] != 0;
    for (std::uint64_t r = 0; r < rounds; ++r) {
      wrong |= cx->sums[r * problem.m + row] != abx->sums[r * problem.m + row];
    }
    if (wrong) {
      first = row;
    }
  }
  return first;
}

}  // namespace assay
