// A decoder layer by the book, in doubles, with one thing wrong if it is told to: what kernels and
// their checks are held against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "kernels/host/layer_claim.h"
#include "kernels/host/layer_pass.h"
#include "kernels/number_bits.h"

namespace assay {

enum class LayerFault {
  none,
  sees_a_key_too_many,
  sees_a_key_too_few,
  forgets_a_norm,
  forgets_a_residual,
  forgets_to_rectify,
  rectifies_no_gradient,
  mixes_up_heads,
  forgets_a_term,
  keeps_a_gradient,
  forgets_the_norms_gradient,
  forgets_a_key_gradient,
  skips_some_rows,
  skips_a_head,
  skips_some_columns
};

/// Rows of doubles.
struct Grid {
  std::uint64_t rows = 0, columns = 0;
  std::vector<double> values;

  Grid(std::uint64_t the_rows, std::uint64_t the_columns)
      : rows(the_rows), columns(the_columns), values(the_rows * the_columns, 0.0) {}
  explicit Grid(const StoredMatrix& matrix) : Grid(matrix.rows, matrix.columns) {
    for (std::uint64_t row = 0; row < rows; ++row) {
      for (std::uint64_t column = 0; column < columns; ++column) {
        at(row, column) = matrix.at(row, column);
      }
    }
  }
  double& at(std::uint64_t row, std::uint64_t column) { return values[row * columns + column]; }
  [[nodiscard]] double at(std::uint64_t row, std::uint64_t column) const {
    return values[row * columns + column];
  }
};

inline Grid turned(const Grid& grid) {
  Grid result(grid.columns, grid.rows);
  for (std::uint64_t row = 0; row < grid.rows; ++row) {
    for (std::uint64_t column = 0; column < grid.columns; ++column) {
      result.at(column, row) = grid.at(row, column);
    }
  }
  return result;
}
inline Grid times(const Grid& a, const Grid& b, std::uint64_t first_term = 0) {
  Grid c(a.rows, b.columns);
  for (std::uint64_t i = 0; i < a.rows; ++i) {
    for (std::uint64_t k = first_term; k < a.columns; ++k) {
      for (std::uint64_t j = 0; j < b.columns; ++j) {
        c.at(i, j) += a.at(i, k) * b.at(k, j);
      }
    }
  }
  return c;
}
inline Grid plus(Grid a, const Grid& b) {
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    a.values[i] += b.values[i];
  }
  return a;
}

/// Weights and tokens as numbers.
struct LayerNumbers {
  Grid x, dy, w_qkv, w_o, w_1, w_2;
  LayerNumbers(const TransformerProblem& p, const LayerViews& views)
      : x(tokens(p, views.x)),
        dy(tokens(p, views.dy)),
        w_qkv(StoredMatrix{p.input, views.w_qkv, p.hidden, qkv_columns(p)}),
        w_o(StoredMatrix{p.input, views.w_o, attention_columns(p), p.hidden}),
        w_1(StoredMatrix{p.input, views.w_1, p.hidden, p.ffn}),
        w_2(StoredMatrix{p.input, views.w_2, p.ffn, p.hidden}) {}

 private:
  static StoredMatrix tokens(const TransformerProblem& p, const std::byte* data) {
    return {p.input, data, tokens_of(p), p.hidden};
  }
};

/// Each stage reads what the one before has stored, rounded: so does a machine.
class TextbookLayer {
 public:
  using Keep = std::function<Grid(LayerArray, Grid)>;
  /// `keep`: stores an array, and says what stands there then.
  TextbookLayer(const TransformerProblem& problem, LayerFault fault, Keep keep)
      : p_(problem), fault_(fault), keep_(std::move(keep)) {}

  /// y, of the forward pass.
  Grid forward(const LayerNumbers& in) {
    using enum LayerArray;
    n1_ = keep_(n1, norm(in.x));
    const Grid qkv = times(n1_, in.w_qkv);
    q_ = keep_(q, heads(qkv, p_.heads, 0));
    k_ = keep_(k, heads(qkv, p_.kv_heads, p_.heads));
    v_ = keep_(v, heads(qkv, p_.kv_heads, p_.heads + p_.kv_heads));
    attend();
    o_ = keep_(o, o_);
    l_ = keep_(l, l_);
    a_ = keep_(a, by_tokens(o_));
    const Grid out = times(a_, in.w_o, fault_ == LayerFault::forgets_a_term ? 1 : 0);
    h_ = keep_(h, fault_ == LayerFault::forgets_a_residual ? out : plus(out, in.x));
    n2_ = keep_(n2, fault_ == LayerFault::forgets_a_norm ? h_ : norm(h_));
    Grid up = times(n2_, in.w_1);
    for (double& value : up.values) {
      value = fault_ == LayerFault::forgets_to_rectify ? value : std::max(value, 0.0);
    }
    r_ = keep_(r, up);
    return keep_(y, plus(times(r_, in.w_2), h_));
  }

