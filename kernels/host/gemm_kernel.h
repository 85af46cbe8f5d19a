// Matrix products on the host, every one of them checkable.
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/exactness.h"
#include "kernels/host/operands.h"
#include "kernels/host/outputs.h"
#include "kernels/host/product.h"

namespace assay {

class GemmKernel final : public Kernel {
 public:
  [[nodiscard]] static Result<Done> supports(const GemmProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<GemmKernel>> prepare(const GemmProblem& problem,
                                                                   const Seed& seed);

  /// The same with another product in the library's place: for the tests.
  [[nodiscard]] static Result<std::unique_ptr<GemmKernel>> prepare_with(
      const GemmProblem& problem, const Seed& seed, std::unique_ptr<Product> product);

  [[nodiscard]] Ran ran() const override { return product_->ran(); }
  [[nodiscard]] Dimension dimension() const override;
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return Operands::tuples(); }
  [[nodiscard]] std::uint32_t slots() const override { return outputs_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return outputs_.slot_bits(); }

  /// What the library works on, for comparing with its bare loop.
  [[nodiscard]] const Operands& operands() const { return operands_; }
  [[nodiscard]] std::byte* slot(std::uint32_t index) const { return outputs_.slot(index); }

 private:
  [[nodiscard]] std::optional<Mismatch> check_tile(const Step& step, const Seed& challenge,
                                                   std::uint32_t index) const;
  Result<std::optional<Mismatch>> check_whole(const Step& step, const Seed& challenge,
                                              std::uint32_t index);
  [[nodiscard]] std::optional<Mismatch> compare_golden(const Step& step) const;
  [[nodiscard]] Mismatch locate(const Step& step, std::uint64_t row) const;

  GemmProblem problem_;
  ExactOperands rule_;
  Operands operands_;
  Outputs outputs_;
  std::unique_ptr<Product> product_;
  /// Where the output is narrow: the same product in f32, computed after the draw.
  GemmProblem golden_problem_;
  Outputs golden_;
  std::unique_ptr<Product> golden_product_;
};

}  // namespace assay
