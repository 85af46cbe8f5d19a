// Attention's backward pass on a GPU by own kernels, every one of them checkable to the bit. The
// scheme is that of the host's kernel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/attention_gradients.h"
#include "kernels/backend.h"
#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/gradient_check.h"
#include "kernels/cuda/gradient_operands.h"
#include "kernels/cuda/gradient_passes.h"
#include "kernels/cuda/outputs.h"

namespace assay::cuda {

class GradientKernel final : public Kernel {
 public:
  /// Precondition of both: the device is the current one, and the pass is prefill_backward.
  [[nodiscard]] static Result<Done> supports(const AttentionProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<GradientKernel>> prepare(
      const GpuTarget& gpu, const AttentionProblem& problem, const Seed& seed);

  GradientKernel(const AttentionProblem& problem, const GradientPattern& pattern)
      : problem_(problem), pattern_(pattern) {}
  GradientKernel(const GradientKernel&) = delete;
  GradientKernel& operator=(const GradientKernel&) = delete;
  ~GradientKernel() override;

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return dimension_of_attention(problem_); }
  [[nodiscard]] Natural work_per_step() const override { return work_of_attention(problem_); }
  [[nodiscard]] std::uint64_t tuples() const override { return k_attention_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return outputs_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return outputs_.slot_bits(); }

 private:
  Result<Done> allocate();
  [[nodiscard]] GradientClaim claim_of(const Step& step) const;
  [[nodiscard]] GradientCheck checked() const;
  [[nodiscard]] Result<std::optional<Mismatch>> mismatch(const RowFinding& finding,
                                                         std::uint64_t row,
                                                         std::uint32_t slot) const;

  AttentionProblem problem_;
  GradientPattern pattern_;
  std::string isa_;
  std::uint32_t multiprocessors_ = 0;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer pattern_there_;
  DeviceBuffer d_;  // Of the step at hand: one comes after the other.
  GradientOperands operands_;
  Outputs outputs_;
};

}  // namespace assay::cuda