  void backward(const LayerNumbers& in) {
    using enum LayerArray;
    keep_(dw_2, times(turned(r_), in.dy));
    Grid dr = times(in.dy, turned(in.w_2));
    for (std::size_t i = 0; i < dr.values.size(); ++i) {
      const bool passes = r_.values[i] > 0 || fault_ == LayerFault::rectifies_no_gradient;
      dr.values[i] = passes ? dr.values[i] : 0;
    }
    const Grid du_kept = keep_(du, dr);
    if (fault_ != LayerFault::keeps_a_gradient) {
      keep_(dw_1, times(turned(n2_), du_kept));
    }
    const Grid dn2_kept = keep_(dn2, times(du_kept, turned(in.w_1)));
    const Grid dh_kept = keep_(dh, fault_ == LayerFault::forgets_the_norms_gradient
                                       ? plus(dn2_kept, in.dy)
                                       : plus(norm_gradient(h_, dn2_kept), in.dy));
    keep_(dw_o, times(turned(a_), dh_kept));
    d_o_ = keep_(d_o, heads(times(dh_kept, turned(in.w_o)), p_.heads, 0));
    differentiate();
    const Grid dq_kept = keep_(dq, dq_);
    const Grid dk_kept = keep_(dk, dk_);
    const Grid dv_kept = keep_(dv, dv_);
    Grid side_by_side(tokens_of(p_), qkv_columns(p_));
    put_heads(dq_kept, p_.heads, 0, side_by_side);
    put_heads(dk_kept, p_.kv_heads, p_.heads, side_by_side);
    put_heads(dv_kept, p_.kv_heads, p_.heads + p_.kv_heads, side_by_side);
    const Grid dqkv_kept = keep_(dqkv, side_by_side);
    keep_(dw_qkv, times(turned(n1_), dqkv_kept));
    const Grid dn1_kept = keep_(dn1, times(dqkv_kept, turned(in.w_qkv)));
    keep_(dx, plus(norm_gradient(in.x, dn1_kept), dh_kept));
  }

 private:
  static double root_mean_square(const Grid& x, std::uint64_t row) {
    double squares = 0;
    for (std::uint64_t c = 0; c < x.columns; ++c) {
      squares += x.at(row, c) * x.at(row, c);
    }
    return std::sqrt(squares / static_cast<double>(x.columns) + std::ldexp(1.0, -17));
  }
  static Grid norm(const Grid& x) {
    Grid result(x.rows, x.columns);
    for (std::uint64_t row = 0; row < x.rows; ++row) {
      for (std::uint64_t c = 0; c < x.columns; ++c) {
        result.at(row, c) = x.at(row, c) / root_mean_square(x, row);
      }
    }
    return result;
  }
  /// d/dx of sum(norm(x) g), element by element, by the quotient rule.
  static Grid norm_gradient(const Grid& x, const Grid& g) {
    Grid result(x.rows, x.columns);
    for (std::uint64_t row = 0; row < x.rows; ++row) {
      const double rms = root_mean_square(x, row);
      double along = 0;
      for (std::uint64_t c = 0; c < x.columns; ++c) {
        along += x.at(row, c) * g.at(row, c);
      }
      for (std::uint64_t c = 0; c < x.columns; ++c) {
        result.at(row, c) = g.at(row, c) / rms - along * x.at(row, c) /
                                                     static_cast<double>(x.columns) /
                                                     (rms * rms * rms);
      }
    }
    return result;
  }

