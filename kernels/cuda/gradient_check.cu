#include <algorithm>
#include <array>

#include "kernels/cuda/gradient_check.h"
#include "kernels/cuda/warp_matrix.h"

namespace assay::cuda {
namespace {

using Sum = unsigned long long;  // What atomicMin takes.

constexpr Sum k_none = RowFinding::k_none;
constexpr unsigned k_others = k_block;  // Weighed at a time, one a thread.
constexpr unsigned k_most_columns = 192;
constexpr unsigned k_most_live = 8;    // Of scores.
constexpr unsigned k_live_slopes = 2;  // kernels/attention_gradients.cpp

/// Some rows of one gradient, each a sum of the same rows of Q, K or dO: of those, of keys or of
/// queries, that it has a weight and a slope with.
struct Rows {
  GradientClaim claim;
  GradientPart part;
  std::uint64_t first = 0, count = 0;  ///< Of that gradient.
  SeenKeys others;                     ///< Of Q, if they are of dK or dV.
};

/// The row of Q and that of K of a pair.
struct RowPair {
  std::uint64_t query = 0, key = 0;
};
__device__ RowPair pair_of(const Rows& rows, std::uint64_t row, std::uint64_t other) {
  const bool of_query = rows.part.gradient == Gradient::of_q;
  const std::uint64_t own = rows.first + row;
  const std::uint64_t there = rows.others.first + other;
  return of_query ? RowPair{.query = own, .key = there} : RowPair{.query = there, .key = own};
}
__device__ bool sees(const AttentionProblem& problem, const RowPair& pair) {
  return pair.key % problem.seq < seen_by(problem, pair.query).count;
}

/// What stands before a row in the sum: w e, or w.
__device__ std::int32_t factor_of(Gradient gradient, std::int32_t w, std::int32_t e) {
  return gradient == Gradient::of_v ? w : w * e;
}

/// Exact: below 2^24, whatever is drawn.
__device__ float product_of(const std::byte* a, std::uint64_t a_row, const std::byte* b,
                            std::uint64_t b_row, std::uint64_t columns) {
  const std::uint64_t chunks = columns / 8;
  const auto* const of_a = reinterpret_cast<const Sixteen*>(a) + a_row * chunks;
  const auto* const of_b = reinterpret_cast<const Sixteen*>(b) + b_row * chunks;
  float sum = 0;
  for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
    const Sixteen left = of_a[chunk];
    const Sixteen right = of_b[chunk];
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      sum += bf16_number(left, i) * bf16_number(right, i);
    }
  }
  return sum;
}

/// An even number of twice as many as `least` .. `most`, or nothing that is none of those.
__device__ bool half_of(float doubled, std::int32_t least, std::int32_t most, std::int32_t& half) {
  const bool inside =
      doubled >= static_cast<float>(2 * least) && doubled <= static_cast<float>(2 * most);
  const auto whole = inside ? static_cast<std::int32_t>(doubled) : 1;
  half = whole / 2;
  return whole % 2 == 0 && static_cast<float>(whole) == doubled;
}

/// The factors of one row by the definition.
struct FactorsByProducts {
  static constexpr unsigned k_rows = 1;
  struct Prepared {
    std::uint32_t nothing;
  };
  __device__ static void prepare(const GradientCheck& /*check*/, const Rows& /*rows*/,
                                 Prepared* /*prepared*/) {}

  /// Others with which w or e can't be give the least of them to `bad`.
  __device__ static void weigh(const GradientCheck& check, const Rows& rows,
                               const Prepared* /*prepared*/, std::uint64_t other,
                               std::int32_t (&factors)[k_rows], Sum* bad) {
    const AttentionProblem& problem = check.problem;
    const GradientViews& views = rows.claim.operands;
    const RowPair pair = pair_of(rows, 0, other);
    factors[0] = 0;
    if (!sees(problem, pair)) {
      return;
    }
    const auto most_w = static_cast<std::int32_t>(check.pattern->rule().scores.live + 1);
    const auto most_e = static_cast<std::int32_t>(check.pattern->rule().slopes.live);
    const float score = product_of(views.q, pair.query, views.k, pair.key, problem.head_dim);
    // Twice log2(P), and with w = 2^(live + 1) P twice that of w.
    const float doubled = score - 2 * views.l[pair.query] + static_cast<float>(2 * most_w);
    std::int32_t power = 0;
    bool possible = half_of(doubled, 0, most_w, power);
    std::int32_t e = 0;
    if (rows.part.gradient != Gradient::of_v) {
      const float dp = product_of(views.d_o, pair.query, views.v, pair.key, problem.value_dim);
      const float d = product_of(views.d_o, pair.query, views.o, pair.query, problem.value_dim);
      possible = half_of(dp - d, -most_e, most_e, e) && possible;
    }
    if (!possible) {
      atomicMin(bad, static_cast<Sum>(rows.others.first + other));
      return;
    }
    factors[0] = factor_of(rows.part.gradient, 1 << power, e);
  }
};

