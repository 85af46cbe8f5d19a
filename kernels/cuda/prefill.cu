#include <algorithm>

#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/attention_tiles.h"
#include "kernels/cuda/online_softmax.h"

namespace assay::cuda {
namespace {

constexpr unsigned k_rows = 128;  // Queries of a block of threads: sixteen a warp.
constexpr unsigned k_keys = 64;   // Keys, and values, that are in shared memory at a time.

struct PrefillTask {
  AttentionViews operands;
  std::byte* to = nullptr;
  std::uint64_t to_words = 0;
  unsigned seq = 0;
  unsigned heads = 0;         ///< Of all sequences.
  unsigned group = 0;         ///< That share keys and values.
  unsigned query_blocks = 0;  ///< Of a head.
};

/// `key` is the first of the tile, `row` the lane's first.
template <bool Causal>
__device__ void mask(float (&scores)[k_keys / 8][4], unsigned key, unsigned row, unsigned seq) {
  ASSAY_UNROLL
  for (unsigned tile = 0; tile < k_keys / 8; ++tile) {
    ASSAY_UNROLL
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned at = key + 8 * tile + 2 * (threadIdx.x % 4) + i % 2;
      const unsigned end = Causal ? row + 8 * (i / 2) + 1 : seq;
      scores[tile][i] = at < end ? scores[tile][i] : k_no_score;
    }
  }
}

/// The rows of Q that this warp has, from `first` on.
template <unsigned Columns>
__device__ void load_queries(std::uint32_t (&queries)[Columns / 16][4], Sixteen* tile,
                             const Sixteen* from, unsigned first, unsigned seq) {
  const unsigned warp = threadIdx.x / k_warp;
  constexpr unsigned k_warps = k_keys / 16;  // Whose rows are there at a time.
  for (unsigned part = 0; part < k_rows / k_keys; ++part) {
    load_tile<k_keys, Columns>(tile, from, first + part * k_keys, seq);
    await_copies();
    __syncthreads();
    if (warp / k_warps == part) {
      take_rows<Columns>(queries, tile, warp % k_warps * 16);
    }
    __syncthreads();
  }
}

/// Quotients into `tile` and from there to rows `first` on of a head.
template <unsigned Columns>
__device__ void store_rows(Sixteen* to, Sixteen* tile, const SoftmaxRows<Columns>& rows,
                           unsigned first, unsigned seq) {
  constexpr unsigned k_chunks = Columns / 8;
  const unsigned lane = threadIdx.x % k_warp;
  __syncthreads();
  ASSAY_UNROLL
  for (unsigned half = 0; half < 2; ++half) {
    const float sum = row_sum(rows.sums[half]);
    const unsigned row = threadIdx.x / k_warp * 16 + 8 * half + lane / 4;
    ASSAY_UNROLL
    for (unsigned chunk = 0; chunk < k_chunks; ++chunk) {
      tile[place<k_chunks>(row, chunk)].words[lane % 4] =
          two_as_bf16(rows.outputs[chunk][2 * half] / sum, rows.outputs[chunk][2 * half + 1] / sum);
    }
  }
  __syncthreads();
  store_tile<k_rows, Columns>(to, tile, first, seq);
}

/// Of a head's 128 queries all that they see, in tiles of 64 keys. While a tile's scores are worked
/// out its values are on their way, and after that the next keys. See least_of_prefill().
template <unsigned HeadDim, unsigned ValueDim, bool Causal>
__global__ void attend(PrefillTask task) {
  // Of keys, then values; before that of queries, and in the end of what goes out.
  ASSAY_SHARED(Sixteen, tiles, k_keys * (HeadDim + ValueDim) / 8);
  static_assert(k_rows * ValueDim <= k_keys * (HeadDim + ValueDim));
  Sixteen* const keys = tiles;
  Sixteen* const values = tiles + k_keys * HeadDim / 8;
  // Those who see most begin; heads that share keys run side by side.
  const unsigned head = blockIdx.x % task.heads;
  const unsigned first = (task.query_blocks - 1 - blockIdx.x / task.heads) * k_rows;
  const std::uint64_t q_row = std::uint64_t{head} * task.seq;
  const std::uint64_t kv_row = std::uint64_t{head / task.group} * task.seq;
  const auto* const q = reinterpret_cast<const Sixteen*>(task.operands.q) + q_row * (HeadDim / 8);
  const auto* const k = reinterpret_cast<const Sixteen*>(task.operands.k) + kv_row * (HeadDim / 8);
  const auto* const v = reinterpret_cast<const Sixteen*>(task.operands.v) + kv_row * (ValueDim / 8);

  std::uint32_t queries[HeadDim / 16][4];
  load_queries<HeadDim>(queries, keys, q, first, task.seq);
  SoftmaxRows<ValueDim> rows;
  const unsigned of_warp = first + threadIdx.x / k_warp * 16;  // Its first row.
  const unsigned end = Causal && first + k_rows < task.seq ? first + k_rows : task.seq;
  load_tile<k_keys, HeadDim>(keys, k, 0, task.seq);
  for (unsigned key = 0; key < end; key += k_keys) {
    await_copies();
    __syncthreads();
    load_tile<k_keys, ValueDim>(values, v, key, task.seq);
    const bool sees = of_warp < task.seq && (!Causal || key < of_warp + 16);
    float scores[k_keys / 8][4] = {};
    if (sees) {
      add_products<HeadDim>(scores, queries, keys);
      if (key + k_keys > (Causal ? of_warp : task.seq)) {
        mask<Causal>(scores, key, of_warp + threadIdx.x % k_warp / 4, task.seq);
      }
    }
    await_copies();
    __syncthreads();
    if (key + k_keys < end) {
      load_tile<k_keys, HeadDim>(keys, k, key + k_keys, task.seq);
    }
    if (sees) {
      fold_scores(rows, scores);
      add_weighted<ValueDim>(rows.outputs, scores, values);
    }
  }
  auto* const to = reinterpret_cast<Sixteen*>(task.to) + q_row * (ValueDim / 8);
  store_rows(to, tiles, rows, first, task.seq);
}

template <unsigned HeadDim, unsigned ValueDim>
void launch(const PrefillTask& task, bool causal, cudaStream_t stream) {
  const auto kernel = causal ? attend<HeadDim, ValueDim, true> : attend<HeadDim, ValueDim, false>;
  ASSAY_LAUNCH(kernel, task.query_blocks * task.heads, k_block, stream, task);
}

std::uint64_t query_blocks(const AttentionProblem& problem) {
  return (problem.seq + k_rows - 1) / k_rows;
}

}  // namespace

std::uint64_t prefill_blocks(const AttentionProblem& problem) {
  return problem.batch * problem.heads * query_blocks(problem);
}

Result<Done> prefill(const AttentionPass& pass, cudaStream_t stream) {
  const AttentionProblem& problem = pass.problem;
  const PrefillTask task{.operands = pass.operands,
                         .to = pass.to,
                         .to_words = pass.to_words,
                         .seq = static_cast<unsigned>(problem.seq),
                         .heads = static_cast<unsigned>(problem.batch * problem.heads),
                         .group = static_cast<unsigned>(problem.heads / problem.kv_heads),
                         .query_blocks = static_cast<unsigned>(query_blocks(problem))};
  if (problem.head_dim == 64) {
    launch<64, 64>(task, problem.causal, stream);
  } else if (problem.head_dim == 128) {
    launch<128, 128>(task, problem.causal, stream);
  } else {
    launch<192, 128>(task, problem.causal, stream);
  }
  return check_launch("attend");
}

}  // namespace assay::cuda
