#include <algorithm>

#include "kernels/cuda/attention_check.h"
#include "kernels/cuda/warp_matrix.h"

namespace assay::cuda {
namespace {

using Sum = unsigned long long;  // What atomicAdd takes: whole numbers modulo 2^64.

constexpr Sum k_none = RowFinding::k_none;
constexpr unsigned k_keys = k_block;  // Weighed at a time, one a thread.
constexpr unsigned k_most_columns = 128;
constexpr unsigned k_most_live = 8;
constexpr unsigned k_prepared = 96;  // Words: a row of Q at most.

/// Some rows of the same keys and values.
struct Rows {
  AttentionClaim claim;
  std::uint64_t first = 0, count = 0;
  SeenKeys keys;  ///< Of the one that sees most.
};

/// The weights of one row from its scores.
struct WeighedByScores {
  static constexpr unsigned k_rows = 1;

  /// The row itself.
  __device__ static void prepare(const AttentionCheck& check, const Rows& rows,
                                 std::uint32_t* prepared) {
    const std::uint64_t words = check.problem.head_dim / 2;
    if (threadIdx.x < words) {
      prepared[threadIdx.x] = reinterpret_cast<const std::uint32_t*>(
          rows.claim.operands.q)[rows.first * words + threadIdx.x];
    }
  }

  /// Keys whose score can't be give the least of them to `bad_key`.
  __device__ static void weigh(const AttentionCheck& check, const Rows& rows,
                               const std::uint32_t* prepared, std::uint64_t key,
                               std::uint32_t (&weights)[k_rows], Sum* bad_key) {
    const std::uint64_t chunks = check.problem.head_dim / 8;
    const auto* const from =
        reinterpret_cast<const Sixteen*>(rows.claim.operands.k) + (rows.keys.first + key) * chunks;
    float score = 0;  // Exact: below 2^24, whatever is drawn.
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
      const Sixteen of_key = from[chunk];
      Sixteen of_query;
      ASSAY_UNROLL
      for (unsigned i = 0; i < 4; ++i) {
        of_query.words[i] = prepared[4 * chunk + i];
      }
      ASSAY_UNROLL
      for (unsigned i = 0; i < 8; ++i) {
        score += bf16_number(of_query, i) * bf16_number(of_key, i);
      }
    }
    const auto live = static_cast<float>(check.pattern->rule().live);
    const float doubled = score + live;  // Twice the weight's logarithm, and even.
    const unsigned whole = doubled >= 0 && doubled <= 2 * live ? static_cast<unsigned>(doubled) : 1;
    const bool possible = whole % 2 == 0 && static_cast<float>(whole) == doubled;
    if (!possible) {
      atomicMin(bad_key, static_cast<Sum>(key));
    }
    weights[0] = possible ? 1U << (whole / 2) : 0;
  }
};

/// The weights of up to eight rows from the seed.
struct WeighedBySeed {
  static constexpr unsigned k_rows = k_checked_rows;
  static constexpr unsigned k_counts = k_rows * k_most_live;  // Where those begin.
  static_assert(k_counts + k_rows <= k_prepared);

  /// Of each row each live pair: its place in the row, doubled, and whether its a is -1. Then how
  /// many keys each row sees.
  __device__ static void prepare(const AttentionCheck& check, const Rows& rows,
                                 std::uint32_t* prepared) {
    const AttentionPattern& pattern = *check.pattern;
    const std::uint64_t live = pattern.rule().live;
    const std::uint64_t row = threadIdx.x / k_most_live;
    const std::uint64_t block = threadIdx.x % k_most_live;
    if (row < rows.count && block < live) {
      const auto at =
          pattern.live_pair(rows.claim.place.query_blocks + (rows.first + row) * live + block);
      const std::uint64_t pair = block * pattern.pairs_in_block() + at.place;
      prepared[threadIdx.x] = static_cast<std::uint32_t>(2 * pair + (at.negative ? 1U : 0U));
    }
    if (threadIdx.x < k_rows) {
      const bool there = threadIdx.x < rows.count;
      prepared[k_counts + threadIdx.x] = static_cast<std::uint32_t>(
          there ? seen_by(check.problem, rows.first + threadIdx.x).count : 0);
    }
  }

