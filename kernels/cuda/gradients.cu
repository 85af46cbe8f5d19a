#include <algorithm>

#include "kernels/cuda/attention_tiles.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/gradient_passes.h"
#include "kernels/cuda/online_softmax.h"

namespace assay::cuda {
namespace {

constexpr unsigned k_warps = k_block / k_warp;
constexpr unsigned k_pairs = k_warps / 2;  // Of warps that have the same keys.

/// Queries, or keys, of a tile that are worked on at once: of more the scores don't fit into
/// registers beside 192 columns.
constexpr unsigned gradient_part(unsigned head_dim) {
  return head_dim > 128 ? 16 : gradient_tile(head_dim);
}
static_assert(k_gradient_keys == 16 * k_pairs && k_gradient_queries == 16 * k_warps);

/// Of dK and dV, or of dQ.
struct GradientTask {
  GradientViews operands;
  const float* d = nullptr;
  std::byte* to = nullptr;     ///< dK, or dQ.
  std::byte* to_dv = nullptr;  ///< Behind dK.
  std::uint64_t to_words = 0;  ///< That are written, 64 bits each.
  unsigned seq = 0;
  unsigned heads = 0;  ///< Of all sequences: of K, or of Q.
  unsigned group = 0;  ///< Heads of Q for one of K.
};

/// D of each row, `Chunks` threads a row. See least_of_dots().
template <unsigned Chunks>
__global__ void dot_rows(const Sixteen* a, const Sixteen* b, float* d, std::uint64_t rows) {
  const std::uint64_t at = std::uint64_t{blockIdx.x} * k_block + threadIdx.x;
  const std::uint64_t row = at / Chunks;
  float sum = 0;
  if (row < rows) {
    const Sixteen of_a = a[at];
    const Sixteen of_b = b[at];
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      sum += bf16_number(of_a, i) * bf16_number(of_b, i);
    }
  }
  ASSAY_UNROLL
  for (unsigned distance = 1; distance < Chunks; distance *= 2) {
    sum += __shfl_xor_sync(k_every_lane, sum, static_cast<int>(distance));
  }
  if (row < rows && at % Chunks == 0) {
    d[row] = sum;
  }
}

/// P from a score and its query's L.
__device__ float weight_of(float score, float level, bool seen) {
  constexpr auto k_bits = static_cast<float>(k_score_bits);
  return softmax_power(seen ? score * k_bits - level : k_no_score);
}

/// Where a tile of queries and their slopes is from.
struct QueryTile {
  std::uint64_t row = 0;  ///< Of Q: the first of the head.
  unsigned query = 0;     ///< Of the head: the first of the tile.
};

template <unsigned HeadDim, unsigned ValueDim>
struct QueryTiles {
  static constexpr unsigned k_rows = gradient_tile(HeadDim);
  static constexpr unsigned k_slopes = k_rows * HeadDim / 8;  ///< Where dO is, behind Q.
  static constexpr unsigned k_chunks = k_rows * (HeadDim + ValueDim) / 8;

