#include "kernels/host/layer_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "kernels/host/layer_attention.h"
#include "kernels/host/parallel.h"
#include "kernels/keyed.h"

namespace assay {
namespace {

using Wrong = std::optional<Mismatch>;
constexpr std::uint64_t k_place_stream = 0x680;  // And on: one for each step.
constexpr std::uint64_t k_edge = 16;
// Rows are read from memory once for so many columns.
constexpr std::uint64_t k_unit_columns = 4 * k_block_columns;

/// A place of a stage's output.
struct LayerPosition {
  LayerArray array = LayerArray::n1;
  std::uint64_t row = 0, column = 0;
};

/// Where a column of Q, K and V side by side stands by heads.
LayerPosition by_heads(const TransformerProblem& problem, std::array<LayerArray, 3> arrays,
                       std::uint64_t token, std::uint64_t column) {
  const std::uint64_t head = column / problem.head_dim;
  const auto place = [&](LayerArray array, std::uint64_t heads, std::uint64_t of_array) {
    return LayerPosition{
        .array = array,
        .row = (token / problem.seq * heads + of_array) * problem.seq + token % problem.seq,
        .column = column % problem.head_dim};
  };
  if (head < problem.heads) {
    return place(arrays[0], problem.heads, head);
  }
  const std::uint64_t key_head = head - problem.heads;
  return key_head < problem.kv_heads
             ? place(arrays[1], problem.kv_heads, key_head)
             : place(arrays[2], problem.kv_heads, key_head - problem.kv_heads);
}

/// A product, and what is done with each of its elements.
struct ProductStage {
  LayerArray to = LayerArray::n1;
  StoredMatrix a, b;
  bool by_heads = false;
  enum class After { nothing, added, rectified, where_rectified } after = After::nothing;
  StoredMatrix other;  ///< What is added, or where it is rectified.
};

class ProductCheck {
 public:
  ProductCheck(const LayerClaim& claim, const ProductStage& stage) : claim_(claim), stage_(stage) {}

  /// At most so many blocks of columns, from here on.
  void take_columns(std::uint64_t first, std::uint64_t blocks) {
    blocks_.clear();
    for (; first < stage_.b.columns && blocks_.size() < blocks; first += k_block_columns) {
      blocks_.push_back({.first = first, .panel = {}});
      blocks_.back().panel.take(stage_.b, first);
    }
  }
  /// The block of rows from here on, in those columns.
  Wrong check_rows(std::uint64_t first) {
    a_.take(stage_.a, first);
    Wrong found;
    for (const Block& block : blocks_) {
      auto wrong = check_block(first, block);
      if (wrong && (!found || wrong->index < found->index)) {
        found = std::move(wrong);
      }
    }
    return found;
  }

 private:
  struct Block {
    std::uint64_t first = 0;
    ColumnPanel panel;
  };

  Wrong check_block(std::uint64_t first, const Block& block) {
    const BlockSums sums = multiply_panels(a_, block.panel);
    const double roundings = rounding_bound(stage_.a.columns + 1);
    const std::uint64_t rows = std::min(k_block_rows, stage_.a.rows - first);
    const std::uint64_t columns = std::min(k_block_columns, stage_.b.columns - block.first);
    for (std::uint64_t i = 0; i < rows; ++i) {
      for (std::uint64_t j = 0; j < columns; ++j) {
        if (auto wrong = check_one({first + i, block.first + j}, sums[i * k_block_columns + j],
                                   roundings * a_.norm(i) * block.panel.norm(j))) {
          return wrong;
        }
      }
    }
    return std::nullopt;
  }

