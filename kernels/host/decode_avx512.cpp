// Up to 8 queries at once, so that what is read of a key serves all of them in registers. Scores
// and weights stand as [key][query]: sixteen of them fill a vector, whose lanes are 16 keys of a
// query or 2 keys of 8, and only the maximum of a tile has to look across them.
#include "kernels/host/decode_avx512.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "kernels/host/softmax.h"
#include "kernels/host/wide_lanes.h"
#include "kernels/number_bits.h"

#define ASSAY_AVX512 gnu::target("avx512f,avx512dq,avx512vl,avx512bw")
#define ASSAY_AVX512_INLINE ASSAY_AVX512, gnu::always_inline

namespace assay {
namespace {

using lanes::Floats16;
using lanes::k_wide;

// GCC 12 takes what the unmasked intrinsics leave undefined for a mistake.
constexpr __mmask16 k_all = 0xFFFF;
constexpr __mmask32 k_all_halves = 0xFFFFFFFF;

constexpr std::uint64_t k_most_queries = 8;  // At once.
constexpr std::uint64_t k_columns = 32;      // Of values: two vectors of sums.
constexpr std::uint64_t k_tiles_ahead = 2;   // What is asked for: 8 KiB of K and of V in bf16.
constexpr std::uint64_t k_line = 64;
constexpr std::uint64_t k_unit =
    8;  // Bytes of a key that eight queries are multiplied with at once.
constexpr std::uint64_t k_tile_scores = k_decode_tile * k_most_queries;
static_assert(k_decode_tile % k_wide == 0);

[[ASSAY_AVX512_INLINE]] inline __m512 load(const void* from) {
  return _mm512_loadu_ps(from);
}

/// Asks for a line of a tile to come, one after the other as they lie in memory: the hardware's own
/// fetching pauses while a tile is worked on. Harmless behind the end.
template <std::uint64_t Bytes>
[[ASSAY_AVX512_INLINE]] inline void fetch(const std::byte*& ahead) {
#pragma GCC unroll 16
  for (std::uint64_t i = 0; i < Bytes; i += k_line) {
    _mm_prefetch(static_cast<const void*>(ahead + i), _MM_HINT_T0);
  }
  ahead += Bytes;
}

struct TwoVectors {
  __m512 low, high;
};

/// How numbers are multiplied: what is stored, what a query and a weight become, how many keys'
/// values one multiplication takes, and whether eight queries are turned: in f32, with twice as
/// many multiplications a key, adding lanes up takes less than that.
struct F32Products {
  static constexpr std::uint64_t k_bytes = 4;        // Of an element of K and V.
  static constexpr std::uint64_t k_query_bytes = 4;  // Of one of a query here.
  static constexpr std::uint64_t k_elements = 16;    // Of a row, in a vector.
  static constexpr std::uint64_t k_keys = 1;
  static constexpr bool k_turned = false;

  [[ASSAY_AVX512_INLINE]] static __m512 row(const std::byte* from) { return load(from); }
  [[ASSAY_AVX512_INLINE]] static TwoVectors values(const std::byte* from, std::uint64_t /*next*/) {
    return {row(from), row(from + k_elements * k_bytes)};
  }
  [[ASSAY_AVX512_INLINE]] static __m512 add(__m512 sums, __m512 a, __m512 b) {
    return _mm512_fmadd_ps(a, b, sums);
  }
  [[ASSAY_AVX512_INLINE]] static TwoVectors in_order(TwoVectors sums) { return sums; }
};

struct Bf16Products : F32Products {
  static constexpr std::uint64_t k_bytes = 2;

