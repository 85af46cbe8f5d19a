// Attention on the host, every one of them checkable to the bit.
#pragma once

#include <memory>
#include <utility>

#include "kernels/attention_plan.h"
#include "kernels/backend.h"
#include "kernels/host/attention_work.h"
#include "kernels/host/outputs.h"

namespace assay {

class AttentionKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<Done> supports(const AttentionProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<AttentionKernel>> prepare(
      const AttentionProblem& problem, const Seed& seed);

  /// The same with another attention in place of the own: for the tests.
  [[nodiscard]] static Result<std::unique_ptr<AttentionKernel>> prepare_with(
      const AttentionProblem& problem, std::unique_ptr<AttentionWork> work);

  AttentionKernel(const AttentionProblem& problem, std::unique_ptr<AttentionWork> work,
                  Outputs outputs)
      : problem_(problem), work_(std::move(work)), outputs_(std::move(outputs)) {}

  [[nodiscard]] Ran ran() const override { return work_->ran(); }
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
  [[nodiscard]] std::optional<Mismatch> check_rows(const Step& step, const Seed& challenge,
                                                   std::uint32_t index) const;

  AttentionProblem problem_;
  std::unique_ptr<AttentionWork> work_;
  Outputs outputs_;
};

}  // namespace assay
