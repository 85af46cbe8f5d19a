#include <algorithm>

#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/online_softmax.h"

namespace assay::cuda {
namespace {

constexpr unsigned k_warps = k_block / k_warp;
constexpr unsigned k_keys = 16;  // Of a warp at a time.
static_assert(k_warps * k_keys == k_decode_keys);
constexpr std::uint64_t k_least_split = 256;      // Keys: less leaves more to put together than
constexpr std::uint64_t k_ordinary_split = 1024;  // is read.

struct DecodeTask {
  AttentionViews operands;
  float* partials = nullptr;
  unsigned seq = 0;
  unsigned group = 0;       ///< Heads that share keys.
  unsigned tiles = 0;       ///< Of k_decode_rows of them.
  unsigned splits = 0;      ///< Parts of the keys.
  unsigned split_keys = 0;  ///< Of each.
  std::uint64_t heads = 0;  ///< Of all sequences.
};

/// Sixteen bytes of four numbers.
struct alignas(16) FourNumbers {
  float values[4];
};

/// Where the parts of a head's output stand: see DecodePlan::partial_numbers().
template <unsigned Columns>
__device__ std::uint64_t partial_at(std::uint64_t head, std::uint64_t splits, std::uint64_t split) {
  return (head * splits + split) * Columns;
}
template <unsigned Columns>
__device__ std::uint64_t scale_at(std::uint64_t heads, std::uint64_t head, std::uint64_t splits,
                                  std::uint64_t split) {
  return heads * splits * Columns + 2 * (head * splits + split);
}

// What goes where. The order of columns in q k is free as long as Q and K have the same, and that
// of keys as long as weights and V have: so every lane takes 16 bytes of a row straight from
// memory. Of Q and K lane (g, t) has bytes 16 t of each 64 of row g, of V bytes 16 g of each 128 of
// rows 2t and 2t + 1: so column 8 g + i of V is column g of product i.

/// Rows `row` and `row` + 8 of Q, from `from` on; zeros behind the last.
template <unsigned Columns>
__device__ void load_queries(std::uint32_t (&queries)[Columns / 16][4], const Sixteen* from,
                             unsigned rows) {
  const unsigned g = threadIdx.x % k_warp / 4;
  const unsigned t = threadIdx.x % 4;
  ASSAY_UNROLL
  for (unsigned part = 0; part < Columns / 32; ++part) {
    ASSAY_UNROLL
    for (unsigned half = 0; half < 2; ++half) {
      const unsigned row = g + 8 * half;
      Sixteen chunk = {};
      if (row < rows) {
        chunk = from[row * (Columns / 8) + 4 * part + t];
      }
      queries[2 * part][half] = chunk.words[0];
      queries[2 * part][half + 2] = chunk.words[1];
      queries[2 * part + 1][half] = chunk.words[2];
      queries[2 * part + 1][half + 2] = chunk.words[3];
    }
  }
}

/// The keys key .. key + 15; behind the last one of the sequence that one again.
template <unsigned Columns>
__device__ void load_keys(Sixteen (&keys)[2][Columns / 32], const Sixteen* from, unsigned key,
                          unsigned seq) {
  ASSAY_UNROLL
  for (unsigned tile = 0; tile < 2; ++tile) {
    const unsigned wanted = key + 8 * tile + threadIdx.x % k_warp / 4;
    const std::uint64_t row = wanted < seq ? wanted : seq - 1;
    ASSAY_UNROLL
    for (unsigned part = 0; part < Columns / 32; ++part) {
      keys[tile][part] = from[row * (Columns / 8) + 4 * part + threadIdx.x % 4];
    }
  }
}

/// The values of the same; [tile][row of two][part of 64 columns].
template <unsigned Columns>
__device__ void load_values(Sixteen (&values)[2][2][Columns / 64], const Sixteen* from,
                            unsigned key, unsigned seq) {
  ASSAY_UNROLL
  for (unsigned at = 0; at < 4; ++at) {
    const unsigned wanted = key + 8 * (at / 2) + 2 * (threadIdx.x % 4) + at % 2;
    const std::uint64_t row = wanted < seq ? wanted : seq - 1;
    ASSAY_UNROLL
    for (unsigned part = 0; part < Columns / 64; ++part) {
      values[at / 2][at % 2][part] =
          from[row * (Columns / 8) + 8 * part + threadIdx.x % k_warp / 4];
    }
  }
}

template <unsigned Columns>
__device__ void add_scores(float (&scores)[2][4], const std::uint32_t (&queries)[Columns / 16][4],
                           const Sixteen (&keys)[2][Columns / 32]) {
  ASSAY_UNROLL
  for (unsigned part = 0; part < Columns / 32; ++part) {
    ASSAY_UNROLL
    for (unsigned tile = 0; tile < 2; ++tile) {
      const Sixteen& chunk = keys[tile][part];
      multiply_add(scores[tile], queries[2 * part], chunk.words[0], chunk.words[1]);
      multiply_add(scores[tile], queries[2 * part + 1], chunk.words[2], chunk.words[3]);
    }
  }
}

template <unsigned Columns>
__device__ void add_values(float (&outputs)[Columns / 8][4], const float (&weights)[2][4],
                           const Sixteen (&values)[2][2][Columns / 64]) {
  std::uint32_t of_keys[4];
  weights_of(weights[0], weights[1], of_keys);
  ASSAY_UNROLL
  for (unsigned part = 0; part < Columns / 64; ++part) {
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      std::uint32_t of_values[2];
      ASSAY_UNROLL
      for (unsigned tile = 0; tile < 2; ++tile) {
        const std::uint32_t first = values[tile][0][part].words[i / 2];
        const std::uint32_t second = values[tile][1][part].words[i / 2];
        of_values[tile] = i % 2 == 0 ? low_halves(first, second) : high_halves(first, second);
      }
      multiply_add(outputs[8 * part + i], of_keys, of_values[0], of_values[1]);
    }
  }
}

/// What a lane of one warp has, for the same lane of another.
template <unsigned Columns>
struct Handed {
  static constexpr unsigned k_numbers = Columns / 2 + 4;