  [[ASSAY_AVX512_INLINE]] static __m512 row(const std::byte* from) {
    const __m256i halves =
        _mm256_loadu_si256(static_cast<const __m256i_u*>(static_cast<const void*>(from)));
    return _mm512_castsi512_ps(
        _mm512_maskz_slli_epi32(k_all, _mm512_maskz_cvtepu16_epi32(k_all, halves), 16));
  }
  [[ASSAY_AVX512_INLINE]] static TwoVectors values(const std::byte* from, std::uint64_t /*next*/) {
    return {row(from), row(from + k_elements * k_bytes)};
  }
};

/// vdpbf16ps: two products a lane, of two columns of a key or of the values of two keys.
struct Bf16Pairs {
  static constexpr std::uint64_t k_bytes = 2;
  static constexpr std::uint64_t k_query_bytes = 2;
  static constexpr std::uint64_t k_elements = 32;
  static constexpr std::uint64_t k_keys = 2;
  static constexpr bool k_turned = true;

  [[ASSAY_AVX512_INLINE]] static __m512 row(const std::byte* from) { return load(from); }
  /// Neighbours of the two keys: columns 0 to 3 of each eight, and 4 to 7.
  [[ASSAY_AVX512_INLINE]] static TwoVectors values(const std::byte* from, std::uint64_t next) {
    const __m512i a = _mm512_castps_si512(load(from));
    const __m512i b = _mm512_castps_si512(load(from + next));
    return {_mm512_castsi512_ps(_mm512_maskz_unpacklo_epi16(k_all_halves, a, b)),
            _mm512_castsi512_ps(_mm512_maskz_unpackhi_epi16(k_all_halves, a, b))};
  }
  /// In assembler, since functions that may not use it everywhere cannot inline the intrinsic.
  [[ASSAY_AVX512_INLINE]] static __m512 add(__m512 sums, __m512 a, __m512 b) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(a), "vm"(b));
    return sums;
  }
  [[ASSAY_AVX512_INLINE]] static TwoVectors in_order(TwoVectors sums) {
    const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i last =
        _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
    return {_mm512_permutex2var_ps(sums.low, first, sums.high),
            _mm512_permutex2var_ps(sums.low, last, sums.high)};
  }
};

/// Queries that are worked on at once, and what was found for them.
struct QueryBlock {
  const std::byte* q = nullptr;  // As the products want them.
  float* maxima = nullptr;       // Of each lane: its query's.
  float* sums = nullptr;         // Of each lane.
  float* outputs = nullptr;      // Rows of value_dim; columns as the products leave them.
};

struct Tile {
  const std::byte* k = nullptr;
  const std::byte* v = nullptr;
  std::uint64_t keys = 0;  // That exist.
};

/// What a tile needs in between.
struct TileMemory {
  alignas(64) std::array<float, k_tile_scores> weights;  // Scores first.
  alignas(64) std::array<float, k_wide> factors;         // Of what was summed before.
};

constexpr std::array<std::uint64_t, k_wide> k_folded{0, 2, 1, 3, 8,  10, 9,  11,
                                                     4, 6, 5, 7, 12, 14, 13, 15};

/// Lane i becomes the sum of the lanes of all[k_folded[i]].
[[ASSAY_AVX512_INLINE]] inline __m512 sums_of_lanes(std::array<Floats16, k_wide>& all) {
#pragma GCC unroll 16
  for (std::uint64_t i = 0; i < 8; ++i) {
    all[i] = _mm512_maskz_shuffle_f32x4(k_all, all[i], all[i + 8], 0x44) +
             _mm512_maskz_shuffle_f32x4(k_all, all[i], all[i + 8], 0xEE);
  }
#pragma GCC unroll 16
  for (std::uint64_t i = 0; i < 4; ++i) {
    all[i] = _mm512_maskz_shuffle_f32x4(k_all, all[i], all[i + 4], 0x88) +
             _mm512_maskz_shuffle_f32x4(k_all, all[i], all[i + 4], 0xDD);
  }
#pragma GCC unroll 16
  for (std::uint64_t i = 0; i < 2; ++i) {
    all[i] = _mm512_maskz_shuffle_ps(k_all, all[i], all[i + 2], 0x44) +
             _mm512_maskz_shuffle_ps(k_all, all[i], all[i + 2], 0xEE);
  }
  return _mm512_maskz_shuffle_ps(k_all, all[0], all[1], 0x88) +
         _mm512_maskz_shuffle_ps(k_all, all[0], all[1], 0xDD);
}

