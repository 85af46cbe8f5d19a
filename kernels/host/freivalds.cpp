#include "kernels/host/freivalds.h"

#include <algorithm>
#include <utility>

#include "kernels/host/projection.h"

namespace assay {

Result<std::optional<std::uint64_t>> first_wrong_row(const ProductClaim& claim,
                                                     const Keyed& challenge) {
  const GemmProblem& problem = claim.problem;
  const std::uint32_t rounds = rounds_of(problem.output);
  const Factors x{.rounds = rounds, .x = draw_factors(challenge, rounds, problem.n)};
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