  [[nodiscard]] std::uint64_t row_of(std::uint64_t token, std::uint64_t head,
                                     std::uint64_t of) const {
    return (token / p_.seq * of + head) * p_.seq + token % p_.seq;
  }
  [[nodiscard]] Grid heads(const Grid& tokens, std::uint64_t count, std::uint64_t first) const {
    Grid result(tokens.rows * count, p_.head_dim);
    for (std::uint64_t token = 0; token < tokens.rows; ++token) {
      for (std::uint64_t head = 0; head < count; ++head) {
        for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
          result.at(row_of(token, head, count), c) =
              tokens.at(token, (first + head) * p_.head_dim + c);
        }
      }
    }
    return result;
  }
  void put_heads(const Grid& by_heads, std::uint64_t count, std::uint64_t first, Grid& to) const {
    for (std::uint64_t token = 0; token < to.rows; ++token) {
      for (std::uint64_t head = 0; head < count; ++head) {
        for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
          to.at(token, (first + head) * p_.head_dim + c) =
              by_heads.at(row_of(token, head, count), c);
        }
      }
    }
  }
  [[nodiscard]] Grid by_tokens(const Grid& of_heads) const {
    Grid result(tokens_of(p_), attention_columns(p_));
    put_heads(of_heads, p_.heads, 0, result);
    if (fault_ == LayerFault::mixes_up_heads) {
      for (std::uint64_t token = 0; token < result.rows; ++token) {
        for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
          std::swap(result.at(token, c), result.at(token, p_.head_dim + c));
        }
      }
    }
    return result;
  }

  static double dot(const Grid& a, std::uint64_t i, const Grid& b, std::uint64_t j) {
    double sum = 0;
    for (std::uint64_t c = 0; c < a.columns; ++c) {
      sum += a.at(i, c) * b.at(j, c);
    }
    return sum;
  }
  /// visit(row of the query, row of the key) of all pairs that the mask leaves.
  template <class Visit>
  void each_pair(std::uint64_t row, const Visit& visit) const {
    const std::uint64_t head = row / p_.seq;
    const std::uint64_t place = row % p_.seq;
    const std::uint64_t kv_head = head / (p_.heads / p_.kv_heads);
    std::uint64_t count = place + 1;
    if (fault_ == LayerFault::sees_a_key_too_many) {
      count = std::min(count + 1, p_.seq);
    } else if (fault_ == LayerFault::sees_a_key_too_few) {
      count = std::max<std::uint64_t>(place, 1);
    }
    for (std::uint64_t j = 0; j < count; ++j) {
      visit(kv_head * p_.seq + j);
    }
  }
  /// The softmax with its scale of ln(2) / 2, by e to the power of scaled scores.
  void attend() {
    const double scale = std::log(2.0) / 2;
    o_ = Grid(q_.rows, p_.head_dim);
    l_ = Grid(q_.rows, 1);
    for (std::uint64_t row = 0; row < q_.rows; ++row) {
      double sum = 0;
      each_pair(row, [&](std::uint64_t key) {
        const double weight = std::exp(scale * dot(q_, row, k_, key));
        sum += weight;
        for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
          o_.at(row, c) += weight * v_.at(key, c);
        }
      });
      for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
        o_.at(row, c) /= sum;
      }
      l_.at(row, 0) = std::log2(sum);
    }
  }
  void differentiate() {
    const double scale = std::log(2.0) / 2;
    dq_ = Grid(q_.rows, p_.head_dim);
    dk_ = Grid(k_.rows, p_.head_dim);
    dv_ = Grid(v_.rows, p_.head_dim);
    for (std::uint64_t row = 0; row < q_.rows; ++row) {
      const bool last = row % p_.seq == p_.seq - 1;
      each_pair(row, [&](std::uint64_t key) {
        const double p = std::exp(scale * dot(q_, row, k_, key) - std::log(2.0) * l_.at(row, 0));
        const double ds = p * (dot(d_o_, row, v_, key) - dot(d_o_, row, o_, row)) * scale;
        const bool forgotten = fault_ == LayerFault::forgets_a_key_gradient && last;
        for (std::uint64_t c = 0; c < p_.head_dim; ++c) {
          dq_.at(row, c) += ds * k_.at(key, c);
          dk_.at(key, c) += forgotten ? 0 : ds * q_.at(row, c);
          dv_.at(key, c) += p * d_o_.at(row, c);
        }
      });
    }
  }

  TransformerProblem p_;
  LayerFault fault_;
  Keep keep_;
  Grid n1_{0, 0}, q_{0, 0}, k_{0, 0}, v_{0, 0}, o_{0, 0}, l_{0, 0}, a_{0, 0}, h_{0, 0}, n2_{0, 0},
      r_{0, 0}, d_o_{0, 0}, dq_{0, 0}, dk_{0, 0}, dv_{0, 0};
};

/// A pass that computes by the book into a slot, rounded to its types.
class TextbookPass final : public LayerPass {
 public:
  TextbookPass(const TransformerProblem& problem, LayerFault fault)
      : problem_(problem), places_(problem), fault_(fault) {}

  [[nodiscard]] Ran ran() const override {
    return {.software = "textbook", .version = "1", .kernel = "layer", .isa = "x86", .threads = 1};
  }
  Result<Done> run(const LayerViews& operands, std::byte* slot) override {
    TextbookLayer layer(problem_, fault_, [&](LayerArray array, Grid grid) {
      const LayerPlace& place = places_.of(array);
      for (std::uint64_t i = 0; i < grid.values.size(); ++i) {
        std::byte* const at = slot + place.first_byte + i * bytes_of(place.type);
        std::uint64_t bits = rounded_bits(place.type, grid.values[i]);
        if (skips(array, i / place.columns, i % place.columns)) {
          std::memcpy(&bits, at, bytes_of(place.type));
        }
        grid.values[i] = value_of_bits(place.type, bits);
        std::memcpy(at, &bits, bytes_of(place.type));
      }
      return grid;
    });
    const LayerNumbers numbers(problem_, operands);
    layer.forward(numbers);
    layer.backward(numbers);
    return Done{};
  }
  Result<double> product_rate(const LayerViews& /*operands*/) override { return 1e9; }

 private:
  /// What is not written, so that there stands what stood there before; later stages read that.
  [[nodiscard]] bool skips(LayerArray array, std::uint64_t row, std::uint64_t column) const {
    const LayerPlace& place = places_.of(array);
    if (fault_ == LayerFault::skips_some_rows) {
      return array == LayerArray::dw_o && row >= place.rows * 3 / 4;
    }
    if (fault_ == LayerFault::skips_some_columns) {
      return array == LayerArray::r && column >= place.columns - place.columns / 8;
    }
    return fault_ == LayerFault::skips_a_head &&
           (array == LayerArray::o || array == LayerArray::l) && row >= place.rows - problem_.seq;
  }

  TransformerProblem problem_;
  LayerPlaces places_;
  LayerFault fault_;
};

}  // namespace assay