  __device__ static void give(float* slot, const SoftmaxRows<Columns>& rows) {
    float* const to = slot + threadIdx.x % k_warp;
    ASSAY_UNROLL
    for (unsigned i = 0; i < Columns / 2; ++i) {
      to[i * k_warp] = rows.outputs[i / 4][i % 4];
    }
    ASSAY_UNROLL
    for (unsigned half = 0; half < 2; ++half) {
      to[(Columns / 2 + half) * k_warp] = rows.maxima[half];
      to[(Columns / 2 + 2 + half) * k_warp] = rows.sums[half];
    }
  }

  __device__ static void take(const float* slot, SoftmaxRows<Columns>& rows) {
    const float* const from = slot + threadIdx.x % k_warp;
    ASSAY_UNROLL
    for (unsigned half = 0; half < 2; ++half) {
      const float other = from[(Columns / 2 + half) * k_warp];
      const float maximum = rows.maxima[half] < other ? other : rows.maxima[half];
      const float own_factor = softmax_power(rows.maxima[half] - maximum);
      const float factor = softmax_power(other - maximum);
      rows.maxima[half] = maximum;
      rows.sums[half] =
          rows.sums[half] * own_factor + from[(Columns / 2 + 2 + half) * k_warp] * factor;
      ASSAY_UNROLL
      for (unsigned tile = 0; tile < Columns / 8; ++tile) {
        ASSAY_UNROLL
        for (unsigned i = 2 * half; i < 2 * half + 2; ++i) {
          rows.outputs[tile][i] =
              rows.outputs[tile][i] * own_factor + from[(4 * tile + i) * k_warp] * factor;
        }
      }
    }
  }
};

/// What the first warp has of `rows` heads from `head` on: 64 bytes of each row a lane.
template <unsigned Columns>
__device__ void store_partials(const DecodeTask& task, const SoftmaxRows<Columns>& rows,
                               std::uint64_t head, unsigned count, unsigned split) {
  const unsigned t = threadIdx.x % 4;
  ASSAY_UNROLL
  for (unsigned half = 0; half < 2; ++half) {
    const float sum = row_sum(rows.sums[half]);
    const unsigned row = threadIdx.x % k_warp / 4 + 8 * half;
    if (row >= count) {
      continue;
    }
    float* const to = task.partials + partial_at<Columns>(head + row, task.splits, split);
    ASSAY_UNROLL
    for (unsigned four = 0; four < Columns / 16; ++four) {  // Of a lane's columns, in their order.
      const unsigned part = four / 4;
      FourNumbers numbers;
      ASSAY_UNROLL
      for (unsigned i = 0; i < 4; ++i) {
        numbers.values[i] = rows.outputs[8 * part + four % 2 * 4 + i][2 * half + four / 2 % 2];
      }
      reinterpret_cast<FourNumbers*>(to)[16 * part + 4 * t + four % 4] = numbers;
    }
    if (t == 0) {
      float* const scale =
          task.partials + scale_at<Columns>(task.heads, head + row, task.splits, split);
      scale[0] = rows.maxima[half];
      scale[1] = sum;
    }
  }
}

/// A part of the keys of one sequence, for up to sixteen heads that share them: each warp reads
/// sixteen of 128 keys, and asks for the next ones before it is done. See least_of_decode().
template <unsigned HeadDim, unsigned ValueDim>
__global__ void attend_part(DecodeTask task) {
  ASSAY_SHARED(float, handed, k_warps / 2 * Handed<ValueDim>::k_numbers * k_warp);
  const unsigned split = blockIdx.x % task.splits;
  const unsigned tile = blockIdx.x / task.splits % task.tiles;
  const std::uint64_t kv_head = blockIdx.x / task.splits / task.tiles;
  const auto begin_head = static_cast<unsigned>(tile * k_decode_rows);
  const unsigned left = task.group - begin_head;
  const unsigned count = left < k_decode_rows ? left : static_cast<unsigned>(k_decode_rows);
  const std::uint64_t head = kv_head * task.group + begin_head;
  const auto* const q = reinterpret_cast<const Sixteen*>(task.operands.q) + head * (HeadDim / 8);
  const auto* const k =
      reinterpret_cast<const Sixteen*>(task.operands.k) + kv_head * task.seq * (HeadDim / 8);
  const auto* const v =
      reinterpret_cast<const Sixteen*>(task.operands.v) + kv_head * task.seq * (ValueDim / 8);
  const unsigned begin = split * task.split_keys;
  const unsigned end = begin + task.split_keys < task.seq ? begin + task.split_keys : task.seq;
  const unsigned warp = threadIdx.x / k_warp;

  std::uint32_t queries[HeadDim / 16][4];
  load_queries<HeadDim>(queries, q, count);
  SoftmaxRows<ValueDim> rows;
  Sixteen keys[2][HeadDim / 32];
  load_keys<HeadDim>(keys, k, begin + warp * k_keys, task.seq);
  for (unsigned key = begin + warp * k_keys; key < end; key += k_decode_keys) {
    Sixteen values[2][2][ValueDim / 64];
    load_values<ValueDim>(values, v, key, task.seq);
    float scores[2][4] = {};
    add_scores<HeadDim>(scores, queries, keys);
    load_keys<HeadDim>(keys, k, key + static_cast<unsigned>(k_decode_keys), task.seq);
    if (key + k_keys > end) {
      ASSAY_UNROLL
      for (unsigned i = 0; i < 8; ++i) {
        const unsigned at = key + i / 4 * 8 + 2 * (threadIdx.x % 4) + i % 2;
        scores[i / 4][i % 4] = at < end ? scores[i / 4][i % 4] : k_no_score;
      }
    }
    fold_scores(rows, scores);
    add_values<ValueDim>(rows.outputs, scores, values);
  }
  for (unsigned half = k_warps / 2; half > 0; half /= 2) {
    float* const slot = handed + warp % half * Handed<ValueDim>::k_numbers * k_warp;
    if (warp >= half && warp < 2 * half) {
      Handed<ValueDim>::give(slot, rows);
    }
    __syncthreads();
    if (warp < half) {
      Handed<ValueDim>::take(slot, rows);
    }
    __syncthreads();
  }
  if (warp == 0) {
    store_partials(task, rows, head, count, split);
  }
}

struct JoinTask {
  const float* partials = nullptr;
  std::byte* to = nullptr;
  std::uint64_t to_words = 0;
  std::uint64_t heads = 0, splits = 0;
};

/// Puts the parts of a head together: eight columns a thread. Reads what attend_part() left once.
template <unsigned Columns>
__global__ void join_parts(JoinTask task) {
  const std::uint64_t at = std::uint64_t{blockIdx.x} * k_block + threadIdx.x;
  const std::uint64_t head = at / (Columns / 8);
  if (head >= task.heads) {
    return;
  }
  const float* const scales = task.partials + scale_at<Columns>(task.heads, head, task.splits, 0);
  float maximum = k_no_score;
  for (std::uint64_t split = 0; split < task.splits; ++split) {
    maximum = maximum < scales[2 * split] ? scales[2 * split] : maximum;
  }
  float sum = 0;
  float outputs[8] = {};
  for (std::uint64_t split = 0; split < task.splits; ++split) {
    const float factor = softmax_power(scales[2 * split] - maximum);
    sum += scales[2 * split + 1] * factor;
    const auto* const from = reinterpret_cast<const FourNumbers*>(
                                 task.partials + partial_at<Columns>(head, task.splits, split)) +
                             2 * (at % (Columns / 8));
    ASSAY_UNROLL
    for (unsigned four = 0; four < 2; ++four) {
      const FourNumbers numbers = from[four];
      ASSAY_UNROLL
      for (unsigned i = 0; i < 4; ++i) {
        outputs[4 * four + i] += numbers.values[i] * factor;
      }
    }
  }
  Sixteen made;
  ASSAY_UNROLL
  for (unsigned i = 0; i < 4; ++i) {
    made.words[i] = two_as_bf16(outputs[2 * i] / sum, outputs[2 * i + 1] / sum);
  }
  reinterpret_cast<Sixteen*>(task.to)[at] = made;
}

std::uint64_t parts_of(std::uint64_t whole, std::uint64_t part) {
  return (whole + part - 1) / part;
}

std::uint64_t heads_of(const AttentionProblem& problem) {
  return problem.batch * problem.heads;
}

template <unsigned HeadDim, unsigned ValueDim>
Result<Done> launch(const DecodeTask& task, const JoinTask& join, unsigned blocks,
                    cudaStream_t stream) {
  const auto attend = attend_part<HeadDim, ValueDim>;
  ASSAY_LAUNCH(attend, blocks, k_block, stream, task);
  if (auto launched = check_launch("attend_part"); !launched) {
    return launched;
  }
  const auto threads = join.heads * (ValueDim / 8);
  const auto put_together = join_parts<ValueDim>;
  ASSAY_LAUNCH(put_together, static_cast<unsigned>(parts_of(threads, k_block)), k_block, stream,
               join);
  return check_launch("join_parts");
}

}  // namespace