  Wrong check_one(std::pair<std::uint64_t, std::uint64_t> place, double sum, double bound) {
    const auto [row, column] = place;
    LayerPosition at{.array = stage_.to, .row = row, .column = column};
    if (stage_.by_heads) {
      using enum LayerArray;
      at = by_heads(*claim_.problem, {stage_.to, k, v}, row, column);
    }
    switch (stage_.after) {
      case ProductStage::After::nothing: break;
      case ProductStage::After::added:
        // The product is stored, and so rounded, before it is added.
        bound +=
            (std::abs(sum) + bound) * (stage_.other.type == NumberType::bf16 ? 0x1p-8 : 0x1p-24);
        sum += stage_.other.at(row, column);
        break;
      case ProductStage::After::rectified: sum = std::max(sum, 0.0); break;
      case ProductStage::After::where_rectified:
        if (!(stage_.other.at(row, column) > 0)) {
          sum = bound = 0;
        }
        break;
    }
    return compare(
        claim_,
        {.array = at.array, .row = at.row, .column = at.column, .expected = sum, .bound = bound});
  }

  const LayerClaim& claim_;
  ProductStage stage_;
  RowPanel a_;
  std::vector<Block> blocks_;
};

/// One stage: what can be drawn of it, and all of it. Units are rows, or blocks of columns.
struct LayerStage {
  std::function<Wrong(const Keyed& draw, std::uint64_t first_draw)> drawn;
  std::uint64_t units = 0;
  std::function<Wrong(std::uint64_t unit)> unit;
};

LayerStage rows_of(std::uint64_t rows, const std::function<Wrong(std::uint64_t row)>& check) {
  return {.drawn = [rows, check](const Keyed& draw,
                                 std::uint64_t first) { return check(draw.below(first, rows)); },
          .units = rows,
          .unit = check};
}

LayerStage product(const LayerClaim& claim, const ProductStage& stage) {
  const std::uint64_t rows = stage.a.rows;
  const std::uint64_t columns = stage.b.columns;
  return {
      .drawn =
          [=, &claim](const Keyed& draw, std::uint64_t first) {
            ProductCheck check(claim, stage);
            check.take_columns(draw.below(first, columns - std::min(columns, k_block_columns) + 1),
                               1);
            return check.check_rows(draw.below(first + 1, rows - std::min(rows, k_block_rows) + 1));
          },
      .units = (columns + k_unit_columns - 1) / k_unit_columns,
      .unit =
          [=, &claim](std::uint64_t block) {
            ProductCheck check(claim, stage);
            check.take_columns(block * k_unit_columns, k_unit_columns / k_block_columns);
            Wrong wrong;
            for (std::uint64_t row = 0; row < rows && !wrong; row += k_block_rows) {
              wrong = check.check_rows(row);
            }
            return wrong;
          }};
}

double one_by_rms(const StoredMatrix& x, std::uint64_t row) {
  double squares = 0;
  for (std::uint64_t c = 0; c < x.columns; ++c) {
    squares += x.at(row, c) * x.at(row, c);
  }
  return 1 / std::sqrt(squares / static_cast<double>(x.columns) + k_norm_epsilon);
}

LayerStage norm(const LayerClaim& claim, LayerArray to, const StoredMatrix& x) {
  return rows_of(x.rows, [=, &claim](std::uint64_t row) -> Wrong {
    const double factor = one_by_rms(x, row);
    for (std::uint64_t c = 0; c < x.columns; ++c) {
      const double value = x.at(row, c) * factor;
      if (auto wrong = compare(claim, {.array = to,
                                       .row = row,
                                       .column = c,
                                       .expected = value,
                                       .bound = rounding_bound(x.columns + 8) * std::abs(value)})) {
        return wrong;
      }
    }
    return std::nullopt;
  });
}

LayerStage norm_gradient(const LayerClaim& claim, LayerArray to,
                         const std::array<StoredMatrix, 3>& from) {
  return rows_of(from[0].rows, [=, &claim](std::uint64_t row) -> Wrong {
    const auto& [x, gradient, residual] = from;
    const double factor = one_by_rms(x, row);
    double mean = 0;
    double magnitude = 0;
    for (std::uint64_t c = 0; c < x.columns; ++c) {
      const double product = x.at(row, c) * gradient.at(row, c);
      mean += product / static_cast<double>(x.columns);
      magnitude += std::abs(product) / static_cast<double>(x.columns);
    }
    const double cube = factor * factor * factor;
    for (std::uint64_t c = 0; c < x.columns; ++c) {
      const double along = std::abs(x.at(row, c)) * cube * magnitude;
      const double by_itself = factor * gradient.at(row, c);
      if (auto wrong = compare(
              claim,
              {.array = to,
               .row = row,
               .column = c,
               .expected = residual.at(row, c) + by_itself - x.at(row, c) * cube * mean,
               .bound = rounding_bound(3 * x.columns + 32) * (std::abs(by_itself) + along)})) {
        return wrong;
      }
    }
    return std::nullopt;
  });
}

/// Of rows of tokens, what stands by heads.
LayerStage merged(const LayerClaim& claim, LayerArray to, std::array<LayerArray, 3> heads) {
  const StoredMatrix tokens = claim.matrix(to);
  return rows_of(tokens.rows, [=, &claim](std::uint64_t row) -> Wrong {
    for (std::uint64_t c = 0; c < tokens.columns; ++c) {
      const LayerPosition from = by_heads(*claim.problem, heads, row, c);
      const double value = claim.matrix(from.array).at(from.row, from.column);
      if (auto wrong = compare(
              claim, {.array = to, .row = row, .column = c, .expected = value, .copied = true})) {
        return wrong;
      }
    }
    return std::nullopt;
  });
}

/// A drawn row, and one near an end of a head, where the mask shows most. Units are those heads
/// that share one of K.
LayerStage heads_rows(const LayerClaim& claim, std::uint64_t heads, bool at_end,
                      Wrong (*check)(LayerHeads&, std::uint64_t)) {
  const std::uint64_t seq = claim.problem->seq;
  const std::uint64_t units = claim.problem->batch * claim.problem->kv_heads;
  const std::uint64_t rows = claim.problem->batch * heads * seq;
  return {.drawn = [=, &claim](const Keyed& draw, std::uint64_t first) -> Wrong {
            LayerHeads kept(claim);
            if (auto wrong = check(kept, draw.below(first, rows))) {
              return wrong;
            }
            const std::uint64_t head = draw.below(first + 1, rows / seq);
            const std::uint64_t place = draw.below(first + 2, std::min(seq, k_edge));
            return check(kept, head * seq + (at_end ? seq - 1 - place : place));
          },
          .units = units,
          .unit = [=, &claim](std::uint64_t unit) -> Wrong {
            LayerHeads kept(claim);
            Wrong wrong;
            for (std::uint64_t row = unit * (rows / units);
                 row < (unit + 1) * (rows / units) && !wrong; ++row) {
              wrong = check(kept, row);
            }
            return wrong;
          }};
}

/// By the definitions of kernels/transformer_plan.h, in their order.
class LayerStages {
 public:
  explicit LayerStages(const LayerClaim& claim) : claim_(claim), problem_(*claim.problem) {
    add_forward();
    add_backward();
  }
  [[nodiscard]] const std::vector<LayerStage>& all() const { return stages_; }

