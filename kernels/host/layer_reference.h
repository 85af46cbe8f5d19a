// Whether a decoder layer's step is right: each stage, at drawn places or everywhere.
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

/// Every element of every stage, on all threads. The first stage that is wrong, at its first wrong
/// element. `progress`, if any, is called every now and then, by one thread at a time.
[[nodiscard]] std::optional<Mismatch> check_everywhere(const LayerClaim& claim,
                                                       const std::function<void()>& progress);

}  // namespace assay
