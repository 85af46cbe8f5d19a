// What is no scatter from run to run: clocks, gaps, skew and the offset of a whole session.
#include <algorithm>
#include <array>

#include "harness/model/judge.h"

namespace assay {
namespace {

constexpr Natural k_billion = 1'000'000'000;

/// part / whole in parts per billion, rounded up, at most one billion.
Natural share_ppb(const Ratio& part, const Ratio& whole) {
  Natural divisor = 0;
  if (__builtin_mul_overflow(part.denominator, whole.numerator, &divisor) || divisor == 0) {
    return k_billion;
  }
  const std::array factors{part.numerator, whole.denominator, k_billion};
  Natural share = quotient_floor(factors, divisor);
  if (std::is_gt(compare_products(factors, std::array{share, divisor}))) {
    ++share;
  }
  return std::min(share, k_billion);
}

/// True where values of different items stand for one common window.
bool needs_common_window(const Clause& clause) {
  return clause.scope == Scope::system || clause.concurrent == Concurrency::all_items;
}

}  // namespace

std::uint64_t start_skew_ppb(const Contract& contract, const Clause& clause) {
  const auto& skew = contract.conditions.start_skew;
  return skew && clause.window && needs_common_window(clause)
             ? static_cast<std::uint64_t>(share_ppb(skew->base, clause.window->base))
             : 0;
}

std::uint64_t guard_band_ppb(const Contract& contract, const Clause& clause) {
  const Conditions& conditions = contract.conditions;
  Natural squares = 0;
  const auto add = [&squares](Natural share) { squares += share * share; };
  for (const auto* tolerance :
       {&conditions.block_gap, &conditions.clock_disagreement, &conditions.session_spread}) {
    if (*tolerance) {
      add(share_ppb((*tolerance)->base, Ratio{1, 1}));
    }
  }
  add(start_skew_ppb(contract, clause));
  // The smallest u with u^2 >= 4 x squares / 3.
  const Natural square = (4 * squares + 2) / 3;
  Natural band = square_root_floor(square);
  if (band * band < square) {
    ++band;
  }
  return static_cast<std::uint64_t>(std::min(band, k_billion));
}

}  // namespace assay