DecodePlan DecodePlan::of(const AttentionProblem& problem, std::uint32_t multiprocessors) {
  DecodePlan plan;
  plan.tiles = parts_of(problem.heads / problem.kv_heads, k_decode_rows);
  const std::uint64_t units = problem.batch * problem.kv_heads * plan.tiles;
  // Two blocks of threads for each multiprocessor, even if they are short; eight, so that those who
  // end last are a small part, if they are not.
  const std::uint64_t few = std::min(parts_of(2 * std::uint64_t{multiprocessors}, units),
                                     parts_of(problem.seq, k_least_split));
  const std::uint64_t many =
      std::min(parts_of(8 * std::uint64_t{multiprocessors}, units), problem.seq / k_ordinary_split);
  const std::uint64_t wanted = std::max({few, many, std::uint64_t{1}});
  plan.split_keys = parts_of(parts_of(problem.seq, wanted), k_decode_keys) * k_decode_keys;
  plan.splits = parts_of(problem.seq, plan.split_keys);
  return plan;
}

std::uint64_t DecodePlan::partial_numbers(const AttentionProblem& problem) const {
  return heads_of(problem) * splits * (problem.value_dim + 2);
}

std::uint64_t DecodePlan::blocks(const AttentionProblem& problem) const {
  return problem.batch * problem.kv_heads * tiles * splits;
}

Result<Done> decode(const AttentionPass& pass, cudaStream_t stream) {
  const AttentionProblem& problem = pass.problem;
  const DecodeTask task{.operands = pass.operands,
                        .partials = pass.partials,
                        .seq = static_cast<unsigned>(problem.seq),
                        .group = static_cast<unsigned>(problem.heads / problem.kv_heads),
                        .tiles = static_cast<unsigned>(pass.plan.tiles),
                        .splits = static_cast<unsigned>(pass.plan.splits),
                        .split_keys = static_cast<unsigned>(pass.plan.split_keys),
                        .heads = heads_of(problem)};
  const JoinTask join{.partials = pass.partials,
                      .to = pass.to,
                      .to_words = pass.to_words,
                      .heads = heads_of(problem),
                      .splits = pass.plan.splits};
  const auto blocks = static_cast<unsigned>(pass.plan.blocks(problem));
  return problem.head_dim == 64    ? launch<64, 64>(task, join, blocks, stream)
         : problem.head_dim == 128 ? launch<128, 128>(task, join, blocks, stream)
                                   : launch<192, 128>(task, join, blocks, stream);
}

}  // namespace assay::cuda
