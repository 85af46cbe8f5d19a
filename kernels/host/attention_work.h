// What a pass of attention does with its operands, and how its outputs are checked.
#pragma once

#include <memory>
#include <optional>

#include "kernels/backend.h"
#include "kernels/host/attention_core.h"
#include "kernels/host/gradient_core.h"

namespace assay {

class AttentionWork {
 public:
  AttentionWork() = default;
  AttentionWork(const AttentionWork&) = delete;
  AttentionWork& operator=(const AttentionWork&) = delete;
  virtual ~AttentionWork() = default;

  [[nodiscard]] virtual Ran ran() const = 0;

  /// Computes one tuple into a slot.
  virtual Result<Done> run(std::uint64_t tuple, std::byte* slot) = 0;

  /// One of output_rows, from the operands in memory; all of them, from the seed. The first element
  /// that differs.
  [[nodiscard]] virtual std::optional<Mismatch> check_row(std::uint64_t tuple,
                                                          const std::byte* slot,
                                                          std::uint64_t row) const = 0;
  [[nodiscard]] virtual std::optional<Mismatch> check_all(std::uint64_t tuple,
                                                          const std::byte* slot) const = 0;
};

/// Prefill forward, and decoding.
[[nodiscard]] Result<std::unique_ptr<AttentionWork>> make_forward_work(
    const AttentionProblem& problem, const Seed& seed, std::unique_ptr<AttentionCore> core);
/// Prefill backward.
[[nodiscard]] Result<std::unique_ptr<AttentionWork>> make_gradient_work(
    const AttentionProblem& problem, const Seed& seed, std::unique_ptr<GradientCore> core);

/// The host's own, and whether and with how much memory it could be made.
[[nodiscard]] Result<std::unique_ptr<AttentionWork>> make_attention_work(
    const AttentionProblem& problem, const Seed& seed);
[[nodiscard]] Result<Done> attention_work_supported(const AttentionProblem& problem);
[[nodiscard]] std::uint64_t attention_work_bytes(const AttentionProblem& problem);

}  // namespace assay
