// A decoder layer's step on the host, every stage of it checkable.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "kernels/backend.h"
#include "kernels/host/layer_operands.h"
#include "kernels/host/layer_pass.h"
#include "kernels/transformer_plan.h"

namespace assay {

/// One rank's part: forward and backward pass on its own tokens. What is exchanged is its caller's
/// business; a problem of one rank needs none. Slots hold everything that a step computes, so that
/// each stage is checked by itself: of drawn steps everywhere, or in a sample where the layer is
/// larger than k_most_whole_flops. The time of a step is from its beginning to its end; checks lie
/// between.
class TransformerKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<Done> supports(const TransformerProblem& problem);
  /// Of memory, by one rank with so many slots.
  [[nodiscard]] static Natural bytes_needed(const TransformerProblem& problem, std::uint32_t slots);
  /// `slots`: 0 for as many as there is memory for.
  [[nodiscard]] static Result<std::unique_ptr<TransformerKernel>> prepare(
      const TransformerProblem& problem, std::uint32_t rank, const Seed& seed,
      std::uint32_t slots = 0);

  /// The same with another pass in place of the own: for the tests.
  [[nodiscard]] static Result<std::unique_ptr<TransformerKernel>> prepare_with(
      const TransformerProblem& problem, LayerOperands operands, std::unique_ptr<LayerPass> pass,
      std::uint32_t slots = 0);

  TransformerKernel(const TransformerProblem& problem, LayerOperands operands,
                    std::unique_ptr<LayerPass> pass)
      : problem_(problem),
        places_(problem),
        operands_(std::move(operands)),
        pass_(std::move(pass)) {}

  [[nodiscard]] Ran ran() const override { return pass_->ran(); }
  [[nodiscard]] Dimension dimension() const override { return Dimension::flop_rate; }
  [[nodiscard]] Natural work_per_step() const override { return model_flops(problem_); }
  [[nodiscard]] std::uint64_t tuples() const override { return k_layer_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return slots_; }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  [[nodiscard]] std::optional<std::int64_t> timed_ns() const override { return timed_ns_; }
  /// Of everything before attention's gradients, whose sums may be added in another order each
  /// time.
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  /// Bit i is the highest of the exponent of element i: lower ones may lie within its bound.
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return places_.elements(); }
  void begin_window() override { window_ = {}; }
  /// MFU: model FLOPs over the time of the steps, as a share of the peak that the clause names, or
  /// of product_rate() measured now.
  Result<std::vector<Noted>> notes() override;

  [[nodiscard]] const LayerPlaces& places() const { return places_; }
  [[nodiscard]] std::byte* slot(std::uint32_t index) const {
    return memory_.data() + index * slot_stride_;
  }
  /// Up to so many FLOPs of a step it is checked everywhere: for the tests.
  void check_whole_up_to(Natural flops) { most_whole_flops_ = flops; }
  /// Called every now and then during a long check.
  void on_progress(std::function<void()> progress) { progress_ = std::move(progress); }
  Result<double> product_rate() { return pass_->product_rate(operands_.tuple(0)); }

 private:
  struct Window {
    Natural steps = 0, ns = 0;
  };
  [[nodiscard]] std::optional<Mismatch> find_poison(std::uint32_t slot) const;
  [[nodiscard]] bool samples() const { return flops_of_rank(problem_) > most_whole_flops_; }
  template <class Visit>
  void each_lattice_place(std::uint32_t slot, std::size_t arrays, const Visit& visit) const;

  TransformerProblem problem_;
  LayerPlaces places_;
  LayerOperands operands_;
  std::unique_ptr<LayerPass> pass_;
  Buffer memory_;
  std::uint64_t slot_stride_ = 0;
  std::uint32_t slots_ = 0;
  std::int64_t timed_ns_ = 0;
  Window window_;
  Natural most_whole_flops_ = k_most_whole_flops;
  std::function<void()> progress_;
};

/// What notes() says of so much time, and of what peak.
[[nodiscard]] std::vector<Noted> utilisation_of(Natural flops, Natural ns, double peak_flops);

}  // namespace assay
