// The loops of decoding on CPUs with AVX-512: many queries a key head stay as fast as memory is.
#pragma once

#include "kernels/host/decode_loops.h"

namespace assay {

/// Floats of scratch that it needs.
[[nodiscard]] std::uint64_t avx512_scratch_floats(std::uint64_t queries, std::uint64_t head_dim);

/// Precondition: own_vectors() is avx512; `paired`: own_bf16_pairs(), and the type is bf16.
void decode_avx512(const DecodeStretch& stretch, bool paired);

}  // namespace assay