/// What the seed says of a row of Q: of each live pair its place in the row, doubled, and whether
/// its a is -1.
struct DrawnQuery {
  std::uint32_t scores[k_most_live], slopes[k_live_slopes];
  std::int32_t with_o, raised;
};
__device__ std::uint32_t drawn_pair(const AttentionPattern& pattern, std::uint64_t blocks,
                                    std::uint64_t row, std::uint64_t block) {
  const auto at = pattern.live_pair(blocks + row * pattern.rule().live + block);
  return static_cast<std::uint32_t>(2 * (block * pattern.pairs_in_block() + at.place) +
                                    (at.negative ? 1U : 0U));
}
__device__ DrawnQuery drawn_query(const GradientCheck& check, const GradientTuple& place,
                                  std::uint64_t row) {
  const GradientPattern& pattern = *check.pattern;
  DrawnQuery drawn{};
  ASSAY_UNROLL
  for (unsigned block = 0; block < k_most_live; ++block) {
    if (block < pattern.rule().scores.live) {
      drawn.scores[block] = drawn_pair(pattern.scores(), place.query_blocks, row, block);
    }
  }
  ASSAY_UNROLL
  for (unsigned block = 0; block < k_live_slopes; ++block) {
    drawn.slopes[block] = drawn_pair(pattern.slopes(), place.slope_blocks, row, block);
  }
  drawn.with_o = static_cast<std::int32_t>(pattern.agreeing_with_o(place, row));
  drawn.raised = pattern.lowered(row) ? 0 : 1;
  return drawn;
}

/// Of a row of K and of its values: where b is -1. No row lies in more than two words.
struct DrawnKey {
  std::uint64_t low, high, slopes;
  unsigned shift, slope_shift;
};
__device__ DrawnKey drawn_key(const GradientCheck& check, const GradientTuple& place,
                              std::uint64_t row) {
  const AttentionPattern& scores = check.pattern->scores();
  const AttentionPattern& slopes = check.pattern->slopes();
  const std::uint64_t begin = row * scores.pairs();
  const std::uint64_t of_values = (place.value_rows + row) * slopes.pairs();
  return {.low = scores.key_signs(begin),
          .high = scores.key_signs(begin + scores.pairs() - 1),
          .slopes = slopes.key_signs(of_values),
          .shift = static_cast<unsigned>(begin % 64),
          .slope_shift = static_cast<unsigned>(of_values % 64)};
}

__device__ std::int32_t drawn_factor(Gradient gradient, const DrawnQuery& query,
                                     const DrawnKey& key, unsigned live) {
  unsigned agreeing = 0;
  ASSAY_UNROLL
  for (unsigned block = 0; block < k_most_live; ++block) {
    const unsigned bit = key.shift + query.scores[block] / 2;
    const auto sign = static_cast<unsigned>((bit < 64 ? key.low : key.high) >> bit % 64) & 1U;
    agreeing += block < live && sign == (query.scores[block] & 1U) ? 1U : 0U;
  }
  std::int32_t sloping = 0;
  ASSAY_UNROLL
  for (unsigned block = 0; block < k_live_slopes; ++block) {
    const unsigned bit = key.slope_shift + query.slopes[block] / 2;
    const auto sign = static_cast<unsigned>(key.slopes >> bit % 64) & 1U;
    sloping += sign == (query.slopes[block] & 1U) ? 1 : 0;
  }
  return factor_of(gradient, 1 << (agreeing + static_cast<unsigned>(query.raised)),
                   sloping - query.with_o);
}

