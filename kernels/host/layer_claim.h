// What a decoder layer's step claims to have computed, and how far from the exact result of what it
// says it read each stage may lie.
//
// Every stage is held against the double-precision result of that stage applied to what stands in
// memory as its input; x, dy and the weights are drawn from the seed. So errors don't add up from
// stage to stage, and a stage that is skipped, stale or computed from something else is off by
// itself. Bounds are for any order of summation, with u = 2^-24 of f32 and g(n) = n u / (1 - n u)
// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, lemmas 3.1 and 8.4, and
// Cauchy-Schwarz); t is that of the type in which a result is stored, 2^-8 for bf16:
//
//     a product of k terms    g(k + 1) |a| |b|, |.| the root of the sum of squares
//     norm, of h columns      g(h + 8) |value|
//     norm', with a residual  g(3 h + 32) (r |g| + |x| r^3 mean |x g|), r = 1 / rms
//     a copy                  0
//     attention               kernels/host/layer_attention.h
//
// A result is right if it is within its bound, rounded once to its type: t |value|.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/backend.h"
#include "kernels/host/double_block.h"
#include "kernels/host/layer_operands.h"
#include "kernels/transformer_plan.h"

namespace assay {

/// g(n).
[[nodiscard]] constexpr double rounding_bound(std::uint64_t roundings) {
  constexpr double k_unit = 0x1p-24;
  const double n = static_cast<double>(roundings) * k_unit;
  return n / (1 - n);
}
/// So that it means something: n u is at most 1/4.
inline constexpr std::uint64_t k_most_terms = std::uint64_t{1} << 22U;

struct LayerClaim {
  const TransformerProblem* problem = nullptr;
  const LayerPlaces* places = nullptr;
  LayerViews operands;
  const std::byte* slot = nullptr;

  [[nodiscard]] StoredMatrix matrix(LayerArray array, bool turned = false) const;
  /// A matrix of rows tokens, or of weights.
  [[nodiscard]] StoredMatrix operand(const std::byte* data, std::uint64_t rows,
                                     std::uint64_t columns, bool turned = false) const;
};

/// What must stand at a place: a number, and how far what was computed before it was rounded may be
/// from it.
struct LayerElement {
  LayerArray array = LayerArray::n1;
  std::uint64_t row = 0, column = 0;
  double expected = 0, bound = 0;
  bool copied = false;  ///< Nothing was computed, and nothing rounded.
};
/// Nothing if it does. Not a number is never right.
[[nodiscard]] std::optional<Mismatch> compare(const LayerClaim& claim, const LayerElement& element);

}  // namespace assay
