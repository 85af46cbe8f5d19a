#include "kernels/host/layer_attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "kernels/number_bits.h"

namespace assay {
namespace {

constexpr double k_unit = 0x1p-24;
constexpr double k_ln2 = 0.69314718055994530942;
constexpr double k_scale = k_ln2 * k_score_bits;  // The softmax's.
constexpr double k_more = 1.01;                   // For products of errors.
constexpr std::uint64_t k_keys_of_block = 256;

double dot(const HeadRow& a, const HeadRow& b) {
  constexpr std::size_t k_lanes = 8;  // Divides head_dim.
  std::array<double, k_lanes> sums{};
  for (std::size_t c = 0; c < a.values.size(); c += k_lanes) {
    for (std::size_t lane = 0; lane < k_lanes; ++lane) {
      sums[lane] += a.values[c + lane] * b.values[c + lane];
    }
  }
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Where weights and slopes are stored for their products.
double unit_of_weights(NumberType type) {
  return type == NumberType::bf16 ? 0x1p-8 : 0.0;
}

/// What an exponent that is off by `bits` does to a power of two.
double relative(double bits) {
  return std::expm1(k_ln2 * bits);
}

/// Sums of a row of head_dim numbers, and their bounds.
struct RowSums {
  std::vector<double> values, bounds;
  explicit RowSums(std::uint64_t columns) : values(columns, 0.0), bounds(columns, 0.0) {}

  void add(double factor, double bound_of_factor, const HeadRow& row) {
    for (std::size_t c = 0; c < values.size(); ++c) {
      values[c] += factor * row.values[c];
      bounds[c] += bound_of_factor * std::abs(row.values[c]);
    }
  }
};

std::optional<Mismatch> compare_row(const LayerClaim& claim, LayerArray array, std::uint64_t row,
                                    const RowSums& sums) {
  for (std::uint64_t c = 0; c < sums.values.size(); ++c) {
    if (auto wrong = compare(claim, {.array = array,
                                     .row = row,
                                     .column = c,
                                     .expected = sums.values[c],
                                     .bound = k_more * sums.bounds[c]})) {
      return wrong;
    }
  }
  return std::nullopt;
}

/// One pair of query and key in the backward pass.
struct Slope {
  double p = 0, p_error = 0;    // Weight, its bound.
  double ds = 0, ds_error = 0;  // The same of the slope; both as they are stored.
};

/// Of the query and key in these rows.
Slope slope_of(LayerHeads& heads, std::uint64_t query, std::uint64_t key) {
  using enum LayerArray;
  const TransformerProblem& problem = *heads.claim().problem;
  const double terms = rounding_bound(problem.head_dim + 1);
  const double t = unit_of_weights(problem.input);
  const HeadRow& q_row = heads.row(q, query);
  const HeadRow& k_row = heads.row(k, key);
  const HeadRow& v_row = heads.row(v, key);
  const HeadRow& o_row = heads.row(o, query);
  const HeadRow& d_o_row = heads.row(d_o, query);
  const double level = heads.claim().matrix(l).at(query, 0);
  const double bits = k_score_bits * dot(q_row, k_row);
  const double f = relative(k_score_bits * terms * q_row.norm * k_row.norm +
                            4 * k_unit * (std::abs(bits) + std::abs(level))) +
                   8 * k_unit;
  Slope slope;
  slope.p = std::exp2(bits - level);
  slope.p_error = slope.p * (f + t);
  const double rise = dot(d_o_row, v_row) - dot(d_o_row, o_row);
  slope.ds = slope.p * rise;
  slope.ds_error =
      slope.p * (f * std::abs(rise) + (1 + f) * terms * d_o_row.norm * (v_row.norm + o_row.norm)) +
      (t + 4 * k_unit) * std::abs(slope.ds);
  return slope;
}

/// Both gradients of scores have the scale, multiplied with in f32, as their last factor.
void scale(RowSums& sums) {
  for (std::size_t c = 0; c < sums.values.size(); ++c) {
    sums.values[c] *= k_scale;
    sums.bounds[c] = k_scale * sums.bounds[c] + 4 * k_unit * std::abs(sums.values[c]);
  }
}

}  // namespace

const HeadRow& LayerHeads::row(LayerArray array, std::uint64_t row) {
  Kept& of_heads = kept_.at(static_cast<std::size_t>(array));
  const TransformerProblem& problem = *claim_.problem;
  const std::uint64_t sharing = claim_.places->of(array).rows / (problem.batch * problem.kv_heads);
  const std::uint64_t first = row / sharing * sharing;
  if (of_heads.rows.empty() || of_heads.first != first) {
    of_heads.rows.assign(sharing, {});
    of_heads.first = first;
  }
  HeadRow& kept = of_heads.rows[row - first];
  if (kept.values.empty()) {
    const StoredMatrix matrix = claim_.matrix(array);
    kept.values.resize(matrix.columns);
    double squares = 0;
    for (std::uint64_t c = 0; c < matrix.columns; ++c) {
      kept.values[c] = matrix.at(row, c);
      squares += kept.values[c] * kept.values[c];
    }
    kept.norm = std::sqrt(squares);
  }
  return kept;
}

std::optional<Mismatch> check_attended_row(LayerHeads& heads, std::uint64_t row) {
  const LayerClaim& claim = heads.claim();
  const AttentionProblem problem =
      attention_of(*claim.problem, AttentionProblem::Pass::prefill_forward);
  const SeenKeys seen = seen_by(problem, row);
  const HeadRow& q = heads.row(LayerArray::q, row);
  struct Score {
    double bits, norm;
  };
  std::vector<Score> scores;
  double most = -1e300;
  double largest = 0;
  for (std::uint64_t j = 0; j < seen.count; ++j) {
    const HeadRow& k = heads.row(LayerArray::k, seen.first + j);
    scores.push_back({k_score_bits * dot(q, k), k.norm});
    most = std::max(most, scores.back().bits);
    largest = std::max(largest, std::abs(scores.back().bits));
  }
  const auto blocks = problem.seq / k_keys_of_block + 2;
  const double terms = rounding_bound(problem.head_dim);
  const double added = rounding_bound(seen.count + blocks);
  const double t = unit_of_weights(problem.input);
  RowSums sums(problem.value_dim);
  double weights = 0;
  double weights_error = 0;
  for (std::uint64_t j = 0; j < seen.count; ++j) {
    const double weight = std::exp2(scores[j].bits - most);
    const double e =
        relative(k_score_bits * terms * q.norm * scores[j].norm + 6 * k_unit * largest) +
        (8 + 8 * static_cast<double>(blocks)) * k_unit;
    sums.add(weight, weight * (e + t + added), heads.row(LayerArray::v, seen.first + j));
    weights += weight;
    weights_error += weight * (e + added);
  }
  for (std::size_t c = 0; c < sums.values.size(); ++c) {
    sums.values[c] /= weights;
    sums.bounds[c] =
        sums.bounds[c] / weights + std::abs(sums.values[c]) * (weights_error / weights + k_unit);
  }
  if (auto wrong = compare_row(claim, LayerArray::o, row, sums)) {
    return wrong;
  }
  const double l = most + std::log2(weights);
  return compare(claim, {.array = LayerArray::l,
                         .row = row,
                         .column = 0,
                         .expected = l,
                         .bound = k_more * (weights_error / weights / k_ln2 +
                                            8 * k_unit * (std::abs(l) + largest + 1))});
}

std::optional<Mismatch> check_query_gradient(LayerHeads& heads, std::uint64_t row) {
  const LayerClaim& claim = heads.claim();
  const AttentionProblem problem =
      attention_of(*claim.problem, AttentionProblem::Pass::prefill_backward);
  const SeenKeys seen = seen_by(problem, row);
  const double added = rounding_bound(seen.count + k_keys_of_block);
  RowSums sums(problem.head_dim);
  for (std::uint64_t j = 0; j < seen.count; ++j) {
    const Slope slope = slope_of(heads, row, seen.first + j);
    sums.add(slope.ds, slope.ds_error + added * std::abs(slope.ds),
             heads.row(LayerArray::k, seen.first + j));
  }
  scale(sums);
  return compare_row(claim, LayerArray::dq, row, sums);
}

std::optional<Mismatch> check_key_gradients(LayerHeads& heads, std::uint64_t row) {
  const LayerClaim& claim = heads.claim();
  const AttentionProblem problem =
      attention_of(*claim.problem, AttentionProblem::Pass::prefill_backward);
  const std::uint64_t group = problem.heads / problem.kv_heads;
  const std::uint64_t first_head = row / problem.seq * group;
  const std::uint64_t key_place = row % problem.seq;
  const double added = rounding_bound(group * (problem.seq - key_place) + group * k_keys_of_block);
  RowSums dk(problem.head_dim);
  RowSums dv(problem.value_dim);
  for (std::uint64_t head = first_head; head < first_head + group; ++head) {
    for (std::uint64_t i = key_place; i < problem.seq; ++i) {
      const std::uint64_t query = head * problem.seq + i;
      const Slope slope = slope_of(heads, query, row);
      dk.add(slope.ds, slope.ds_error + added * std::abs(slope.ds),
             heads.row(LayerArray::q, query));
      dv.add(slope.p, slope.p_error + added * slope.p, heads.row(LayerArray::d_o, query));
    }
  }
  scale(dk);
  if (auto wrong = compare_row(claim, LayerArray::dk, row, dk)) {
    return wrong;
  }
  return compare_row(claim, LayerArray::dv, row, dv);
}

}  // namespace assay