template <class Products, std::uint64_t Queries>
[[ASSAY_AVX512_INLINE]] inline void score_tile(const DecodeStretch& stretch,
                                               const QueryBlock& block, const Tile& tile,
                                               TileMemory& memory) {
  constexpr std::uint64_t k_keys = k_wide / Queries;
  const std::uint64_t row = stretch.head_dim * Products::k_bytes;
  const std::uint64_t query_row = stretch.head_dim * Products::k_query_bytes;
  const std::byte* ahead = tile.k + k_tiles_ahead * k_decode_tile * row;
  for (std::uint64_t key = 0; key < k_decode_tile; key += k_keys) {
    std::array<Floats16, k_wide> sums{};
    const std::byte* k = tile.k + key * row;
    const std::byte* q = block.q;
    for (std::uint64_t c = 0; c < stretch.head_dim; c += Products::k_elements) {
      std::array<Floats16, Queries> queries{};
#pragma GCC unroll 16
      for (std::uint64_t query = 0; query < Queries; ++query) {
        queries[query] = load(q + query * query_row);
      }
      fetch<k_keys * Products::k_elements * Products::k_bytes>(ahead);
#pragma GCC unroll 16
      for (std::uint64_t lane = 0; lane < k_wide; ++lane) {
        Floats16& sum = sums[k_folded[lane]];
        sum = Products::add(sum, queries[lane % Queries], Products::row(k + lane / Queries * row));
      }
      k += Products::k_elements * Products::k_bytes;
      q += Products::k_elements * Products::k_query_bytes;
    }
    _mm512_store_ps(&memory.weights[key * Queries], sums_of_lanes(sums));
  }
}

/// Eight queries that stand turned (turn_queries): lanes 2 i and 2 i + 1 are query i, and 8 bytes
/// of a key go to all of them, so that lanes are added up only once.
template <class Products, std::uint64_t HeadDim>
[[ASSAY_AVX512_INLINE]] inline void score_eight(const QueryBlock& block, const Tile& tile,
                                                TileMemory& memory) {
  constexpr std::uint64_t k_row = HeadDim * Products::k_bytes;
  const std::byte* ahead = tile.k + k_tiles_ahead * k_decode_tile * k_row;
  for (std::uint64_t first = 0; first < k_decode_tile; first += k_wide) {
    std::array<Floats16, k_wide> sums{};
    const std::byte* const k = tile.k + first * k_row;
    for (std::uint64_t byte = 0; byte < k_row; byte += k_unit) {
      const __m512 queries = load(block.q + byte * k_most_queries);
      fetch<k_wide * k_unit>(ahead);
#pragma GCC unroll 16
      for (std::uint64_t key = 0; key < k_wide; ++key) {
        const __m128d unit = _mm_load_sd(
            static_cast<const double*>(static_cast<const void*>(k + key * k_row + byte)));
        sums[key] = Products::add(
            sums[key], queries, _mm512_castpd_ps(_mm512_maskz_broadcastsd_pd(k_all & 0xFF, unit)));
      }
    }
    const __m512i order = _mm512_setr_epi32(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
#pragma GCC unroll 8
    for (std::uint64_t key = 0; key < k_wide; key += 2) {
      const __m512 both = _mm512_maskz_shuffle_ps(k_all, sums[key], sums[key + 1], 0x88) +
                          _mm512_maskz_shuffle_ps(k_all, sums[key], sums[key + 1], 0xDD);
      _mm512_store_ps(&memory.weights[(first + key) * k_most_queries],
                      _mm512_maskz_permutexvar_ps(k_all, order, both));
    }
  }
}

/// Lanes of the same query, `Queries` apart, become the largest of them.
template <std::uint64_t Queries>
[[ASSAY_AVX512_INLINE]] inline __m512 largest_of_query(__m512 scores) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#pragma GCC unroll 4
  for (std::uint64_t apart = Queries; apart < k_wide; apart *= 2) {
    const __m512i other = _mm512_xor_si512(lane, _mm512_set1_epi32(static_cast<int>(apart)));
    scores = _mm512_maskz_max_ps(k_all, scores, _mm512_maskz_permutexvar_ps(k_all, other, scores));
  }
  return scores;
}