  __device__ static void weigh(const AttentionCheck& check, const Rows& rows,
                               const std::uint32_t* prepared, std::uint64_t key,
                               std::uint32_t (&weights)[k_rows], Sum* /*bad_key*/) {
    const AttentionPattern& pattern = *check.pattern;
    const std::uint64_t begin = (rows.keys.first + key) * pattern.pairs();
    const std::uint64_t low = pattern.key_signs(begin);
    const std::uint64_t high = pattern.key_signs(begin + pattern.pairs() - 1);
    const auto live = static_cast<unsigned>(pattern.rule().live);
    const auto shift = static_cast<unsigned>(begin % 64);
    ASSAY_UNROLL
    for (unsigned row = 0; row < k_rows; ++row) {
      unsigned agreeing = 0;
      for (unsigned block = 0; block < live; ++block) {
        const std::uint32_t drawn = prepared[row * k_most_live + block];
        const unsigned bit = shift + drawn / 2;
        const auto sign = static_cast<unsigned>((bit < 64 ? low : high) >> bit % 64) & 1U;
        agreeing += sign == (drawn & 1U) ? 1U : 0U;
      }
      weights[row] = key < prepared[k_counts + row] ? 1U << agreeing : 0;
    }
  }
};

/// Adds what a thread has of some keys: eight columns of its slice, 16 bytes a load. 32 bits hold
/// it: all weights of a row add up to less than 2^24 (kernels/attention_plan.cpp), and those of one
/// of at least 16 slices, whose keys are spread evenly, times 255 to less than 2^31.
template <unsigned CountRows>
__device__ void add_values(std::int32_t (&sums)[CountRows][8], const std::uint32_t* weights,
                           const Sixteen* values, unsigned groups, unsigned keys) {
  for (unsigned key = threadIdx.x / groups; key < keys; key += k_block / groups) {
    const Sixteen chunk = values[std::uint64_t{key} * groups + threadIdx.x % groups];
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      const auto value = static_cast<std::int32_t>(bf16_number(chunk, i));
      ASSAY_UNROLL
      for (unsigned row = 0; row < CountRows; ++row) {
        sums[row][i] += static_cast<std::int32_t>(weights[row * k_keys + key]) * value;
      }
    }
  }
}

/// By a block of threads: what thread 0 gets back is the first wrong element.
template <class Weighed>
__device__ RowFinding compare(const AttentionCheck& check, const Rows& rows) {
  constexpr unsigned k_rows = Weighed::k_rows;
  ASSAY_SHARED(std::uint32_t, prepared, k_prepared);
  ASSAY_SHARED(std::uint32_t, weights, k_rows * k_keys);
  ASSAY_SHARED(Sum, sums, k_rows * k_most_columns);
  ASSAY_SHARED(Sum, of_weights, k_rows);
  ASSAY_SHARED(Sum, found, 2);  // An element and a key.
  const auto columns = static_cast<unsigned>(check.problem.value_dim);
  const unsigned groups = columns / 8;
  for (unsigned i = threadIdx.x; i < k_rows * k_most_columns; i += k_block) {
    sums[i] = 0;
  }
  if (threadIdx.x < k_rows) {
    of_weights[threadIdx.x] = 0;
  }
  if (threadIdx.x < 2) {
    found[threadIdx.x] = k_none;
  }
  Weighed::prepare(check, rows, prepared);
  __syncthreads();
  std::int32_t own[k_rows][8] = {};
  Sum own_weights[k_rows] = {};
  for (std::uint64_t key = 0; key < rows.keys.count; key += k_keys) {
    const std::uint64_t left = rows.keys.count - key;
    const unsigned here = left < k_keys ? static_cast<unsigned>(left) : k_keys;
    if (threadIdx.x < here) {
      std::uint32_t made[k_rows];
      Weighed::weigh(check, rows, prepared, key + threadIdx.x, made, &found[1]);
      ASSAY_UNROLL
      for (unsigned row = 0; row < k_rows; ++row) {
        weights[row * k_keys + threadIdx.x] = made[row];
        own_weights[row] += made[row];
      }
    }
    __syncthreads();
    const auto* const values =
        reinterpret_cast<const Sixteen*>(rows.claim.operands.v) + (rows.keys.first + key) * groups;
    add_values(own, weights, values, groups, here);
    __syncthreads();
  }
  ASSAY_UNROLL
  for (unsigned row = 0; row < k_rows; ++row) {
    atomicAdd(&of_weights[row], own_weights[row]);
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      atomicAdd(&sums[row * k_most_columns + threadIdx.x % groups * 8 + i],
                static_cast<Sum>(static_cast<std::int64_t>(own[row][i])));
    }
  }
  __syncthreads();
  const auto expected = [&](unsigned at) {
    const unsigned row = at / columns;
    return attention_bits(NumberType::bf16,
                          static_cast<std::int64_t>(sums[row * k_most_columns + at % columns]),
                          of_weights[row]);
  };
  const std::uint64_t begin = rows.first * columns;
  for (unsigned i = threadIdx.x; i < rows.count * columns; i += k_block) {
    if (reinterpret_cast<const std::uint16_t*>(rows.claim.o)[begin + i] != expected(i)) {
      atomicMin(&found[0], static_cast<Sum>(begin + i));
    }
  }
  __syncthreads();
  if (threadIdx.x != 0) {
    return {};
  }
  const bool right = found[0] == k_none;
  return {.element = found[0],
          .expected = right ? 0 : expected(static_cast<unsigned>(found[0] - begin)),
          .bad_key = found[1]};
}

