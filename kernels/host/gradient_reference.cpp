#include "kernels/host/gradient_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/decimal_and_bits.h"
#include "kernels/host/agreeing_pairs.h"
#include "kernels/host/exact_tile.h"
#include "kernels/host/host_type.h"
#include "kernels/host/parallel.h"
#include "kernels/host/row_scores.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr std::uint64_t k_keys_at_once = 16;  // Of dK and dV, by one thread.
static_assert(k_keys_at_once % k_tile_rows == 0);

/// Consecutive rows of one gradient, as sums of consecutive rows of an operand.
struct SummedRows {
  Gradient gradient = Gradient::of_q;
  std::uint64_t first = 0, rows = 0;    ///< Of the gradient; at most k_tile_rows.
  const std::byte* factors = nullptr;   ///< rows x count whole numbers, as the inputs' type.
  const std::byte* summands = nullptr;  ///< count x columns.
  std::uint64_t count = 0, columns = 0;
};

std::optional<Mismatch> compare(const GradientClaim& claim, const SummedRows& summed) {
  const AttentionProblem& problem = *claim.problem;
  const GradientPlaces places = gradient_places(problem);
  const std::uint64_t begin = summed.gradient == Gradient::of_q   ? 0
                              : summed.gradient == Gradient::of_k ? places.dk
                                                                  : places.dv;
  Grades ungraded;
  ungraded.of_a.fill(1.0);
  ungraded.of_b.fill(1.0);
  const OperandPair pair{.a = {summed.factors, summed.rows, summed.count},
                         .b = {summed.summands, summed.count, summed.columns}};
  for (std::uint64_t column = 0; column < summed.columns; column += k_tile_columns) {
    const TileValues sums =
        exact_tile(problem.input, pair, ungraded,
                   {.row = 0, .column = column, .rows = summed.rows, .columns = k_tile_columns});
    for (std::uint64_t i = 0; i < summed.rows * k_tile_columns; ++i) {
      const std::uint64_t element = begin + (summed.first + i / k_tile_columns) * summed.columns +
                                    column + i % k_tile_columns;
      const std::uint64_t expected = gradient_bits(problem.output, summed.gradient,
                                                   claim.pattern->rule().scores.live, sums[i]);
      std::uint64_t actual = 0;
      std::memcpy(&actual, claim.slot + element * bytes_of(problem.output),
                  bytes_of(problem.output));
      if (actual != expected) {
        return Mismatch{.index = element,
                        .expected = decimal_and_bits(problem.output, expected),
                        .actual = decimal_and_bits(problem.output, actual)};
      }
    }
  }
  return std::nullopt;
}

// By the definition.

/// w and e of one pair of query and key, from products in memory.
struct PairFactors {
  double w = 0, e = 0;
};

std::optional<PairFactors> factors_of(const GradientClaim& claim, double score, double dp, double d,
                                      float level) {
  const auto live = static_cast<double>(claim.pattern->rule().scores.live);
  // P is w 2^-(live + 1), dP - D is 2 e.
  const PairFactors found{.w = std::exp2(score / 2 - static_cast<double>(level) + live + 1),
                          .e = (dp - d) / 2};
  const bool whole = found.w >= 1 && found.w <= std::exp2(live + 1) &&
                     found.w == std::floor(found.w) && found.e == std::floor(found.e) &&
                     std::abs(found.e) <= static_cast<double>(claim.pattern->rule().slopes.live);
  return whole ? std::optional(found) : std::nullopt;
}

/// Rows of the operands of one head of K.
class DefinedRows {
 public:
  explicit DefinedRows(const GradientClaim& claim) : claim_(claim) {}

  [[nodiscard]] std::vector<double> products(const std::byte* row, const std::byte* rows,
                                             std::uint64_t count, std::uint64_t columns) const {
    std::vector<double> found(count);
    score_rows(claim_.problem->input,
               {.q = row, .k = rows, .keys = count, .columns = columns, .scores = found.data()});
    return found;
  }
  [[nodiscard]] double d_of(std::uint64_t row) const {
    return products(at(claim_.operands.d_o, row, claim_.problem->value_dim),
                    at(claim_.operands.o, row, claim_.problem->value_dim), 1,
                    claim_.problem->value_dim)[0];
  }
  [[nodiscard]] const std::byte* at(const std::byte* from, std::uint64_t row,
                                    std::uint64_t columns) const {
    return from + row * columns * bytes_of(claim_.problem->input);
  }

 private:
  const GradientClaim& claim_;
};

Mismatch bad_pair(std::uint64_t element) {
  return {.index = element,
          .expected = "operands whose weights and slopes are whole",
          .actual = "others in memory"};
}

