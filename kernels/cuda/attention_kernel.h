// Attention on a GPU by own kernels, every one of them checkable to the bit. The scheme is that of
// the host's kernel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/attention_plan.h"
#include "kernels/backend.h"
#include "kernels/cuda/attention_check.h"
#include "kernels/cuda/attention_operands.h"
#include "kernels/cuda/attention_passes.h"
#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/outputs.h"

namespace assay::cuda {

class AttentionKernel final : public Kernel {
 public:
  /// Precondition of both: the device is the current one, and the pass is no backward one.
  [[nodiscard]] static Result<Done> supports(const GpuTarget& gpu, const AttentionProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<AttentionKernel>> prepare(
      const GpuTarget& gpu, const AttentionProblem& problem, const Seed& seed);

  AttentionKernel(const AttentionProblem& problem, const AttentionPattern& pattern)
      : problem_(problem), pattern_(pattern) {}
  AttentionKernel(const AttentionKernel&) = delete;
  AttentionKernel& operator=(const AttentionKernel&) = delete;
  ~AttentionKernel() override;

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
  /// How these kernels stand to the library's: see library_comparison.h.
  Result<std::vector<Noted>> notes() override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return outputs_.slot_bits(); }

 private:
  Result<Done> allocate();
  [[nodiscard]] AttentionPass pass_of(const Step& step) const;
  [[nodiscard]] AttentionClaim claim_of(const Step& step) const;
  [[nodiscard]] AttentionCheck checked() const;
  [[nodiscard]] Result<std::optional<Mismatch>> mismatch(const RowFinding& finding,
                                                         std::uint64_t row,
                                                         std::uint32_t slot) const;

  AttentionProblem problem_;
  AttentionPattern pattern_;
  std::string isa_;
  std::uint32_t multiprocessors_ = 0;
  DecodePlan plan_;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer pattern_there_;
  DeviceBuffer partials_;
  AttentionOperands operands_;
  Outputs outputs_;
};

}  // namespace assay::cuda