/// Weights as the products want them, in place.
template <std::uint64_t Queries>
[[ASSAY_AVX512_INLINE]] inline void pair_up(TileMemory& memory) {
  // Pair j of a query: its weights of keys 2 j and 2 j + 1.
  alignas(32) std::array<std::uint16_t, k_wide> places{};
#pragma GCC unroll 16
  for (std::uint64_t i = 0; i < k_wide; ++i) {
    const std::uint64_t key = i / 2 / Queries * 2 + i % 2;
    places[i] = static_cast<std::uint16_t>(key * Queries + i / 2 % Queries);
  }
  __m256i order;
  std::memcpy(&order, places.data(), sizeof order);
  for (std::uint64_t i = 0; i < k_decode_tile * Queries; i += k_wide) {
    lanes::Halves16 halves;
    lanes::to_bf16(reinterpret_cast<Floats16>(_mm512_load_ps(&memory.weights[i])), halves);
    const __m256i pairs = _mm256_permutexvar_epi16(order, reinterpret_cast<__m256i>(halves));
    std::memcpy(&memory.weights[i / 2], &pairs, sizeof pairs);
  }
}

template <std::uint64_t Queries>
[[ASSAY_AVX512_INLINE]] inline void weigh_tile(const QueryBlock& block, const Tile& tile,
                                               TileMemory& memory) {
  __m512 most = _mm512_set1_ps(k_no_maximum);
  const __m512 none = most;
  for (std::uint64_t i = 0; i < k_decode_tile * Queries; i += k_wide) {
    const std::uint64_t seen =
        std::min(tile.keys * Queries - std::min(tile.keys * Queries, i), k_wide);
    const auto mask = static_cast<__mmask16>((1U << seen) - 1);
    const __m512 scores =
        _mm512_mask_blend_ps(mask, none, _mm512_load_ps(&memory.weights[i]) * lanes::k_score_scale);
    _mm512_store_ps(&memory.weights[i], scores);
    most = _mm512_maskz_max_ps(k_all, most, scores);
  }
  most = largest_of_query<Queries>(most);
  const __m512 before = _mm512_load_ps(block.maxima);
  const __m512 maxima = _mm512_maskz_max_ps(k_all, most, before);
  Floats16 factors = before - maxima;
  lanes::raise_two(factors);
  __m512 sums = _mm512_load_ps(block.sums) * factors;
  for (std::uint64_t i = 0; i < k_decode_tile * Queries; i += k_wide) {
    Floats16 weights = _mm512_load_ps(&memory.weights[i]) - maxima;
    lanes::raise_two(weights);
    sums += weights;
    _mm512_store_ps(&memory.weights[i], weights);
  }
  _mm512_store_ps(block.maxima, maxima);
  _mm512_store_ps(block.sums, sums);
  _mm512_store_ps(memory.factors.data(), factors);
}

