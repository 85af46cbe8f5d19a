#include "kernels/host/decode_loops.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/decode_avx512.h"
#include "kernels/host/softmax.h"
#include "kernels/host/wide_lanes.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using lanes::Floats16;
using lanes::Halves16;
using lanes::Ints16;
using lanes::k_wide;
using lanes::load16;

static_assert(k_decode_tile % k_wide == 0);
constexpr std::uint64_t k_columns = 4;  // Vectors of an output that are summed at once.
constexpr std::uint64_t k_queries = 4;  // Queries at once: with the columns, what registers hold.

[[gnu::always_inline]] inline void read16(const float* from, Floats16& to) {
  load16(from, to);
}
[[gnu::always_inline]] inline void read16(const std::uint16_t* from, Floats16& to) {
  Halves16 halves;
  std::memcpy(&halves, from, sizeof halves);
  to = reinterpret_cast<Floats16>(__builtin_convertvector(halves, Ints16) << 16);
}

/// Lane i becomes the sum of the lanes of all[i]: pairs of neighbours are added four times.
[[gnu::always_inline]] inline void sum_lanes(std::array<Floats16, k_wide>& all) {
  for (std::uint64_t left = k_wide; left > 1; left /= 2) {
    for (std::uint64_t i = 0; i < left / 2; ++i) {
      const Floats16 a = all[2 * i];
      const Floats16 b = all[2 * i + 1];
      all[i] =
          __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
          __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    }
  }
}

/// Scores of a tile's keys: partial sums of each query and key, then their lanes added up.
template <class Stored, std::uint64_t Vectors>
[[gnu::always_inline]] inline void score_tile(const DecodeStretch& stretch, const Stored* k) {
  const float* const q = stretch.scratch + stretch.queries * (k_wide + 1) * k_wide;
  constexpr std::uint64_t k_dim = Vectors * k_wide;
  for (std::uint64_t key = 0; key < k_wide; ++key) {
    std::array<Floats16, Vectors> row{};
    for (std::uint64_t c = 0; c < Vectors; ++c) {
      read16(k + key * k_dim + c * k_wide, row[c]);
    }
    for (std::uint64_t query = 0; query < stretch.queries; ++query) {
      std::array<Floats16, 2> sums{};  // Two: an addition need not wait for the one before.
      for (std::uint64_t c = 0; c < Vectors; ++c) {
        Floats16 values;
        load16(q + query * k_dim + c * k_wide, values);
        sums[c % 2] += row[c] * values;
      }
      const Floats16 sum = sums[0] + sums[1];
      std::memcpy(stretch.scratch + (query * k_wide + key) * k_wide, &sum, sizeof sum);
    }
  }
}

/// The weights of one query's tile, of which `keys` exist; scales what was summed before.
[[gnu::always_inline]] inline void weigh_keys(const DecodeStretch& stretch, std::uint64_t query,
                                              std::uint64_t keys, float* weights) {
  std::array<Floats16, k_wide> parts{};
  std::memcpy(&parts, stretch.scratch + query * k_wide * k_wide, sizeof parts);
  sum_lanes(parts);
  Floats16 values = parts[0];
  Floats16 most = Floats16{} + k_no_maximum;
  Ints16 seen;
  lanes::lanes_before(0, keys, seen);
  lanes::take_larger(seen, values, most);
  float largest = k_no_maximum;
  for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
    largest = std::max(largest, most[lane]);
  }
  const float maximum = std::max(stretch.maxima[query], largest * lanes::k_score_scale);
  if (maximum > stretch.maxima[query]) {
    Floats16 factor = Floats16{} + (stretch.maxima[query] - maximum);
    lanes::raise_two(factor);
    stretch.maxima[query] = maximum;
    stretch.sums[query] *= factor[0];
    for (std::uint64_t c = 0; c < stretch.value_dim; ++c) {
      stretch.outputs[query * stretch.value_dim + c] *= factor[0];
    }
  }
  values = values * lanes::k_score_scale - maximum;
  lanes::raise_two(values);
  lanes::zero_where_not(seen, values);
  std::memcpy(weights, &values, sizeof values);
  float sum = 0;
  for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
    sum += values[lane];
  }
  stretch.sums[query] += sum;
}

/// Adds the weighted values of a tile to the outputs of `Queries` queries.
template <class Stored, std::uint64_t Queries>
[[gnu::always_inline]] inline void add_values(const DecodeStretch& stretch, const Stored* v,
                                              const float* weights, float* outputs) {
  for (std::uint64_t column = 0; column < stretch.value_dim; column += k_columns * k_wide) {
    std::array<std::array<Floats16, k_columns>, Queries> sums{};
    for (std::uint64_t query = 0; query < Queries; ++query) {
      std::memcpy(&sums[query], outputs + query * stretch.value_dim + column, sizeof sums[query]);
    }
    for (std::uint64_t part = 0; part < k_wide * k_columns; ++part) {
      const std::uint64_t key = part / k_columns;
      const std::uint64_t c = part % k_columns;
      Floats16 values;
      read16(v + key * stretch.value_dim + column + c * k_wide, values);
      for (std::uint64_t query = 0; query < Queries; ++query) {
        sums[query][c] += values * weights[query * k_wide + key];
      }
    }
    for (std::uint64_t query = 0; query < Queries; ++query) {
      std::memcpy(outputs + query * stretch.value_dim + column, &sums[query], sizeof sums[query]);
    }
  }
}