 private:
  using After = ProductStage::After;
  [[nodiscard]] StoredMatrix tokens(const std::byte* data) const {
    return claim_.operand(data, tokens_of(problem_), problem_.hidden);
  }
  [[nodiscard]] StoredMatrix w_qkv(bool turned) const {
    return claim_.operand(claim_.operands.w_qkv, problem_.hidden, qkv_columns(problem_), turned);
  }
  [[nodiscard]] StoredMatrix w_o(bool turned) const {
    return claim_.operand(claim_.operands.w_o, attention_columns(problem_), problem_.hidden,
                          turned);
  }
  [[nodiscard]] StoredMatrix w_1(bool turned) const {
    return claim_.operand(claim_.operands.w_1, problem_.hidden, problem_.ffn, turned);
  }
  [[nodiscard]] StoredMatrix w_2(bool turned) const {
    return claim_.operand(claim_.operands.w_2, problem_.ffn, problem_.hidden, turned);
  }
  [[nodiscard]] StoredMatrix in(LayerArray array, bool turned = false) const {
    return claim_.matrix(array, turned);
  }
  void add(const ProductStage& stage) { stages_.push_back(product(claim_, stage)); }

  void add_forward() {
    using enum LayerArray;
    stages_.push_back(norm(claim_, n1, tokens(claim_.operands.x)));
    add({.to = q, .a = in(n1), .b = w_qkv(false), .by_heads = true});
    stages_.push_back(heads_rows(claim_, problem_.heads, false, check_attended_row));
    stages_.push_back(merged(claim_, a, {o, o, o}));
    add({.to = h,
         .a = in(a),
         .b = w_o(false),
         .after = After::added,
         .other = tokens(claim_.operands.x)});
    stages_.push_back(norm(claim_, n2, in(h)));
    add({.to = r, .a = in(n2), .b = w_1(false), .after = After::rectified});
    add({.to = y, .a = in(r), .b = w_2(false), .after = After::added, .other = in(h)});
  }

