#include "kernels/cuda/attention_graph.h"

#include "kernels/attention_plan.h"

namespace assay::cuda {
namespace {

using Place = GraphTensor::Place;

FourSizes sizes_of(std::uint64_t batch, std::uint64_t heads, std::uint64_t rows,
                   std::uint64_t columns) {
  return {static_cast<std::int64_t>(batch), static_cast<std::int64_t>(heads),
          static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)};
}

GraphTensor dense(Place place, dnn::DataType type, const FourSizes& sizes) {
  return {.place = place, .type = type, .sizes = sizes, .strides = dense_strides(sizes)};
}

/// Q and V row by row; K the other way round, as the product wants it.
GraphTensor keys_of(const AttentionProblem& problem) {
  const FourSizes rows = sizes_of(problem.batch, problem.kv_heads, problem.seq, problem.head_dim);
  const FourSizes strides = dense_strides(rows);
  return {.place = Place::memory,
          .type = dnn::bf16,
          .sizes = {rows[0], rows[1], rows[3], rows[2]},
          .strides = {strides[0], strides[1], strides[3], strides[2]}};
}

/// What is between Q K^T and O.
class Scores {
 public:
  Scores(GraphBuilder& builder, const AttentionProblem& problem)
      : builder_(builder),
        all_(sizes_of(problem.batch, problem.heads, queries_of(problem), problem.seq)),
        rows_(sizes_of(problem.batch, problem.heads, queries_of(problem), 1)) {}

  dnn::Descriptor of_pairs(dnn::DataType type = dnn::f32) {
    return builder_.tensor(dense(Place::between, type, all_));
  }
  dnn::Descriptor of_rows() { return builder_.tensor(dense(Place::between, dnn::f32, rows_)); }
  [[nodiscard]] const FourSizes& rows() const { return rows_; }

  dnn::Descriptor product(dnn::Descriptor q, dnn::Descriptor k) {
    const dnn::Descriptor made = of_pairs();
    builder_.multiply(q, k, made);
    return made;
  }
  dnn::Descriptor with(dnn::PointwiseMode mode, dnn::Descriptor x, dnn::Descriptor b,
                       dnn::DataType type = dnn::f32) {
    const dnn::Descriptor made = of_pairs(type);
    builder_.pointwise({.mode = mode, .x = x, .b = b, .y = made});
    return made;
  }
  dnn::Descriptor row_by_row(dnn::ReductionMode mode, dnn::Descriptor x) {
    const dnn::Descriptor made = of_rows();
    builder_.reduce(mode, x, made);
    return made;
  }
  /// `lowest` where the key comes after the query.
  dnn::Descriptor masked(dnn::Descriptor scores, dnn::Descriptor lowest) {
    const auto index = [&](std::int64_t axis) {
      const dnn::Descriptor made = of_pairs(dnn::s32);
      builder_.pointwise({.mode = dnn::index_along,
                          .computed_in = dnn::s32,
                          .x = scores,
                          .y = made,
                          .axis = axis});
      return made;
    };
    const dnn::Descriptor query = index(2);
    const dnn::Descriptor key = index(3);
    const dnn::Descriptor seen = of_pairs(dnn::boolean);
    builder_.pointwise(
        {.mode = dnn::at_least, .computed_in = dnn::boolean, .x = query, .b = key, .y = seen});
    const dnn::Descriptor made = of_pairs();
    builder_.pointwise({.mode = dnn::select, .x = scores, .b = lowest, .t = seen, .y = made});
    return made;
  }

 private:
  GraphBuilder& builder_;
  FourSizes all_, rows_;
};

}  // namespace

dnn::Descriptor AttentionGraph::build(GraphBuilder& builder, const AttentionProblem& problem,
                                      dnn::Handle handle) {
  Scores scores(builder, problem);
  const auto matrix = [&](std::uint64_t heads, std::uint64_t rows, std::uint64_t columns) {
    return builder.tensor(
        dense(Place::memory, dnn::bf16, sizes_of(problem.batch, heads, rows, columns)));
  };
  // In the order of Id.
  const dnn::Descriptor of_q = matrix(problem.heads, queries_of(problem), problem.head_dim);
  const dnn::Descriptor of_k = builder.tensor(keys_of(problem));
  const dnn::Descriptor of_v = matrix(problem.kv_heads, problem.seq, problem.value_dim);
  const dnn::Descriptor of_o = matrix(problem.heads, queries_of(problem), problem.value_dim);
  const dnn::Descriptor logarithms = builder.tensor(dense(Place::memory, dnn::f32, scores.rows()));
  const dnn::Descriptor of_scale = builder.tensor({.place = Place::host});
  const dnn::Descriptor of_lowest = builder.tensor({.place = Place::host});

  dnn::Descriptor last = scores.with(dnn::multiply, scores.product(of_q, of_k), of_scale);
  if (problem.causal) {
    last = scores.masked(last, of_lowest);
  }
  const dnn::Descriptor most = scores.row_by_row(dnn::maximum, last);
  const dnn::Descriptor powers =
      scores.with(dnn::exp, scores.with(dnn::subtract, last, most), nullptr);
  const dnn::Descriptor sums = scores.row_by_row(dnn::sum, powers);
  const dnn::Descriptor logarithm = scores.of_rows();
  builder.pointwise({.mode = dnn::log, .x = sums, .y = logarithm});
  builder.pointwise({.mode = dnn::add, .x = most, .b = logarithm, .y = logarithms});
  builder.multiply(scores.with(dnn::divide, powers, sums, dnn::bf16), of_v, of_o);
  return builder.graph(handle);
}

}  // namespace assay::cuda