  __device__ static void load(Sixteen* to, const GradientTask& task, const QueryTile& tile) {
    const auto* const q = reinterpret_cast<const Sixteen*>(task.operands.q);
    const auto* const d_o = reinterpret_cast<const Sixteen*>(task.operands.d_o);
    load_tile<k_rows, HeadDim>(to, q + tile.row * (HeadDim / 8), tile.query, task.seq);
    load_tile<k_rows, ValueDim>(to + k_slopes, d_o + tile.row * (ValueDim / 8), tile.query,
                                task.seq);
  }
};

/// What one warp hands to another: as multiply_add() has sums.
struct alignas(16) Handed {
  float numbers[4];
};

/// L or D of the queries of a tile that a lane has: asked for before the products that hide the
/// wait.
template <unsigned Tiles>
__device__ void load_numbers(float (&to)[Tiles][2], const float* from, const QueryTile& tile,
                             unsigned seq) {
  ASSAY_UNROLL
  for (unsigned eight = 0; eight < Tiles; ++eight) {
    ASSAY_UNROLL
    for (unsigned i = 0; i < 2; ++i) {
      const unsigned query = tile.query + 8 * eight + 2 * (threadIdx.x % 4) + i;
      to[eight][i] = query < seq ? from[tile.row + query] : 0.0F;
    }
  }
}

/// P of keys in rows, from their scores: the lane's first key is seen from query `seen` of the tile
/// on, the other one, eight rows on, from eight later; the tile has `count` queries.
template <unsigned Tiles>
__device__ void weigh_queries(float (&scores)[Tiles][4], const float (&levels)[Tiles][2], int seen,
                              int count) {
  ASSAY_UNROLL
  for (unsigned eight = 0; eight < Tiles; ++eight) {
    ASSAY_UNROLL
    for (unsigned i = 0; i < 4; ++i) {
      const int query = static_cast<int>(8 * eight + 2 * (threadIdx.x % 4) + i % 2);
      const bool sees = query >= seen + static_cast<int>(8 * (i / 2)) && query < count;
      scores[eight][i] = weight_of(scores[eight][i], levels[eight][i % 2], sees);
    }
  }
}

/// Eights of queries of a pair of warps lie so far apart.
constexpr unsigned k_handed_stride = k_pairs * k_warp;

template <unsigned Tiles>
__device__ void hand_on(const float (&weights)[Tiles][4], Handed* to) {
  ASSAY_UNROLL
  for (unsigned eight = 0; eight < Tiles; ++eight) {
    const auto& of = weights[eight];
    to[eight * k_handed_stride] = {{of[0], of[1], of[2], of[3]}};
  }
}

/// dS = P (dP - D) of keys in rows, of dP in `slopes`.
template <unsigned Tiles>
__device__ void slope_queries(float (&slopes)[Tiles][4], const float (&dots)[Tiles][2],
                              const Handed* weights) {
  ASSAY_UNROLL
  for (unsigned eight = 0; eight < Tiles; ++eight) {
    const Handed handed = weights[eight * k_handed_stride];
    ASSAY_UNROLL
    for (unsigned i = 0; i < 4; ++i) {
      slopes[eight][i] = handed.numbers[i] * (slopes[eight][i] - dots[eight][i % 2]);
    }
  }
}

/// dK and dV of 64 keys, along all queries of the heads that share them. Of two warps with the same
/// sixteen keys one has K and works out scores, P and dV, the other has V and works out dP, dS and
/// dK: as many products each. See least_of_key_gradients().
template <unsigned HeadDim, unsigned ValueDim, bool Causal>
__global__ void differentiate_keys(GradientTask task) {
  using Tiles = QueryTiles<HeadDim, ValueDim>;
  constexpr unsigned k_at_once = gradient_part(HeadDim);
  constexpr unsigned k_parts = Tiles::k_rows / k_at_once;
  constexpr unsigned k_keys = k_gradient_keys;
  constexpr unsigned k_values = k_keys * HeadDim / 8;  // Where values are, behind keys.
  // Two tiles of queries; before that keys and values, and in the end what goes out.
  ASSAY_SHARED(Sixteen, tiles, 2 * Tiles::k_chunks);
  ASSAY_SHARED(Handed, handed, k_pairs * Tiles::k_rows / 8 * k_warp);
  static_assert(k_keys <= 2 * Tiles::k_rows);
  const unsigned head = blockIdx.x % task.heads;
  // The first keys are seen by most: they begin.
  const unsigned first = blockIdx.x / task.heads * k_keys;
  const std::uint64_t kv_row = std::uint64_t{head} * task.seq;
  const unsigned pair = threadIdx.x / k_warp % k_pairs;
  const bool weighs = threadIdx.x / k_warp < k_pairs;
  const unsigned key = first + 16 * pair;  // The warp's first.

  std::uint32_t own[HeadDim / 16][4];
  load_tile<k_keys, HeadDim>(
      tiles, reinterpret_cast<const Sixteen*>(task.operands.k) + kv_row * (HeadDim / 8), first,
      task.seq);
  load_tile<k_keys, ValueDim>(
      tiles + k_values, reinterpret_cast<const Sixteen*>(task.operands.v) + kv_row * (ValueDim / 8),
      first, task.seq);
  await_copies();
  __syncthreads();
  if (weighs) {
    take_rows<HeadDim>(own, tiles, 16 * pair);
  } else {
    take_rows<ValueDim>(own, tiles + k_values, 16 * pair);
  }
  __syncthreads();

  float sums[HeadDim / 8][4] = {};  // Of dV, or of dK.
  const unsigned begin = Causal ? first : 0;
  const unsigned in_head = (task.seq - begin + Tiles::k_rows - 1) / Tiles::k_rows;
  const auto tile_at = [&](unsigned step) {
    return QueryTile{.row = std::uint64_t{head * task.group + step / in_head} * task.seq,
                     .query = begin + step % in_head * Tiles::k_rows};
  };
  Tiles::load(tiles, task, tile_at(0));
  for (unsigned i = 0; i < task.group * in_head * k_parts; ++i) {
    const unsigned step = i / k_parts;
    if (i % k_parts == 0) {
      await_copies();
      __syncthreads();
      if (step + 1 < task.group * in_head) {
        Tiles::load(tiles + (step + 1) % 2 * Tiles::k_chunks, task, tile_at(step + 1));
      }
    }
    QueryTile tile = tile_at(step);
    const unsigned part = i % k_parts * k_at_once;
    const Sixteen* const queries = tiles + step % 2 * Tiles::k_chunks + part * (HeadDim / 8);
    const Sixteen* const slopes =
        tiles + step % 2 * Tiles::k_chunks + Tiles::k_slopes + part * (ValueDim / 8);
    tile.query += part;
    Handed* const of_pair = handed + (part / 8 * k_pairs + pair) * k_warp + threadIdx.x % k_warp;
    const bool sees =
        key < task.seq && tile.query < task.seq && (!Causal || key < tile.query + k_at_once);
    float products[k_at_once / 8][4] = {};  // Scores and P, or dP and dS: a row for each key.
    float numbers[k_at_once / 8][2];
    if (sees && weighs) {
      add_products<HeadDim>(products, own, queries);
      load_numbers(numbers, task.operands.l, tile, task.seq);
      const unsigned of_lane = key + threadIdx.x % k_warp / 4;
      weigh_queries(products, numbers,
                    Causal ? static_cast<int>(of_lane) - static_cast<int>(tile.query) : -8,
                    static_cast<int>(task.seq - tile.query));
      hand_on(products, of_pair);
    } else if (sees) {
      add_products<ValueDim>(products, own, slopes);
      load_numbers(numbers, task.d, tile, task.seq);
    }
    __syncthreads();
    if (sees && weighs) {
      add_weighted<ValueDim>(sums, products, slopes);
    } else if (sees) {
      slope_queries(products, numbers, of_pair);
      add_weighted<HeadDim>(sums, products, queries);
    }
  }
  await_copies();
  __syncthreads();
  if (weighs) {
    put_rows<ValueDim>(tiles + k_values, sums, 1.0F, 16 * pair);
  } else {
    put_rows<HeadDim>(tiles, sums, k_gradient_scale, 16 * pair);
  }
  __syncthreads();
  store_tile<k_keys, HeadDim>(reinterpret_cast<Sixteen*>(task.to) + kv_row * (HeadDim / 8), tiles,
                              first, task.seq);
  store_tile<k_keys, ValueDim>(reinterpret_cast<Sixteen*>(task.to_dv) + kv_row * (ValueDim / 8),
                               tiles + k_values, first, task.seq);
}

/// L and D of a block's queries, in shared memory.
struct RowNumbers {
  float l, d;
};

/// dS of queries in rows, from their scores and of dP in `slopes`: the lane's first query has
/// `numbers` and sees the first `seen` keys of the tile, the other one, eight rows on, `more`.
template <unsigned Tiles>
__device__ void slope_keys(float (&scores)[Tiles][4], const float (&slopes)[Tiles][4],
                           const RowNumbers* numbers, int seen, int more) {
  ASSAY_UNROLL
  for (unsigned half = 0; half < 2; ++half) {
    const RowNumbers row = numbers[8 * half];
    const int end = half == 0 ? seen : seen + more;
    ASSAY_UNROLL
    for (unsigned eight = 0; eight < Tiles; ++eight) {
      ASSAY_UNROLL
      for (unsigned i = 2 * half; i < 2 * half + 2; ++i) {
        const int key = static_cast<int>(8 * eight + 2 * (threadIdx.x % 4) + i % 2);
        scores[eight][i] =
            weight_of(scores[eight][i], row.l, key < end) * (slopes[eight][i] - row.d);
      }
    }
  }
}

/// The sixteen rows of this warp, of 128 from `first` on. `Part` rows go through `tile` at a time.
template <unsigned Part, unsigned Columns, unsigned Steps>
__device__ void take_own(std::uint32_t (&rows)[Steps][4], Sixteen* tile, const Sixteen* from,
                         const QueryTile& at, unsigned seq) {
  const unsigned row = threadIdx.x / k_warp * 16;
  for (unsigned part = 0; part < k_gradient_queries; part += Part) {
    load_tile<Part, Columns>(tile, from + at.row * (Columns / 8), at.query + part, seq);
    await_copies();
    __syncthreads();
    if (row / Part == part / Part) {
      take_rows<Columns>(rows, tile, row % Part);
    }
    __syncthreads();
  }
}

/// dQ of 128 queries, along the keys that they see. See least_of_query_gradients().
template <unsigned HeadDim, unsigned ValueDim, bool Causal>
__global__ void differentiate_queries(GradientTask task) {
  constexpr unsigned k_rows = gradient_tile(HeadDim);
  constexpr unsigned k_values = k_rows * HeadDim / 8;  // Where values are, behind keys.
  constexpr unsigned k_chunks = k_rows * (HeadDim + ValueDim) / 8;
  constexpr unsigned k_part = 64;
  constexpr unsigned k_at_once = gradient_part(HeadDim);
  // Two tiles of keys and values; before that of queries, and in the end of what goes out.
  ASSAY_SHARED(Sixteen, tiles, 2 * k_chunks);
  static_assert(k_part * HeadDim / 8 <= 2 * k_chunks);
  const unsigned head = blockIdx.x % task.heads;
  // Those who see most begin; heads that share keys run side by side.
  const unsigned blocks = (task.seq + k_gradient_queries - 1) / k_gradient_queries;
  const unsigned first = (blocks - 1 - blockIdx.x / task.heads) * k_gradient_queries;
  const QueryTile at{.row = std::uint64_t{head} * task.seq, .query = first};
  const std::uint64_t kv_row = std::uint64_t{head / task.group} * task.seq;
  const auto* const k = reinterpret_cast<const Sixteen*>(task.operands.k) + kv_row * (HeadDim / 8);
  const auto* const v = reinterpret_cast<const Sixteen*>(task.operands.v) + kv_row * (ValueDim / 8);

  std::uint32_t queries[HeadDim / 16][4];
  std::uint32_t slopes[ValueDim / 16][4];
  take_own<k_part, HeadDim>(queries, tiles, reinterpret_cast<const Sixteen*>(task.operands.q), at,
                            task.seq);
  take_own<k_part, ValueDim>(slopes, tiles, reinterpret_cast<const Sixteen*>(task.operands.d_o), at,
                             task.seq);
  const unsigned of_warp = first + threadIdx.x / k_warp * 16;  // Its first row.
  ASSAY_SHARED(RowNumbers, numbers, k_gradient_queries);
  if (threadIdx.x < k_gradient_queries) {
    const unsigned row = first + threadIdx.x;
    const bool there = row < task.seq;
    numbers[threadIdx.x] = {.l = there ? task.operands.l[at.row + row] : 0.0F,
                            .d = there ? task.d[at.row + row] : 0.0F};
  }
  const unsigned end =
      Causal && first + k_gradient_queries < task.seq ? first + k_gradient_queries : task.seq;
  float sums[HeadDim / 8][4] = {};
  const auto load = [&](unsigned key) {
    Sixteen* const to = tiles + key / k_rows % 2 * k_chunks;
    load_tile<k_rows, HeadDim>(to, k, key, task.seq);
    load_tile<k_rows, ValueDim>(to + k_values, v, key, task.seq);
  };
  load(0);
  for (unsigned key = 0; key < end; key += k_at_once) {
    if (key % k_rows == 0) {
      await_copies();
      __syncthreads();
      if (key + k_rows < end) {
        load(key + k_rows);
      }
    }
    if (of_warp < task.seq && (!Causal || key < of_warp + 16)) {
      const Sixteen* const tile = tiles + key / k_rows % 2 * k_chunks;
      const Sixteen* const keys = tile + key % k_rows * (HeadDim / 8);
      float scores[k_at_once / 8][4] = {};
      float of_values[k_at_once / 8][4] = {};
      add_products<HeadDim>(scores, queries, keys);
      add_products<ValueDim>(of_values, slopes, tile + k_values + key % k_rows * (ValueDim / 8));
      const unsigned row = of_warp + threadIdx.x % k_warp / 4;
      slope_keys(scores, of_values, &numbers[row - first],
                 static_cast<int>(Causal ? row + 1 : task.seq) - static_cast<int>(key),
                 Causal ? 8 : 0);
      add_weighted<HeadDim>(sums, scores, keys);
    }
  }
  auto* const to = reinterpret_cast<Sixteen*>(task.to) + at.row * (HeadDim / 8);
  for (unsigned part = 0; part < k_gradient_queries; part += k_part) {
    const unsigned row = threadIdx.x / k_warp * 16;
    __syncthreads();
    if (row / k_part == part / k_part) {
      put_rows<HeadDim>(tiles, sums, k_gradient_scale, row % k_part);
    }
    __syncthreads();
    store_tile<k_part, HeadDim>(to, tiles, first + part, task.seq);
  }
}

unsigned blocks_of(std::uint64_t rows, unsigned in_block) {
  return static_cast<unsigned>((rows + in_block - 1) / in_block);
}

Result<Done> launch_dots(const GradientPass& pass, cudaStream_t stream) {
  const std::uint64_t rows = query_rows(pass.problem);
  const auto* const a = reinterpret_cast<const Sixteen*>(pass.operands.d_o);
  const auto* const b = reinterpret_cast<const Sixteen*>(pass.operands.o);
  const auto chunks = static_cast<unsigned>(pass.problem.value_dim / 8);
  const auto kernel = chunks == 8 ? dot_rows<8> : dot_rows<16>;
  ASSAY_LAUNCH(kernel, blocks_of(rows * chunks, k_block), k_block, stream, a, b, pass.d, rows);
  return check_launch("dot_rows");
}

template <unsigned HeadDim, unsigned ValueDim>
Result<Done> launch(const GradientPass& pass, cudaStream_t stream) {
  const AttentionProblem& problem = pass.problem;
  const GradientPlaces places = gradient_places(problem);
  const auto seq = static_cast<unsigned>(problem.seq);
  const auto group = static_cast<unsigned>(problem.heads / problem.kv_heads);
  const auto kv_heads = static_cast<unsigned>(problem.batch * problem.kv_heads);
  const GradientTask of_keys{.operands = pass.operands,
                             .d = pass.d,
                             .to = pass.to + 2 * places.dk,
                             .to_dv = pass.to + 2 * places.dv,
                             .to_words = (places.all - places.dk) / 4,
                             .seq = seq,
                             .heads = kv_heads,
                             .group = group};
  const auto by_key = problem.causal ? differentiate_keys<HeadDim, ValueDim, true>
                                     : differentiate_keys<HeadDim, ValueDim, false>;
  ASSAY_LAUNCH(by_key, kv_heads * blocks_of(seq, k_gradient_keys), k_block, stream, of_keys);
  if (auto launched = check_launch("differentiate_keys"); !launched) {
    return launched;
  }
  const GradientTask of_queries{.operands = pass.operands,
                                .d = pass.d,
                                .to = pass.to,
                                .to_words = places.dk / 4,
                                .seq = seq,
                                .heads = kv_heads * group,
                                .group = group};
  const auto by_query = problem.causal ? differentiate_queries<HeadDim, ValueDim, true>
                                       : differentiate_queries<HeadDim, ValueDim, false>;
  ASSAY_LAUNCH(by_query, kv_heads * group * blocks_of(seq, k_gradient_queries), k_block, stream,
               of_queries);
  return check_launch("differentiate_queries");
}

}  // namespace

std::uint64_t gradient_blocks(const AttentionProblem& problem) {
  return problem.batch * std::max(problem.kv_heads * blocks_of(problem.seq, k_gradient_keys),
                                  problem.heads * blocks_of(problem.seq, k_gradient_queries));
}

Result<Done> differentiate(const GradientPass& pass, cudaStream_t stream) {
  if (auto launched = launch_dots(pass, stream); !launched) {
    return launched;
  }
  return pass.problem.head_dim == 64    ? launch<64, 64>(pass, stream)
         : pass.problem.head_dim == 128 ? launch<128, 128>(pass, stream)
                                        : launch<192, 128>(pass, stream);
}

}  // namespace assay::cuda
