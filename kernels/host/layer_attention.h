// Rows of a layer's attention and of its gradients, held against double precision.
//
// The bounds, with those of kernels/host/layer_claim.h, d = head_dim, s = q k in f32 and M the
// largest |s| / 2 of a row. Weights are 2^(s / 2 - m) under a running maximum m, which is raised in
// at most n / 256 + 2 blocks of n keys; powers of two are within 4 u (kernels/host/softmax.h):
//
//     weight       e = 2^(g(d) |q| |k| / 2 + 6 u M) - 1 + (8 + 8 blocks) u, relative
//     o            (sum w (e + t + g(n + blocks)) |v| + |o| sum w (e + g(n + blocks))) / sum w
//     l            the relative error of sum w, by ln 2, and 8 u (|l| + M + 1)
//
// t is there where weights are stored as bf16 for their product with V. Backward, with the weights
// p = 2^(s / 2 - l), D = do o, dp = do v and ds = p (dp - D), by the l and o that stand in memory:
//
//     p            f = 2^(g(d) |q| |k| / 2 + 4 u (|s| / 2 + |l|)) - 1 + 8 u, relative
//     ds           p (f |dp - D| + (1 + f) g(d + 1) |do| (|v| + |o|)) + (t + 4 u) |ds|
//     dq, dk       ln 2 / 2 (sum (error of ds) |k| + g(n) sum |ds k|) + 4 u |value|; with q for dk
//     dv           sum p (f + t + g(n)) |do|
//
// and 1 % on all, for products of errors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/host/layer_claim.h"

namespace assay {

/// A row of head_dim numbers, and the root of the sum of their squares.
struct HeadRow {
  std::vector<double> values;
  double norm = 0;
};

/// Rows of the arrays that stand by heads, in doubles: each is read from memory once, when somebody
/// first asks for it. Keeps those of the heads that share one of K, until somebody asks for
/// others'. For one thread.
class LayerHeads {
 public:
  /// Keeps a reference to the claim.
  explicit LayerHeads(const LayerClaim& claim) : claim_(claim) {}
  [[nodiscard]] const LayerClaim& claim() const { return claim_; }
  [[nodiscard]] const HeadRow& row(LayerArray array, std::uint64_t row);

 private:
  struct Kept {
    std::uint64_t first = 0;
    std::vector<HeadRow> rows;
  };
  const LayerClaim& claim_;
  std::array<Kept, k_layer_arrays> kept_;
};

/// A row of o, and its l: of batch x heads x seq.
[[nodiscard]] std::optional<Mismatch> check_attended_row(LayerHeads& heads, std::uint64_t row);
/// A row of dq.
[[nodiscard]] std::optional<Mismatch> check_query_gradient(LayerHeads& heads, std::uint64_t row);
/// A row of dk, and that of dv: of batch x kv_heads x seq.
[[nodiscard]] std::optional<Mismatch> check_key_gradients(LayerHeads& heads, std::uint64_t row);

}  // namespace assay
