// A decoder layer's step on several ranks as a kernel: timed and asked as a collective is.
#pragma once

#include <memory>
#include <utility>

#include "harness/run/collective_kernel.h"

namespace assay {

/// A step's time is the longest of all ranks', from the common start to the end of its gradients'
/// sum; each rank has its own tokens and checks its own part.
class LayerStepKernel final : public Kernel {
 public:
  /// As CollectiveKernel.
  [[nodiscard]] static Result<std::unique_ptr<LayerStepKernel>> prepare(
      const RankLaunch& launch, const TransformerProblem& problem, const Seed& seed);
  [[nodiscard]] static Result<Done> supports(const RankLaunch& launch,
                                             const TransformerProblem& problem);

  LayerStepKernel(const TransformerProblem& problem, std::shared_ptr<RankJob> job);

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::flop_rate; }
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return ranks_.tuples(); }
  [[nodiscard]] std::uint32_t slots() const override { return ranks_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override { return ranks_.poison(steps); }
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return ranks_.timed_ns(); }
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override {
    return ranks_.witness(steps);
  }
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override;
  [[nodiscard]] std::vector<std::int32_t> processes() const override { return ranks_.processes(); }
  void begin_window() override;
  Result<std::vector<Noted>> notes() override;

 private:
  struct Window {
    Natural steps = 0, ns = 0;
  };

  TransformerProblem problem_;
  std::shared_ptr<RankJob> job_;
  CollectiveKernel ranks_;
  Window window_;
};

}  // namespace assay
