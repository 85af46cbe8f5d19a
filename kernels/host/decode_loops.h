// The loops that read keys and values, for the queries of one group and one stretch of keys.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/backend.h"

namespace assay {

/// Keys at once; rows behind the last are read.
inline constexpr std::uint64_t k_decode_tile = 16;

/// Queries of one group over `keys` consecutive keys. Dimensions are 64, 128 or 192.
struct DecodeStretch {
  NumberType type = NumberType::f32;  ///< Of q, k and v: f32 or bf16.
  std::uint64_t queries = 0, keys = 0;
  std::uint64_t head_dim = 0, value_dim = 0;
  const std::byte* q = nullptr;  ///< queries x head_dim.
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
  float* scratch = nullptr;  ///< decode_scratch_floats, on a line of 64 bytes.
  float* maxima = nullptr;   ///< Of each query, in bits (powers of two); written.
  float* sums = nullptr;     ///< Of the weights of each query; written.
  float* outputs = nullptr;  ///< queries x value_dim; written.
};

/// Whole lines of 64 bytes.
[[nodiscard]] std::uint64_t decode_scratch_floats(std::uint64_t queries, std::uint64_t head_dim);

/// Which instructions; avx512_bf16 multiplies bf16 as it is stored, and so rounds weights to it.
enum class DecodeLoops { sse2, avx2, avx512, avx512_bf16 };
[[nodiscard]] std::string_view name_of(DecodeLoops loops);

/// Those this CPU has for the type, the fastest last.
[[nodiscard]] std::vector<DecodeLoops> decode_loops(NumberType type);

/// Precondition: decode_loops has these.
void decode_stretch(const DecodeStretch& stretch, DecodeLoops loops);

/// The queries of a stretch as f32.
void read_queries(const DecodeStretch& stretch, float* to);

}  // namespace assay