template <class Stored, std::uint64_t Vectors>
[[gnu::always_inline]] inline void decode(const DecodeStretch& stretch) {
  const auto* const k = static_cast<const Stored*>(static_cast<const void*>(stretch.k));
  const auto* const v = static_cast<const Stored*>(static_cast<const void*>(stretch.v));
  float* const weights = stretch.scratch + stretch.queries * k_wide * k_wide;
  read_queries(stretch, weights + stretch.queries * k_wide);
  std::fill_n(stretch.maxima, stretch.queries, k_no_maximum);
  std::fill_n(stretch.sums, stretch.queries, 0.0F);
  std::fill_n(stretch.outputs, stretch.queries * stretch.value_dim, 0.0F);
  for (std::uint64_t key = 0; key < stretch.keys; key += k_wide) {
    score_tile<Stored, Vectors>(stretch, k + key * stretch.head_dim);
    for (std::uint64_t query = 0; query < stretch.queries; ++query) {
      weigh_keys(stretch, query, std::min(stretch.keys - key, k_wide), weights + query * k_wide);
    }
    const Stored* const values = v + key * stretch.value_dim;
    std::uint64_t query = 0;
    for (; query + k_queries <= stretch.queries; query += k_queries) {
      add_values<Stored, k_queries>(stretch, values, weights + query * k_wide,
                                    stretch.outputs + query * stretch.value_dim);
    }
    for (; query < stretch.queries; ++query) {
      add_values<Stored, 1>(stretch, values, weights + query * k_wide,
                            stretch.outputs + query * stretch.value_dim);
    }
  }
}

template <class Stored>
[[gnu::always_inline]] inline void decode_any(const DecodeStretch& stretch) {
  switch (stretch.head_dim) {
    case 64: decode<Stored, 4>(stretch); break;
    case 128: decode<Stored, 8>(stretch); break;
    default: decode<Stored, 12>(stretch); break;
  }
}

template <class Stored>
[[gnu::target("avx2,fma")]] void decode_avx2(const DecodeStretch& stretch) {
  decode_any<Stored>(stretch);
}

template <class Stored>
void decode_with(const DecodeStretch& stretch, DecodeLoops loops) {
  switch (loops) {
    case DecodeLoops::avx512_bf16: decode_avx512(stretch, true); break;
    case DecodeLoops::avx512: decode_avx512(stretch, false); break;
    case DecodeLoops::avx2: decode_avx2<Stored>(stretch); break;
    case DecodeLoops::sse2: decode_any<Stored>(stretch); break;
  }
}

}  // namespace

std::uint64_t decode_scratch_floats(std::uint64_t queries, std::uint64_t head_dim) {
  return std::max(queries * ((k_wide + 1) * k_wide + head_dim),
                  avx512_scratch_floats(queries, head_dim));
}

std::string_view name_of(DecodeLoops loops) {
  switch (loops) {
    case DecodeLoops::sse2: return "sse2";
    case DecodeLoops::avx2: return "avx2";
    case DecodeLoops::avx512: return "avx512";
    case DecodeLoops::avx512_bf16: return "avx512_bf16";
  }
  return "";
}

std::vector<DecodeLoops> decode_loops(NumberType type) {
  std::vector<DecodeLoops> loops{DecodeLoops::sse2};
  if (own_vectors() >= Vectors::avx2) {
    loops.push_back(DecodeLoops::avx2);
  }
  if (own_vectors() == Vectors::avx512) {
    loops.push_back(DecodeLoops::avx512);
    if (type == NumberType::bf16 && static_cast<bool>(__builtin_cpu_supports("avx512bf16"))) {
      loops.push_back(DecodeLoops::avx512_bf16);
    }
  }
  return loops;
}

void decode_stretch(const DecodeStretch& stretch, DecodeLoops loops) {
  if (stretch.type == NumberType::bf16) {
    decode_with<std::uint16_t>(stretch, loops);
  } else {
    decode_with<float>(stretch, loops);
  }
}

void read_queries(const DecodeStretch& stretch, float* to) {
  const std::uint64_t element = bytes_of(stretch.type);
  for (std::uint64_t i = 0; i < stretch.queries * stretch.head_dim; ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, stretch.q + i * element, element);
    to[i] = static_cast<float>(value_of_bits(stretch.type, bits));
  }
}

}  // namespace assay