/// The factors of up to eight rows from the seed: what is drawn of those is prepared, what is of
/// the others each thread draws itself.
struct FactorsBySeed {
  static constexpr unsigned k_rows = k_checked_rows;
  struct Prepared {
    DrawnQuery query;
    DrawnKey key;
  };

  __device__ static void prepare(const GradientCheck& check, const Rows& rows, Prepared* prepared) {
    if (threadIdx.x >= rows.count) {
      return;
    }
    const std::uint64_t row = rows.first + threadIdx.x;
    if (rows.part.gradient == Gradient::of_q) {
      prepared[threadIdx.x].query = drawn_query(check, rows.claim.place, row);
    } else {
      prepared[threadIdx.x].key = drawn_key(check, rows.claim.place, row);
    }
  }

  __device__ static void weigh(const GradientCheck& check, const Rows& rows,
                               const Prepared* prepared, std::uint64_t other,
                               std::int32_t (&factors)[k_rows], Sum* /*bad*/) {
    const auto live = static_cast<unsigned>(check.pattern->rule().scores.live);
    const Gradient gradient = rows.part.gradient;
    const std::uint64_t row_there = rows.others.first + other;
    ASSAY_UNROLL
    for (unsigned row = 0; row < k_rows; ++row) {
      factors[row] = 0;
    }
    if (gradient == Gradient::of_q) {
      const DrawnKey key = drawn_key(check, rows.claim.place, row_there);
      ASSAY_UNROLL
      for (unsigned row = 0; row < k_rows; ++row) {
        if (is_pair(check.problem, rows, row, other)) {
          factors[row] = drawn_factor(gradient, prepared[row].query, key, live);
        }
      }
    } else {
      const DrawnQuery query = drawn_query(check, rows.claim.place, row_there);
      ASSAY_UNROLL
      for (unsigned row = 0; row < k_rows; ++row) {
        if (is_pair(check.problem, rows, row, other)) {
          factors[row] = drawn_factor(gradient, query, prepared[row].key, live);
        }
      }
    }
  }

 private:
  __device__ static bool is_pair(const AttentionProblem& problem, const Rows& rows, unsigned row,
                                 std::uint64_t other) {
    return row < rows.count && sees(problem, pair_of(rows, row, other));
  }
};

/// Adds what a thread has of some of the others: eight columns of its slice, 16 bytes a load.
/// Modulo 2^32, in which every right sum fits (kernels/attention_gradients.h).
template <unsigned CountRows>
__device__ void add_summands(std::uint32_t (&sums)[CountRows][8], const std::int32_t* factors,
                             const Sixteen* summands, unsigned groups, unsigned others) {
  const unsigned slices = k_block / groups;
  const unsigned slice = threadIdx.x / groups;
  for (unsigned other = slice; slice < slices && other < others; other += slices) {
    const Sixteen chunk = summands[std::uint64_t{other} * groups + threadIdx.x % groups];
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      const auto number = static_cast<std::int32_t>(bf16_number(chunk, i));
      ASSAY_UNROLL
      for (unsigned row = 0; row < CountRows; ++row) {
        sums[row][i] += static_cast<std::uint32_t>(factors[row * k_others + other]) *
                        static_cast<std::uint32_t>(number);
      }
    }
  }
}

__device__ const std::byte* summands_of(const Rows& rows) {
  const GradientViews& views = rows.claim.operands;
  return rows.part.gradient == Gradient::of_q   ? views.k
         : rows.part.gradient == Gradient::of_k ? views.q
                                                : views.d_o;
}

