// Whether a decoder layer's step is right: each stage, at drawn places, in a sample or everywhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "kernels/host/layer_claim.h"

namespace assay {

/// Of every stage a tile of 4 x 32 elements, a row, or a row of each gradient, drawn from the
/// challenge for step `index`; of attention also a row among the first 16 of a head, and keys among
/// its last 16, where one key more or less weighs most. The first that is wrong.
[[nodiscard]] std::optional<Mismatch> check_drawn_places(const LayerClaim& claim,
                                                         const Seed& challenge,
                                                         std::uint32_t index);

/// Rows, columns and heads of a sample, at least.
inline constexpr std::uint64_t k_sampled = 32;

/// What a layer is checked by that is too large to be computed again. Norms, their gradients and
/// copies: every element. Of each product k_sampled rows in all columns and k_sampled columns in
/// all rows: one drawn of each of k_sampled - 1 equal parts, and the last; fewer where it has no
/// more. Of attention and each of its gradients one drawn row in every equal part of every head,
/// k_sampled parts or more in all, and of every head one among its first 16, of keys its last 16.
/// So what is wrong in all rows or all columns of a stage, or in two adjoining parts of them, is
/// found; and what is wrong in a share f of the rows is missed with (1 - f)^(k_sampled - 1) at
/// most. Places are drawn from the challenge for step `index`. The first stage that is wrong;
/// `progress` as below.
[[nodiscard]] std::optional<Mismatch> check_sample(const LayerClaim& claim, const Seed& challenge,
                                                   std::uint32_t index,
                                                   const std::function<void()>& progress);

/// Every element of every stage, on all threads. The first stage that is wrong, at its first wrong
/// element. `progress`, if any, is called every now and then, by one thread at a time.
[[nodiscard]] std::optional<Mismatch> check_everywhere(const LayerClaim& claim,
                                                       const std::function<void()>& progress);

}  // namespace assay
