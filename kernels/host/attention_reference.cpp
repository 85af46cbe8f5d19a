#include "kernels/host/attention_reference.h"

#include <algorithm>
#include <array>
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

/// Consecutive rows of one head, with the integer weights of the keys that the last of them sees.
struct WeighedRows {
  std::uint64_t first = 0, rows = 0;
  SeenKeys keys;                                  ///< Of the last row.
  const std::byte* weights = nullptr;             ///< rows x keys.count, as the inputs' type.
  std::array<std::uint64_t, k_tile_rows> sums{};  ///< Of each row's weights.
};

std::optional<Mismatch> compare(const AttentionClaim& claim, const WeighedRows& weighed) {
  const AttentionProblem& problem = *claim.problem;
  Grades ungraded;
  ungraded.of_a.fill(1.0);
  ungraded.of_b.fill(1.0);
  const std::byte* const values =
      claim.operands.v + weighed.keys.first * problem.value_dim * bytes_of(problem.input);
  const OperandPair pair{.a = {weighed.weights, weighed.rows, weighed.keys.count},
                         .b = {values, weighed.keys.count, problem.value_dim}};
  for (std::uint64_t column = 0; column < problem.value_dim; column += k_tile_columns) {
    const TileValues sums =
        exact_tile(problem.input, pair, ungraded,
                   {.row = 0, .column = column, .rows = weighed.rows, .columns = k_tile_columns});
    for (std::uint64_t i = 0; i < weighed.rows * k_tile_columns; ++i) {
      const std::uint64_t row = i / k_tile_columns;
      const std::uint64_t element =
          (weighed.first + row) * problem.value_dim + column + i % k_tile_columns;
      const std::uint64_t expected = attention_bits(problem.output, sums[i], weighed.sums.at(row));
      std::uint64_t actual = 0;
      std::memcpy(&actual, claim.o + element * bytes_of(problem.output), bytes_of(problem.output));
      if (actual != expected) {
        return Mismatch{.index = element,
                        .expected = decimal_and_bits(problem.output, expected),
                        .actual = decimal_and_bits(problem.output, actual)};
      }
    }
  }
  return std::nullopt;
}

/// Weights of rows of Q, as the pattern has them.
class PatternWeights {
 public:
  PatternWeights(const AttentionClaim& claim, const SeenKeys& keys)
      : claim_(claim),
        pairs_(*claim.pattern, keys.first, claim.problem->seq),
        agreeing_(claim.problem->seq) {}

  /// Writes one row's weights, 0 from `count` on; returns their sum.
  std::uint64_t write(std::uint64_t row, std::uint64_t count, std::byte* to,
                      std::uint64_t columns) {
    pairs_.count(claim_.place.query_blocks + row * claim_.pattern->rule().live, 0, count,
                 agreeing_.data());
    std::uint64_t sum = 0;
    for (std::uint64_t j = 0; j < columns; ++j) {
      const std::uint64_t weight = j < count ? std::uint64_t{1} << agreeing_[j] : 0;
      sum += weight;
      store_element(claim_.problem->input, to, j, static_cast<double>(weight));
    }
    return sum;
  }

 private:
  const AttentionClaim& claim_;
  AgreeingPairs pairs_;
  std::vector<std::uint8_t> agreeing_;  // Live pairs in which a and b agree, of each key.
};

/// Rows first .. last-1 of one head.
std::optional<Mismatch> check_rows(const AttentionClaim& claim, PatternWeights& weights,
                                   std::uint64_t first, std::uint64_t last) {
  const AttentionProblem& problem = *claim.problem;
  const std::uint64_t element = bytes_of(problem.input);
  std::vector<std::byte> memory(k_tile_rows * problem.seq * element);
  for (std::uint64_t row = first; row < last; row += k_tile_rows) {
    WeighedRows weighed{
        .first = row, .rows = std::min(k_tile_rows, last - row), .weights = memory.data()};
    weighed.keys = seen_by(problem, row + weighed.rows - 1);
    for (std::uint64_t i = 0; i < weighed.rows; ++i) {
      weighed.sums.at(i) =
          weights.write(row + i, seen_by(problem, row + i).count,
                        memory.data() + i * weighed.keys.count * element, weighed.keys.count);
    }
    if (auto wrong = compare(claim, weighed)) {
      return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Mismatch> check_attention_row(const AttentionClaim& claim, std::uint64_t row) {
  const AttentionProblem& problem = *claim.problem;
  const std::uint64_t element = bytes_of(problem.input);
  const std::uint64_t row_bytes = problem.head_dim * element;
  const SeenKeys keys = seen_by(problem, row);
  std::vector<double> scores(keys.count);
  score_rows(problem.input, {.q = claim.operands.q + row * row_bytes,
                             .k = claim.operands.k + keys.first * row_bytes,
                             .keys = keys.count,
                             .columns = problem.head_dim,
                             .scores = scores.data()});
  std::vector<std::byte> weights(keys.count * element);
  WeighedRows weighed{.first = row, .rows = 1, .keys = keys, .weights = weights.data()};
  const auto live = static_cast<double>(claim.pattern->rule().live);
  for (std::uint64_t j = 0; j < keys.count; ++j) {
    const double doubled = scores[j] + live;  // Twice the weight's logarithm, and even.
    if (!(doubled >= 0 && doubled <= 2 * live) || static_cast<std::uint64_t>(doubled) % 2 != 0) {
      return Mismatch{
          .index = row * problem.value_dim,
          .expected = "a score of at most " + std::to_string(claim.pattern->rule().live),
          .actual = std::to_string(scores[j]) + " of key " + std::to_string(j)};
    }
    const std::uint64_t weight = std::uint64_t{1} << (static_cast<std::uint64_t>(doubled) / 2);
    weighed.sums[0] += weight;
    store_element(problem.input, weights.data(), j, static_cast<double>(weight));
  }
  return compare(claim, weighed);
}

std::optional<Mismatch> check_attention(const AttentionClaim& claim) {
  const AttentionProblem& problem = *claim.problem;
  const std::uint64_t queries = queries_of(problem);
  std::mutex mutex;
  std::optional<Mismatch> first_wrong;
  for (std::uint64_t head = 0; head < problem.batch * problem.heads; ++head) {
    const std::uint64_t begin = head * queries;
    const PatternWeights of_head(claim, seen_by(problem, begin));
    parallel_ranges(queries, k_tile_rows, [&](std::uint64_t first, std::uint64_t last) {
      PatternWeights weights = of_head;
      auto wrong = check_rows(claim, weights, begin + first, begin + last);
      const std::lock_guard lock(mutex);
      if (wrong && (!first_wrong || wrong->index < first_wrong->index)) {
        first_wrong = std::move(wrong);
      }
    });
    if (first_wrong) {
      return first_wrong;
    }
  }
  return std::nullopt;
}

}  // namespace assay