/// Adds the weighted values of a tile: `Blocks` times 32 columns from `column` on. Four loops in
/// one function: GCC 12 keeps sums that are handed to another one in memory, a tenth slower.
template <class Products, std::uint64_t Queries, std::uint64_t Blocks>
// NOLINTNEXTLINE(readability-function-size): see above
[[ASSAY_AVX512_INLINE]] inline void add_values(const DecodeStretch& stretch,
                                               const QueryBlock& block, const Tile& tile,
                                               const TileMemory& memory) {
  const std::uint64_t row = stretch.value_dim * Products::k_bytes;
  const std::byte* ahead = tile.v + k_tiles_ahead * k_decode_tile * row;
  for (std::uint64_t column = 0; column < stretch.value_dim; column += Blocks * k_columns) {
    std::array<std::array<TwoVectors, Blocks>, Queries> sums{};
#pragma GCC unroll 8
    for (std::uint64_t query = 0; query < Queries; ++query) {
      const __m512 factor = _mm512_set1_ps(memory.factors[query]);
      const float* const from = block.outputs + query * stretch.value_dim + column;
#pragma GCC unroll 4
      for (std::uint64_t b = 0; b < Blocks; ++b) {
        sums[query][b] = {load(from + b * k_columns) * factor,
                          load(from + b * k_columns + k_wide) * factor};
      }
    }
    const std::byte* v = tile.v + column * Products::k_bytes;
    for (std::uint64_t i = 0; i < k_decode_tile / Products::k_keys * Queries; i += Queries) {
#pragma GCC unroll 4
      for (std::uint64_t b = 0; b < Blocks; ++b) {
        const std::byte* const at = v + b * k_columns * Products::k_bytes;
        const TwoVectors values = Products::values(at, row);
        fetch<Products::k_keys * k_columns * Products::k_bytes>(ahead);
#pragma GCC unroll 8
        for (std::uint64_t query = 0; query < Queries; ++query) {
          const __m512 weight = _mm512_set1_ps(memory.weights[i + query]);
          TwoVectors& sum = sums[query][b];
          sum = {Products::add(sum.low, values.low, weight),
                 Products::add(sum.high, values.high, weight)};
        }
      }
      v += Products::k_keys * row;
    }
#pragma GCC unroll 8
    for (std::uint64_t query = 0; query < Queries; ++query) {
      float* const to = block.outputs + query * stretch.value_dim + column;
#pragma GCC unroll 4
      for (std::uint64_t b = 0; b < Blocks; ++b) {
        _mm512_storeu_ps(to + b * k_columns, sums[query][b].low);
        _mm512_storeu_ps(to + b * k_columns + k_wide, sums[query][b].high);
      }
    }
  }
}

template <class Products, std::uint64_t Queries>
[[ASSAY_AVX512]] void decode_tile(const DecodeStretch& stretch, const QueryBlock& block,
                                  const Tile& tile, TileMemory& memory) {
  if constexpr (Products::k_turned && Queries == k_most_queries) {
    switch (stretch.head_dim) {
      case 64: score_eight<Products, 64>(block, tile, memory); break;
      case 128: score_eight<Products, 128>(block, tile, memory); break;
      default: score_eight<Products, 192>(block, tile, memory); break;
    }
  } else {
    score_tile<Products, Queries>(stretch, block, tile, memory);
  }
  weigh_tile<Queries>(block, tile, memory);
  if constexpr (Products::k_keys == 2) {
    pair_up<Queries>(memory);
  }
  constexpr std::uint64_t k_blocks = std::min<std::uint64_t>(k_most_queries / Queries, 4);
  if (k_blocks * k_columns > stretch.value_dim) {
    add_values<Products, Queries, 2>(stretch, block, tile, memory);
  } else {
    add_values<Products, Queries, k_blocks>(stretch, block, tile, memory);
  }
}

/// As many queries as are left, 8, 4, 2 or 1.
std::uint64_t taken_of(std::uint64_t queries) {
  return std::min(k_most_queries, std::bit_floor(queries));
}

template <class Products>
void decode_tile_of(std::uint64_t queries, const DecodeStretch& stretch, const QueryBlock& block,
                    const Tile& tile, TileMemory& memory) {
  switch (queries) {
    case 8: decode_tile<Products, 8>(stretch, block, tile, memory); break;
    case 4: decode_tile<Products, 4>(stretch, block, tile, memory); break;
    case 2: decode_tile<Products, 2>(stretch, block, tile, memory); break;
    default: decode_tile<Products, 1>(stretch, block, tile, memory); break;
  }
}

/// What was found, as the stretch wants it.
template <class Products>
[[ASSAY_AVX512]] void hand_over(const DecodeStretch& stretch, std::uint64_t first,
                                std::uint64_t queries, const QueryBlock& block) {
  for (std::uint64_t query = 0; query < queries; ++query) {
    stretch.maxima[first + query] = block.maxima[query];
    float sum = 0;
    for (std::uint64_t lane = query; lane < k_wide; lane += queries) {
      sum += block.sums[lane];
    }
    stretch.sums[first + query] = sum;
    for (std::uint64_t column = 0; column < stretch.value_dim; column += k_columns) {
      float* const at = block.outputs + query * stretch.value_dim + column;
      const TwoVectors sums = Products::in_order({load(at), load(at + k_wide)});
      _mm512_storeu_ps(at, sums.low);
      _mm512_storeu_ps(at + k_wide, sums.high);
    }
  }
}

