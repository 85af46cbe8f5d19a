// The loops that read keys and values, for the queries of one group and one stretch of keys.
#pragma once

#include <cstdint>

#include "kernels/backend.h"

namespace assay {

inline constexpr std::uint64_t k_decode_tile =
    16;  ///< Keys at once; rows behind the last are read.

/// Queries of one group over `keys` consecutive keys. Dimensions are 64, 128 or 192.
struct DecodeStretch {
  NumberType type = NumberType::f32;  ///< Of k and v: f32 or bf16.
  std::uint64_t queries = 0, keys = 0;
  std::uint64_t head_dim = 0, value_dim = 0;
  const float* q = nullptr;  ///< queries x head_dim.
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
  float* scratch = nullptr;  ///< queries x 17 x 16, on a line of 64 bytes.
  float* maxima = nullptr;   ///< Of each query; written.
  float* sums = nullptr;     ///< Of the weights of each query; written.
  float* outputs = nullptr;  ///< queries x value_dim; written.
};

/// Does it with the widest vectors of this CPU.
void decode_stretch(const DecodeStretch& stretch);

}  // namespace assay