std::optional<Mismatch> check_row_of_dq(const GradientClaim& claim, std::uint64_t row) {
  const AttentionProblem& problem = *claim.problem;
  const GradientViews& views = claim.operands;
  const DefinedRows rows(claim);
  const SeenKeys keys = seen_by(problem, row);
  const std::byte* const k = rows.at(views.k, keys.first, problem.head_dim);
  const auto scores =
      rows.products(rows.at(views.q, row, problem.head_dim), k, keys.count, problem.head_dim);
  const auto dps =
      rows.products(rows.at(views.d_o, row, problem.value_dim),
                    rows.at(views.v, keys.first, problem.value_dim), keys.count, problem.value_dim);
  const double d = rows.d_of(row);
  std::vector<std::byte> factors(keys.count * bytes_of(problem.input));
  for (std::uint64_t j = 0; j < keys.count; ++j) {
    const auto pair = factors_of(claim, scores[j], dps[j], d, views.l[row]);
    if (!pair) {
      return bad_pair(row * problem.head_dim);
    }
    store_element(problem.input, factors.data(), j, pair->w * pair->e);
  }
  return compare(claim, {.gradient = Gradient::of_q,
                         .first = row,
                         .rows = 1,
                         .factors = factors.data(),
                         .summands = k,
                         .count = keys.count,
                         .columns = problem.head_dim});
}

/// The rows of Q whose heads share that row of K.
SeenKeys queries_of_key(const AttentionProblem& problem, std::uint64_t row) {
  const std::uint64_t count = problem.heads / problem.kv_heads * problem.seq;
  return {.first = row / problem.seq * count, .count = count};
}

std::optional<Mismatch> check_row_of_key(const GradientClaim& claim, Gradient gradient,
                                         std::uint64_t row) {
  const AttentionProblem& problem = *claim.problem;
  const GradientViews& views = claim.operands;
  const bool of_k = gradient == Gradient::of_k;
  const DefinedRows rows(claim);
  const SeenKeys queries = queries_of_key(problem, row);
  const std::byte* const q = rows.at(views.q, queries.first, problem.head_dim);
  const std::byte* const d_o = rows.at(views.d_o, queries.first, problem.value_dim);
  const auto scores =
      rows.products(rows.at(views.k, row, problem.head_dim), q, queries.count, problem.head_dim);
  const auto dps = rows.products(rows.at(views.v, row, problem.value_dim), d_o, queries.count,
                                 problem.value_dim);
  std::vector<std::byte> factors(queries.count * bytes_of(problem.input));
  for (std::uint64_t i = 0; i < queries.count; ++i) {
    const std::uint64_t query = queries.first + i;
    double factor = 0;
    if (seen_by(problem, query).count > row % problem.seq) {
      const auto pair =
          factors_of(claim, scores[i], dps[i], of_k ? rows.d_of(query) : dps[i], views.l[query]);
      if (!pair) {
        return bad_pair(row * problem.head_dim);
      }
      factor = of_k ? pair->w * pair->e : pair->w;
    }
    store_element(problem.input, factors.data(), i, factor);
  }
  return compare(claim, {.gradient = gradient,
                         .first = row,
                         .rows = 1,
                         .factors = factors.data(),
                         .summands = of_k ? q : d_o,
                         .count = queries.count,
                         .columns = of_k ? problem.head_dim : problem.value_dim});
}

// From the seed.

/// Weights and slopes of one head of K with its queries, as the pattern has them.
class SeededHead {
 public:
  SeededHead(const GradientClaim& claim, std::uint64_t kv_head)
      : claim_(claim),
        first_key_(kv_head * claim.problem->seq),
        scores_(claim.pattern->scores(), first_key_, claim.problem->seq),
        slopes_(claim.pattern->slopes(), claim.place.value_rows + first_key_, claim.problem->seq) {}

  [[nodiscard]] std::uint64_t first_key() const { return first_key_; }

  /// Calls store(j, w, e) for keys first .. last-1 of the head that a row of Q sees.
  template <class Store>
  void each_key(std::uint64_t row, std::uint64_t first, std::uint64_t last, const Store& store) {
    const AttentionProblem& problem = *claim_.problem;
    const GradientPattern& pattern = *claim_.pattern;
    last = std::min(last, seen_by(problem, row).count);
    if (first >= last) {
      return;
    }
    agreeing_.resize(problem.seq);
    sloping_.resize(problem.seq);
    scores_.count(claim_.place.query_blocks + row * pattern.rule().scores.live, first, last,
                  agreeing_.data());
    slopes_.count(claim_.place.slope_blocks + row * pattern.rule().slopes.live, first, last,
                  sloping_.data());
    const auto with_o = static_cast<int>(pattern.agreeing_with_o(claim_.place, row));
    const int raised = pattern.lowered(row) ? 0 : 1;
    for (std::uint64_t j = first; j < last; ++j) {
      store(j, 1 << (agreeing_[j - first] + raised), sloping_[j - first] - with_o);
    }
  }

 private:
  const GradientClaim& claim_;
  std::uint64_t first_key_;
  AgreeingPairs scores_, slopes_;
  std::vector<std::uint8_t> agreeing_, sloping_;
};

