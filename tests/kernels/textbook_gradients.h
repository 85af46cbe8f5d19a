// Attention's backward pass by the book, in doubles, and operands of any numbers for it: what
// kernels are held against, on hosts and devices.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include "kernels/attention_gradients.h"
#include "kernels/host/gradient_operands.h"
#include "kernels/host/host_type.h"
#include "kernels/keyed.h"
#include "kernels/number_bits.h"

namespace assay {

inline constexpr double k_textbook_ln2 = 0.69314718055994531;

inline double number_at(NumberType type, const std::byte* data, std::uint64_t index) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes_of(type), bytes_of(type));
  return value_of_bits(type, bits);
}

/// The textbook's gradients in doubles, with e to the power of scaled scores; and by how much they
/// may be off, where they are computed in the type.
struct TextbookGradients {
  /// `grid`: what sums are known to be multiples of, if not 0.
  TextbookGradients(const AttentionProblem& problem, const GradientViews& views, double grid = 0)
      : problem_(problem),
        views_(views),
        values(gradient_places(problem).all),
        bounds(values.size()) {
    // The unit roundoff: a bf16 keeps 8 bits, an f32 24.
    const double unit = problem.input == NumberType::f32 ? 0x1p-24 : 0x1p-8;
    const auto dim = static_cast<double>(problem.head_dim);
    const auto columns = static_cast<double>(problem.value_dim);
    const auto terms = static_cast<double>(problem.seq * problem.heads);
    // Of elements up to 1 (Higham, Accuracy and Stability, 3.1): a score is off by head_dim^2
    // 2^-24, L by 2^-18, so P relatively by this; dP and D by value_dim^2 2^-24 each; P and dS
    // round.
    relative_ =
        k_textbook_ln2 * (dim * dim / 2 + 64) * 0x1p-24 + 4 * 0x1p-24 + unit + terms * 0x1p-24;
    absolute_ = 2 * columns * columns * 0x1p-24;
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      for (std::uint64_t j = 0; j < seen_by(problem, row).count; ++j) {
        add_pair(row, seen_by(problem, row).first + j);
      }
    }
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      const double scale =
          i < gradient_places(problem).dv ? static_cast<double>(k_gradient_scale) : 1.0;
      // Never -0: an exact sum isn't.
      values[i] = scale * (grid > 0 ? std::round(values[i] / grid) * grid : values[i]) + 0.0;
      bounds[i] = bounds[i] * scale * (1 + unit) + unit * std::abs(values[i]) + 1e-30;
    }
  }

 private:
  [[nodiscard]] double at(const std::byte* from, std::uint64_t index) const {
    return number_at(problem_.input, from, index);
  }
  [[nodiscard]] double product(const std::byte* a, const std::byte* b,
                               std::uint64_t columns) const {
    double sum = 0;
    for (std::uint64_t c = 0; c < columns; ++c) {
      sum += at(a, c) * at(b, c);
    }
    return sum;
  }
  void add(std::uint64_t element, double factor, double error, double operand) {
    values[element] += factor * operand;
    bounds[element] += error * std::abs(operand);
  }

  void add_pair(std::uint64_t row, std::uint64_t key) {
    const std::uint64_t element = bytes_of(problem_.input);
    const std::uint64_t dim = problem_.head_dim;
    const std::uint64_t columns = problem_.value_dim;
    const std::byte* const q = views_.q + row * dim * element;
    const std::byte* const k = views_.k + key * dim * element;
    const std::byte* const v = views_.v + key * columns * element;
    const std::byte* const o = views_.o + row * columns * element;
    const std::byte* const d_o = views_.d_o + row * columns * element;
    const double p = std::exp(k_textbook_ln2 / 2 * product(q, k, dim) -
                              k_textbook_ln2 * static_cast<double>(views_.l[row]));
    const double slope = product(d_o, v, columns) - product(d_o, o, columns);
    const double ds = p * slope;
    const double error = std::abs(ds) * (2 * relative_) + p * absolute_;
    const GradientPlaces places = gradient_places(problem_);
    for (std::uint64_t c = 0; c < dim; ++c) {
      add(row * dim + c, ds, error, at(k, c));
      add(places.dk + key * dim + c, ds, error, at(q, c));
    }
    for (std::uint64_t c = 0; c < columns; ++c) {
      add(places.dv + key * columns + c, p, p * relative_, at(d_o, c));
    }
  }

  AttentionProblem problem_;
  GradientViews views_;
  double relative_ = 0, absolute_ = 0;

 public:
  std::vector<double> values, bounds;
};

/// Operands of any numbers; O and L are those of the textbook's forward pass.
class FreeOperands {
 public:
  explicit FreeOperands(const AttentionProblem& problem) : problem_(problem) {
    constexpr std::uint64_t k_behind = GradientOperands::k_rows_behind;
    const std::uint64_t queries = query_rows(problem) + k_behind;
    const std::uint64_t keys = key_rows(problem) + k_behind;
    fill(q, queries * problem.head_dim, 1);
    fill(k, keys * problem.head_dim, 2);
    fill(v, keys * problem.value_dim, 3);
    fill(d_o, queries * problem.value_dim, 4);
    o.resize(queries * problem.value_dim * bytes_of(problem.input));
    l.resize(queries);
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      attend(row);
    }
  }

  [[nodiscard]] GradientViews views() const {
    return {q.data(), k.data(), v.data(), o.data(), d_o.data(), l.data()};
  }
  std::vector<std::byte> q, k, v, o, d_o;
  std::vector<float> l;

 private:
  void fill(std::vector<std::byte>& to, std::uint64_t elements, std::uint64_t stream) const {
    const Keyed draw(Seed{1}, stream);
    to.resize(elements * bytes_of(problem_.input));
    for (std::uint64_t i = 0; i < elements; ++i) {
      const double value = static_cast<double>(draw(i) >> 11U) * 0x1p-52 - 1.0;
      store_element(problem_.input, to.data(), i,
                    value_of_bits(problem_.input, rounded_bits(problem_.input, value)));
    }
  }
  void attend(std::uint64_t row) {
    const SeenKeys keys = seen_by(problem_, row);
    const std::uint64_t columns = problem_.value_dim;
    std::vector<double> sums(columns);
    double weights = 0;
    for (std::uint64_t j = 0; j < keys.count; ++j) {
      double score = 0;
      for (std::uint64_t c = 0; c < problem_.head_dim; ++c) {
        score += number_at(problem_.input, q.data(), row * problem_.head_dim + c) *
                 number_at(problem_.input, k.data(), (keys.first + j) * problem_.head_dim + c);
      }
      const double weight = std::exp2(score / 2);
      weights += weight;
      for (std::uint64_t c = 0; c < columns; ++c) {
        sums[c] += weight * number_at(problem_.input, v.data(), (keys.first + j) * columns + c);
      }
    }
    l[row] = static_cast<float>(std::log2(weights));
    for (std::uint64_t c = 0; c < columns; ++c) {
      const double value = sums[c] / weights;
      store_element(problem_.input, o.data(), row * columns + c,
                    value_of_bits(problem_.input, rounded_bits(problem_.input, value)));
    }
  }

  AttentionProblem problem_;
};

}  // namespace assay
