#include "kernels/host/layer_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/host/layer_attention.h"
#include "kernels/host/layer_product.h"
#include "kernels/host/parallel.h"
#include "kernels/keyed.h"

namespace assay {
namespace {

using Wrong = std::optional<Mismatch>;
constexpr std::uint64_t k_place_stream = 0x680;                     // And on: one for each step.
constexpr std::uint64_t k_sample_stream = std::uint64_t{1} << 32U;  // One for each step and stage.
constexpr std::uint64_t k_stages_of_step = 64;                      // At most.
constexpr std::uint64_t k_edge = 16;
// Rows are read from memory once for so many columns.
constexpr std::uint64_t k_unit_columns = 4 * k_block_columns;
constexpr std::uint64_t k_unit_rows = 16 * k_block_rows;

/// Parts that threads may do in any order.
struct LayerWork {
  std::uint64_t units = 0;
  std::function<Wrong(std::uint64_t unit)> unit;
};

/// One stage: a little that is drawn of it, all of it, and a sample, where that is less than all.
struct LayerStage {
  std::function<Wrong(const Keyed& draw, std::uint64_t first_draw)> drawn;
  LayerWork whole;
  std::function<LayerWork(const Keyed& draw)> sampled;
};

LayerStage rows_of(std::uint64_t rows, const std::function<Wrong(std::uint64_t row)>& check) {
  return {.drawn = [rows, check](const Keyed& draw,
                                 std::uint64_t first) { return check(draw.below(first, rows)); },
          .whole = {.units = rows, .unit = check},
          .sampled = {}};
}

/// first .. last - 1.
std::vector<std::uint64_t> places_between(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> places(last - first);
  std::iota(places.begin(), places.end(), first);
  return places;
}

/// At most so many adjoining ones, drawn.
std::vector<std::uint64_t> drawn_together(const Keyed& draw, std::uint64_t index, std::uint64_t all,
                                          std::uint64_t size) {
  const std::uint64_t first = draw.below(index, all - std::min(all, size) + 1);
  return places_between(first, std::min(first + size, all));
}

/// Of so many places all, or one drawn of each of k_sampled - 1 equal parts, and the last, where
/// what is left over by blocks ends.
std::vector<std::uint64_t> sampled_of(const Keyed& draw, std::uint64_t first_draw,
                                      std::uint64_t all) {
  constexpr std::uint64_t k_parts = k_sampled - 1;
  if (all <= k_sampled) {
    return places_between(0, all);
  }
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < k_parts; ++i) {
    const std::uint64_t begin = i * (all - 1) / k_parts;
    const std::uint64_t end = (i + 1) * (all - 1) / k_parts;
    places.push_back(begin + draw.below(first_draw + i, end - begin));
  }
  places.push_back(all - 1);
  return places;
}

/// The sampled rows in all columns, and the sampled columns in all rows.
LayerWork sampled_product(std::shared_ptr<const ProductCheck> check, const Keyed& draw) {
  const std::uint64_t all_rows = check->all_rows();
  const std::uint64_t all_columns = check->all_columns();
  const auto rows =
      std::make_shared<const std::vector<RowBlock>>(check->rows(sampled_of(draw, 0, all_rows)));
  const auto columns = std::make_shared<const std::vector<ColumnBlock>>(
      check->columns(sampled_of(draw, k_sampled, all_columns)));
  const std::uint64_t by_columns = (all_columns + k_block_columns - 1) / k_block_columns;
  const std::uint64_t by_rows = (all_rows + k_unit_rows - 1) / k_unit_rows;
  return {
      .units = by_columns + by_rows,
      .unit = [=, check = std::move(check)](std::uint64_t unit) -> Wrong {
        if (unit < by_columns) {
          const std::uint64_t first = unit * k_block_columns;
          return check->check(*rows, check->columns(places_between(
                                         first, std::min(first + k_block_columns, all_columns))));
        }
        const std::uint64_t first = (unit - by_columns) * k_unit_rows;
        return check->check(
            check->rows(places_between(first, std::min(first + k_unit_rows, all_rows))), *columns);
      }};
}

Wrong whole_columns(const ProductCheck& check, std::uint64_t unit) {
  const std::uint64_t first = unit * k_unit_columns;
  const auto columns =
      check.columns(places_between(first, std::min(first + k_unit_columns, check.all_columns())));
  Wrong wrong;
  for (std::uint64_t row = 0; row < check.all_rows() && !wrong; row += k_block_rows) {
    wrong = check.check(
        check.rows(places_between(row, std::min(row + k_block_rows, check.all_rows()))), columns);
  }
  return wrong;
}

LayerStage product(const LayerClaim& claim, const ProductStage& stage) {
  auto check = std::make_shared<const ProductCheck>(claim, stage);
  return {
      .drawn =
          [check](const Keyed& draw, std::uint64_t first) {
            return check->check(
                check->rows(drawn_together(draw, first + 1, check->all_rows(), k_block_rows)),
                check->columns(drawn_together(draw, first, check->all_columns(), k_block_columns)));
          },
      .whole = {.units = (check->all_columns() + k_unit_columns - 1) / k_unit_columns,
                .unit = [check](std::uint64_t unit) { return whole_columns(*check, unit); }},
      .sampled = [check](const Keyed& draw) { return sampled_product(check, draw); }};
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

/// Rows that stand by heads; units are those heads that share one of K. Near one end of a head the
/// mask shows most.
struct HeadsRows {
  const LayerClaim* claim = nullptr;
  std::uint64_t heads = 0;
  bool at_end = false;
  Wrong (*check)(LayerHeads&, std::uint64_t) = nullptr;

  [[nodiscard]] std::uint64_t seq() const { return claim->problem->seq; }
  [[nodiscard]] std::uint64_t units() const {
    return claim->problem->batch * claim->problem->kv_heads;
  }
  [[nodiscard]] std::uint64_t all_heads() const { return claim->problem->batch * heads; }

  [[nodiscard]] std::uint64_t near_edge(const Keyed& draw, std::uint64_t index,
                                        std::uint64_t head) const {
    const std::uint64_t place = draw.below(index, std::min(seq(), k_edge));
    return head * seq() + (at_end ? seq() - 1 - place : place);
  }
  [[nodiscard]] Wrong check_drawn(const Keyed& draw, std::uint64_t first) const {
    LayerHeads kept(*claim);
    if (auto wrong = check(kept, draw.below(first, all_heads() * seq()))) {
      return wrong;
    }
    return check(kept, near_edge(draw, first + 2, draw.below(first + 1, all_heads())));
  }
  [[nodiscard]] Wrong check_unit(std::uint64_t unit) const {
    const std::uint64_t rows = all_heads() / units() * seq();
    LayerHeads kept(*claim);
    Wrong wrong;
    for (std::uint64_t row = unit * rows; row < (unit + 1) * rows && !wrong; ++row) {
      wrong = check(kept, row);
    }
    return wrong;
  }
  /// Of each head one drawn row in every of some equal parts, k_sampled of all heads at least, and
  /// one near its edge.
  [[nodiscard]] Wrong check_sampled(const Keyed& draw, std::uint64_t unit) const {
    const std::uint64_t of_unit = all_heads() / units();
    const std::uint64_t parts = std::min(seq(), (k_sampled + all_heads() - 1) / all_heads());
    LayerHeads kept(*claim);
    for (std::uint64_t head = unit * of_unit; head < (unit + 1) * of_unit; ++head) {
      const std::uint64_t first_draw = head * (k_sampled + 1);
      if (auto wrong = check(kept, near_edge(draw, first_draw, head))) {
        return wrong;
      }
      for (std::uint64_t i = 0; i < parts; ++i) {
        const std::uint64_t begin = i * seq() / parts;
        const std::uint64_t end = (i + 1) * seq() / parts;
        const std::uint64_t place = begin + draw.below(first_draw + 1 + i, end - begin);
        if (auto wrong = check(kept, head * seq() + place)) {
          return wrong;
        }
      }
    }
    return std::nullopt;
  }
};

LayerStage heads_rows(const HeadsRows& rows) {
  return {.drawn = [rows](const Keyed& draw,
                          std::uint64_t first) { return rows.check_drawn(draw, first); },
          .whole = {.units = rows.units(),
                    .unit = [rows](std::uint64_t unit) { return rows.check_unit(unit); }},
          .sampled = [rows](const Keyed& draw) -> LayerWork {
            return {.units = rows.units(), .unit = [rows, draw](std::uint64_t unit) {
                      return rows.check_sampled(draw, unit);
                    }};
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
    stages_.push_back(heads_rows(
        {.claim = &claim_, .heads = problem_.heads, .at_end = false, .check = check_attended_row}));
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
    stages_.push_back(heads_rows({.claim = &claim_,
                                  .heads = problem_.heads,
                                  .at_end = false,
                                  .check = check_query_gradient}));
    stages_.push_back(heads_rows({.claim = &claim_,
                                  .heads = problem_.kv_heads,
                                  .at_end = true,
                                  .check = check_key_gradients}));
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
Wrong first_wrong_of(const LayerWork& work, const std::function<void()>& progress) {
  std::mutex mutex;
  Wrong first;
  const auto take = [&](std::uint64_t unit) {
    auto wrong = work.unit(unit);
    const std::lock_guard lock(mutex);
    if (wrong && (!first || wrong->index < first->index)) {
      first = std::move(wrong);
    }
    if (progress) {
      progress();
    }
  };
  parallel_ranges(work.units, 1, [&take](std::uint64_t begin, std::uint64_t end) {
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
    if (auto first = first_wrong_of(stage.whole, progress)) {
      return first;
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> check_sample(const LayerClaim& claim, const Seed& challenge,
                                     std::uint32_t index, const std::function<void()>& progress) {
  const LayerStages stages(claim);
  for (std::size_t i = 0; i < stages.all().size(); ++i) {
    const LayerStage& stage = stages.all()[i];
    const Keyed draw(challenge, k_sample_stream + index * k_stages_of_step + i);
    if (auto first = first_wrong_of(stage.sampled ? stage.sampled(draw) : stage.whole, progress)) {
      return first;
    }
  }
  return std::nullopt;
}

}  // namespace assay