/// dQ's rows first .. last-1 of the heads that share one of K, counted from their first.
std::optional<Mismatch> check_dq(const GradientClaim& claim, SeededHead& head, std::uint64_t first,
                                 std::uint64_t last) {
  const AttentionProblem& problem = *claim.problem;
  const std::uint64_t element = bytes_of(problem.input);
  std::vector<std::byte> factors(k_tile_rows * problem.seq * element);
  for (std::uint64_t row = first; row < last; row += k_tile_rows) {
    const std::uint64_t rows = std::min(k_tile_rows, last - row);
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < rows; ++i) {
      count = std::max(count, seen_by(problem, row + i).count);
    }
    std::fill_n(factors.begin(), rows * count * element, std::byte{0});
    for (std::uint64_t i = 0; i < rows; ++i) {
      head.each_key(row + i, 0, problem.seq, [&](std::uint64_t j, int w, int e) {
        store_element(problem.input, factors.data(), i * count + j, w * e);
      });
    }
    if (auto wrong = compare(
            claim, {.gradient = Gradient::of_q,
                    .first = row,
                    .rows = rows,
                    .factors = factors.data(),
                    .summands = claim.operands.k + head.first_key() * problem.head_dim * element,
                    .count = count,
                    .columns = problem.head_dim})) {
      return wrong;
    }
  }
  return std::nullopt;
}

/// Rows first .. last-1 of dK and dV of one head: at most k_keys_at_once.
std::optional<Mismatch> check_keys(const GradientClaim& claim, SeededHead& head,
                                   std::uint64_t first, std::uint64_t last) {
  const AttentionProblem& problem = *claim.problem;
  const std::uint64_t element = bytes_of(problem.input);
  const SeenKeys queries = queries_of_key(problem, head.first_key());
  std::array<std::vector<std::byte>, 2> factors;  // Of dK; of dV.
  factors.fill(std::vector<std::byte>(k_keys_at_once * queries.count * element));
  for (std::uint64_t i = 0; i < queries.count; ++i) {
    head.each_key(queries.first + i, first, last, [&](std::uint64_t j, int w, int e) {
      const std::uint64_t at = (j - first) * queries.count + i;
      store_element(problem.input, factors[0].data(), at, w * e);
      store_element(problem.input, factors[1].data(), at, w);
    });
  }
  for (std::uint64_t row = first; row < last; row += k_tile_rows) {
    SummedRows summed{.gradient = Gradient::of_k,
                      .first = head.first_key() + row,
                      .rows = std::min(k_tile_rows, last - row),
                      .factors = factors[0].data() + (row - first) * queries.count * element,
                      .summands = claim.operands.q + queries.first * problem.head_dim * element,
                      .count = queries.count,
                      .columns = problem.head_dim};
    if (auto wrong = compare(claim, summed)) {
      return wrong;
    }
    summed.gradient = Gradient::of_v;
    summed.factors = factors[1].data() + (row - first) * queries.count * element;
    summed.summands = claim.operands.d_o + queries.first * problem.value_dim * element;
    summed.columns = problem.value_dim;
    if (auto wrong = compare(claim, summed)) {
      return wrong;
    }
  }
  return std::nullopt;
}

/// The first of what several threads find.
class FirstWrong {
 public:
  void add(std::optional<Mismatch> wrong) {
    const std::lock_guard lock(mutex_);
    if (wrong && (!first_ || wrong->index < first_->index)) {
      first_ = std::move(wrong);
    }
  }
  [[nodiscard]] const std::optional<Mismatch>& first() const { return first_; }

 private:
  std::mutex mutex_;
  std::optional<Mismatch> first_;
};

}  // namespace

std::optional<Mismatch> check_gradient_row(const GradientClaim& claim, std::uint64_t row) {
  const std::uint64_t queries = query_rows(*claim.problem);
  const std::uint64_t keys = key_rows(*claim.problem);
  if (row < queries) {
    return check_row_of_dq(claim, row);
  }
  row -= queries;
  return row < keys ? check_row_of_key(claim, Gradient::of_k, row)
                    : check_row_of_key(claim, Gradient::of_v, row - keys);
}

std::optional<Mismatch> check_gradients(const GradientClaim& claim) {
  const AttentionProblem& problem = *claim.problem;
  FirstWrong found;
  for (std::uint64_t kv_head = 0; kv_head < problem.batch * problem.kv_heads; ++kv_head) {
    const SeededHead of_head(claim, kv_head);
    const SeenKeys queries = queries_of_key(problem, of_head.first_key());
    parallel_ranges(queries.count, k_tile_rows, [&](std::uint64_t first, std::uint64_t last) {
      SeededHead head = of_head;
      found.add(check_dq(claim, head, queries.first + first, queries.first + last));
    });
    const std::uint64_t parts = (problem.seq + k_keys_at_once - 1) / k_keys_at_once;
    parallel_ranges(parts, 1, [&](std::uint64_t first, std::uint64_t last) {
      SeededHead head = of_head;
      for (std::uint64_t part = first; part < last; ++part) {
        found.add(check_keys(claim, head, part * k_keys_at_once,
                             std::min(problem.seq, (part + 1) * k_keys_at_once)));
      }
    });
  }
  return found.first();
}

}  // namespace assay