/// Block i has task i: see least_of_row().
__global__ void compare_rows(AttentionCheck check, const RowTask* tasks, RowFinding* findings) {
  const RowTask& task = tasks[blockIdx.x];
  const Rows rows{
      .claim = task.claim, .first = task.row, .count = 1, .keys = seen_by(check.problem, task.row)};
  const RowFinding finding = compare<WeighedByScores>(check, rows);
  if (threadIdx.x == 0) {
    findings[blockIdx.x] = finding;
  }
}

/// Rows that see the same keys and values stand one after the other, of one head and of the next.
struct RowBlocks {
  std::uint64_t rows = 0;    ///< Of heads that share keys.
  std::uint64_t blocks = 0;  ///< Of those.
};

/// Block i has rows of its own, from block `begin` on: see least_of_output(). Either the least
/// element goes to `first`, or the only block's finding to `finding`.
__global__ void compare_output(AttentionCheck check, AttentionClaim claim, RowBlocks sharing,
                               std::uint64_t begin, Sum* first, RowFinding* finding) {
  const std::uint64_t block = begin + blockIdx.x;
  const std::uint64_t kv_head = block / sharing.blocks;
  const std::uint64_t before = block % sharing.blocks * k_checked_rows;
  const std::uint64_t left = sharing.rows - before;
  Rows rows{.claim = claim,
            .first = kv_head * sharing.rows + before,
            .count = left < k_checked_rows ? left : k_checked_rows,
            .keys = {}};
  for (std::uint64_t row = rows.first; row < rows.first + rows.count; ++row) {
    const SeenKeys seen = seen_by(check.problem, row);
    rows.keys = seen.count > rows.keys.count ? seen : rows.keys;
  }
  const RowFinding found = compare<WeighedBySeed>(check, rows);
  if (threadIdx.x == 0 && first != nullptr) {
    atomicMin(first, static_cast<Sum>(found.element));
  }
  if (threadIdx.x == 0 && finding != nullptr) {
    *finding = found;
  }
}

RowBlocks sharing_of(const AttentionProblem& problem) {
  const std::uint64_t rows = problem.heads / problem.kv_heads * queries_of(problem);
  return {.rows = rows, .blocks = (rows + k_checked_rows - 1) / k_checked_rows};
}

}  // namespace

Result<std::vector<RowFinding>> check_rows(const AttentionCheck& check,
                                           const std::vector<RowTask>& tasks, cudaStream_t stream) {
  if (tasks.empty()) {
    return std::vector<RowFinding>{};
  }
  const auto asked = on_device(tasks);
  const auto findings = DeviceBuffer::of_bytes(tasks.size() * sizeof(RowFinding));
  if (!asked || !findings) {
    return asked ? findings.error() : asked.error();
  }
  ASSAY_LAUNCH(compare_rows, static_cast<unsigned>(tasks.size()), k_block, stream, check,
               asked->as<RowTask>(), findings->as<RowFinding>());
  if (auto launched = check_launch("compare_rows"); !launched) {
    return launched.error();
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of rows"); !done) {
    return done.error();
  }
  return on_host<RowFinding>(*findings, tasks.size());
}

Result<std::optional<RowFinding>> check_output(const AttentionCheck& check,
                                               const AttentionClaim& claim, cudaStream_t stream) {
  const RowBlocks sharing = sharing_of(check.problem);
  const auto blocks = check.problem.batch * check.problem.kv_heads * sharing.blocks;
  const auto first = on_device(std::vector<Sum>{k_none});
  const auto finding = on_device(std::vector<RowFinding>(1));
  if (!first || !finding) {
    return first ? finding.error() : first.error();
  }
  RowFinding* const no_finding = nullptr;
  Sum* const no_first = nullptr;
  ASSAY_LAUNCH(compare_output, static_cast<unsigned>(blocks), k_block, stream, check, claim,
               sharing, std::uint64_t{0}, first->as<Sum>(), no_finding);
  if (auto launched = check_launch("compare_output"); !launched) {
    return launched.error();
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of an output"); !done) {
    return done.error();
  }
  const auto found = on_host<Sum>(*first, 1);
  if (!found) {
    return found.error();
  }
  if (found->front() == k_none) {
    return std::optional<RowFinding>();
  }
  const std::uint64_t row = found->front() / check.problem.value_dim;
  const std::uint64_t block =
      row / sharing.rows * sharing.blocks + row % sharing.rows / k_checked_rows;
  ASSAY_LAUNCH(compare_output, 1, k_block, stream, check, claim, sharing, block, no_first,
               finding->as<RowFinding>());
  if (auto launched = check_launch("compare_output"); !launched) {
    return launched.error();
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of rows"); !done) {
    return done.error();
  }
  const auto said = on_host<RowFinding>(*finding, 1);
  if (!said) {
    return said.error();
  }
  return std::optional<RowFinding>(said->front());
}

}  // namespace assay::cuda