void copy_queries(const DecodeStretch& stretch, bool paired, float* to) {
  const std::uint64_t elements = stretch.queries * stretch.head_dim;
  if (paired || stretch.type == NumberType::f32) {
    std::memcpy(to, stretch.q, elements * bytes_of(stretch.type));
    return;
  }
  read_queries(stretch, to);
}

/// Of each eight queries, units of 8 bytes: all first ones, all second ones and so on.
void turn_queries(const DecodeStretch& stretch, std::uint64_t row_bytes, float* queries) {
  const std::uint64_t units = row_bytes / k_unit;
  std::vector<double> turned(units * k_most_queries);
  for (std::uint64_t query = 0; query + k_most_queries <= stretch.queries;
       query += k_most_queries) {
    auto* const block = static_cast<std::byte*>(static_cast<void*>(queries)) + query * row_bytes;
    for (std::uint64_t i = 0; i < turned.size(); ++i) {
      std::memcpy(&turned[i / units + i % units * k_most_queries], block + i * k_unit, k_unit);
    }
    std::memcpy(block, turned.data(), turned.size() * k_unit);
  }
}

template <class Products>
void decode(const DecodeStretch& stretch) {
  auto& memory = *static_cast<TileMemory*>(static_cast<void*>(stretch.scratch));
  float* const found = stretch.scratch + sizeof(TileMemory) / sizeof(float);
  float* const queries = found + stretch.queries * 2 * k_wide;
  copy_queries(stretch, Products::k_query_bytes == 2, queries);
  if (Products::k_turned) {
    turn_queries(stretch, stretch.head_dim * Products::k_bytes, queries);
  }
  const auto block_at = [&](std::uint64_t query) {
    float* const of_block = found + query * 2 * k_wide;
    return QueryBlock{.q = static_cast<const std::byte*>(static_cast<const void*>(queries)) +
                           query * stretch.head_dim * Products::k_query_bytes,
                      .maxima = of_block,
                      .sums = of_block + k_wide,
                      .outputs = stretch.outputs + query * stretch.value_dim};
  };
  std::fill_n(stretch.outputs, stretch.queries * stretch.value_dim, 0.0F);
  for (std::uint64_t query = 0; query < stretch.queries; ++query) {
    std::fill_n(block_at(query).maxima, k_wide, k_no_maximum);
    std::fill_n(block_at(query).sums, k_wide, 0.0F);
  }
  for (std::uint64_t key = 0; key < stretch.keys; key += k_decode_tile) {
    const Tile tile{.k = stretch.k + key * stretch.head_dim * Products::k_bytes,
                    .v = stretch.v + key * stretch.value_dim * Products::k_bytes,
                    .keys = std::min(stretch.keys - key, k_decode_tile)};
    for (std::uint64_t query = 0; query < stretch.queries;) {
      const std::uint64_t taken = taken_of(stretch.queries - query);
      decode_tile_of<Products>(taken, stretch, block_at(query), tile, memory);
      query += taken;
    }
  }
  for (std::uint64_t query = 0; query < stretch.queries;) {
    const std::uint64_t taken = taken_of(stretch.queries - query);
    hand_over<Products>(stretch, query, taken, block_at(query));
    query += taken;
  }
}

}  // namespace

std::uint64_t avx512_scratch_floats(std::uint64_t queries, std::uint64_t head_dim) {
  return sizeof(TileMemory) / sizeof(float) + queries * (2 * k_wide + head_dim);
}

void decode_avx512(const DecodeStretch& stretch, bool paired) {
  if (stretch.type == NumberType::f32) {
    decode<F32Products>(stretch);
  } else if (paired) {
    decode<Bf16Pairs>(stretch);
  } else {
    decode<Bf16Products>(stretch);
  }
}

}  // namespace assay