  void add_backward() {
    using enum LayerArray;
    const StoredMatrix dy = tokens(claim_.operands.dy);
    add({.to = dw_2, .a = in(r, true), .b = dy});
    add({.to = du, .a = dy, .b = w_2(true), .after = After::where_rectified, .other = in(r)});
    add({.to = dw_1, .a = in(n2, true), .b = in(du)});
    add({.to = dn2, .a = in(du), .b = w_1(true)});
    stages_.push_back(norm_gradient(claim_, dh, {in(h), in(dn2), dy}));
    add({.to = dw_o, .a = in(a, true), .b = in(dh)});
    add({.to = d_o, .a = in(dh), .b = w_o(true), .by_heads = true});
    stages_.push_back(heads_rows(claim_, problem_.heads, false, check_query_gradient));
    stages_.push_back(heads_rows(claim_, problem_.kv_heads, true, check_key_gradients));
    stages_.push_back(merged(claim_, dqkv, {dq, dk, dv}));
    add({.to = dw_qkv, .a = in(n1, true), .b = in(dqkv)});
    add({.to = dn1, .a = in(dqkv), .b = w_qkv(true)});
    stages_.push_back(norm_gradient(claim_, dx, {tokens(claim_.operands.x), in(dn1), in(dh)}));
  }

  const LayerClaim& claim_;
  TransformerProblem problem_;
  std::vector<LayerStage> stages_;
};

/// Of all units, by as many threads as there are; `progress` is called after each, by one at a
/// time.
Wrong first_wrong_of(const LayerStage& stage, const std::function<void()>& progress) {
  std::mutex mutex;
  Wrong first;
  const auto take = [&](std::uint64_t unit) {
    auto wrong = stage.unit(unit);
    const std::lock_guard lock(mutex);
    if (wrong && (!first || wrong->index < first->index)) {
      first = std::move(wrong);
    }
    if (progress) {
      progress();
    }
  };
  parallel_ranges(stage.units, 1, [&take](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t unit = begin; unit < end; ++unit) {
      take(unit);
    }
  });
  return first;
}

}  // namespace

std::optional<Mismatch> check_drawn_places(const LayerClaim& claim, const Seed& challenge,
                                           std::uint32_t index) {
  constexpr std::uint64_t k_draws = 8;  // Of a stage, at most.
  const Keyed draw(challenge, k_place_stream + index);
  const LayerStages stages(claim);
  for (std::size_t i = 0; i < stages.all().size(); ++i) {
    if (auto wrong = stages.all()[i].drawn(draw, i * k_draws)) {
      return wrong;
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> check_everywhere(const LayerClaim& claim,
                                         const std::function<void()>& progress) {
  const LayerStages stages(claim);
  for (const LayerStage& stage : stages.all()) {
    if (auto first = first_wrong_of(stage, progress)) {
      return first;
    }
  }
  return std::nullopt;
}

}  // namespace assay