/// By a block of threads: what thread 0 gets back is the first wrong element.
template <class Factors>
__device__ RowFinding compare(const GradientCheck& check, const Rows& rows) {
  constexpr unsigned k_rows = Factors::k_rows;
  ASSAY_SHARED(typename Factors::Prepared, prepared, k_rows);
  ASSAY_SHARED(std::int32_t, factors, k_rows * k_others);
  ASSAY_SHARED(std::uint32_t, sums, k_rows * k_most_columns);
  ASSAY_SHARED(Sum, found, 2);  // An element and a row of the others.
  const auto columns = static_cast<unsigned>(rows.part.columns);
  const unsigned groups = columns / 8;
  for (unsigned i = threadIdx.x; i < k_rows * k_most_columns; i += k_block) {
    sums[i] = 0;
  }
  if (threadIdx.x < 2) {
    found[threadIdx.x] = k_none;
  }
  Factors::prepare(check, rows, prepared);
  __syncthreads();
  std::uint32_t own[k_rows][8] = {};
  const auto* const summands = reinterpret_cast<const Sixteen*>(summands_of(rows));
  for (std::uint64_t other = 0; other < rows.others.count; other += k_others) {
    const std::uint64_t left = rows.others.count - other;
    const unsigned here = left < k_others ? static_cast<unsigned>(left) : k_others;
    if (threadIdx.x < here) {
      std::int32_t made[k_rows];
      Factors::weigh(check, rows, prepared, other + threadIdx.x, made, &found[1]);
      ASSAY_UNROLL
      for (unsigned row = 0; row < k_rows; ++row) {
        factors[row * k_others + threadIdx.x] = made[row];
      }
    }
    __syncthreads();
    add_summands(own, factors, summands + (rows.others.first + other) * groups, groups, here);
    __syncthreads();
  }
  ASSAY_UNROLL
  for (unsigned row = 0; row < k_rows; ++row) {
    ASSAY_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      atomicAdd(&sums[row * k_most_columns + threadIdx.x % groups * 8 + i], own[row][i]);
    }
  }
  __syncthreads();
  const auto expected = [&](unsigned at) {
    const std::uint32_t sum = sums[at / columns * k_most_columns + at % columns];
    return gradient_bits(NumberType::bf16, rows.part.gradient, check.pattern->rule().scores.live,
                         static_cast<std::int32_t>(sum));
  };
  const std::uint64_t begin = rows.part.begin + rows.first * columns;
  for (unsigned i = threadIdx.x; i < rows.count * columns; i += k_block) {
    if (reinterpret_cast<const std::uint16_t*>(rows.claim.slot)[begin + i] != expected(i)) {
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

/// Rows of Q whose heads share that row of K.
constexpr SeenKeys queries_of_key(const AttentionProblem& problem, std::uint64_t row) {
  const std::uint64_t count = problem.heads / problem.kv_heads * problem.seq;
  return {.first = row / problem.seq * count, .count = count};
}

/// Block i has task i: see least_of_gradient_row().
__global__ void compare_gradient_rows(GradientCheck check, const GradientRowTask* tasks,
                                      RowFinding* findings) {
  const GradientRowTask& task = tasks[blockIdx.x];
  const GradientPart part = part_of_row(check.problem, task.row);
  const std::uint64_t row = task.row - part.first_row;
  const Rows rows{.claim = task.claim,
                  .part = part,
                  .first = row,
                  .count = 1,
                  .others = part.gradient == Gradient::of_q ? seen_by(check.problem, row)
                                                            : queries_of_key(check.problem, row)};
  const RowFinding finding = compare<FactorsByProducts>(check, rows);
  if (threadIdx.x == 0) {
    findings[blockIdx.x] = finding;
  }
}

/// Rows of one gradient that are sums of the same others stand one after the other: those of heads
/// that share keys, or one head's keys.
struct RowBlocks {
  std::uint64_t rows = 0;    ///< With the same others.
  std::uint64_t blocks = 0;  ///< Of those.
};
constexpr RowBlocks row_blocks(const AttentionProblem& problem, Gradient gradient) {
  const std::uint64_t shared = gradient == Gradient::of_q ? problem.heads / problem.kv_heads : 1;
  const std::uint64_t rows = shared * problem.seq;
  return {.rows = rows, .blocks = (rows + k_checked_rows - 1) / k_checked_rows};
}

/// Block i has rows of one gradient, from block `begin` on: see least_of_gradients(). Either the
/// least element goes to `first`, or the only block's finding to `finding`.
__global__ void compare_gradients(GradientCheck check, GradientClaim claim, Gradient gradient,
                                  std::uint64_t begin, Sum* first, RowFinding* finding) {
  const RowBlocks sharing = row_blocks(check.problem, gradient);
  const std::uint64_t block = begin + blockIdx.x;
  const std::uint64_t before = block % sharing.blocks * k_checked_rows;
  const std::uint64_t left = sharing.rows - before;
  Rows rows{.claim = claim,
            .part = part_of_gradients(check.problem, gradient),
            .first = block / sharing.blocks * sharing.rows + before,
            .count = left < k_checked_rows ? left : k_checked_rows,
            .others = {}};
  if (gradient == Gradient::of_q) {
    for (std::uint64_t row = rows.first; row < rows.first + rows.count; ++row) {
      const SeenKeys seen = seen_by(check.problem, row);
      rows.others = seen.count > rows.others.count ? seen : rows.others;
    }
  } else {
    rows.others = queries_of_key(check.problem, rows.first);
  }
  const RowFinding found = compare<FactorsBySeed>(check, rows);
  if (threadIdx.x == 0 && first != nullptr) {
    atomicMin(first, static_cast<Sum>(found.element));
  }
  if (threadIdx.x == 0 && finding != nullptr) {
    *finding = found;
  }
}

constexpr std::array<Gradient, 3> k_gradients{Gradient::of_q, Gradient::of_k, Gradient::of_v};

/// What is wrong first in the block of that element.
Result<std::optional<RowFinding>> look_again(const GradientCheck& check, const GradientClaim& claim,
                                             std::uint64_t element, cudaStream_t stream) {
  const GradientPlaces places = gradient_places(check.problem);
  const Gradient gradient = element < places.dk   ? Gradient::of_q
                            : element < places.dv ? Gradient::of_k
                                                  : Gradient::of_v;
  const GradientPart part = part_of_gradients(check.problem, gradient);
  const RowBlocks sharing = row_blocks(check.problem, gradient);
  const std::uint64_t row = (element - part.begin) / part.columns;
  const std::uint64_t block =
      row / sharing.rows * sharing.blocks + row % sharing.rows / k_checked_rows;
  const auto finding = on_device(std::vector<RowFinding>(1));
  if (!finding) {
    return finding.error();
  }
  Sum* const no_first = nullptr;
  ASSAY_LAUNCH(compare_gradients, 1, k_block, stream, check, claim, gradient, block, no_first,
               finding->as<RowFinding>());
  if (auto launched = check_launch("compare_gradients"); !launched) {
    return launched.error();
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of rows"); !done) {
    return done.error();
  }
  const auto said = on_host<RowFinding>(*finding, 1);
  return said ? Result<std::optional<RowFinding>>(said->front()) : said.error();
}

}  // namespace

Result<std::vector<RowFinding>> check_gradient_rows(const GradientCheck& check,
                                                    const std::vector<GradientRowTask>& tasks,
                                                    cudaStream_t stream) {
  if (tasks.empty()) {
    return std::vector<RowFinding>{};
  }
  const auto asked = on_device(tasks);
  const auto findings = DeviceBuffer::of_bytes(tasks.size() * sizeof(RowFinding));
  if (!asked || !findings) {
    return asked ? findings.error() : asked.error();
  }
  ASSAY_LAUNCH(compare_gradient_rows, static_cast<unsigned>(tasks.size()), k_block, stream, check,
               asked->as<GradientRowTask>(), findings->as<RowFinding>());
  if (auto launched = check_launch("compare_gradient_rows"); !launched) {
    return launched.error();
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of rows"); !done) {
    return done.error();
  }
  return on_host<RowFinding>(*findings, tasks.size());
}

Result<std::optional<RowFinding>> check_gradients(const GradientCheck& check,
                                                  const GradientClaim& claim, cudaStream_t stream) {
  const auto first = on_device(std::vector<Sum>{k_none});
  if (!first) {
    return first.error();
  }
  RowFinding* const no_finding = nullptr;
  for (const Gradient gradient : k_gradients) {
    const auto blocks =
        check.problem.batch * check.problem.kv_heads * row_blocks(check.problem, gradient).blocks;
    ASSAY_LAUNCH(compare_gradients, static_cast<unsigned>(blocks), k_block, stream, check, claim,
                 gradient, std::uint64_t{0}, first->as<Sum>(), no_finding);
    if (auto launched = check_launch("compare_gradients"); !launched) {
      return launched.error();
    }
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "comparison of gradients"); !done) {
    return done.error();
  }
  const auto found = on_host<Sum>(*first, 1);
  if (!found) {
    return found.error();
  }
  return found->front() == k_none ? Result<std::optional<RowFinding>>(std::optional<RowFinding>())
                                  : look_again(check, claim, found->front(), stream);
}

}  // namespace assay::cuda
