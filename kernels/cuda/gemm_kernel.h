// Matrix products on a GPU, every one of them checkable. The scheme is that of the host's kernel.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>

#include "kernels/backend.h"
#include "kernels/cuda/cublaslt.h"
#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/matmul_plan.h"
#include "kernels/cuda/operands.h"
#include "kernels/cuda/outputs.h"
#include "kernels/cuda/tile_check.h"
#include "kernels/exactness.h"

namespace assay::cuda {

/// As many outputs as a quarter of the free memory holds, up to 256: between batches the device
/// waits for the host some ten times, 0.2 ms in all, and the shortest products take 0.1 ms.
[[nodiscard]] constexpr std::uint64_t product_slots(std::uint64_t free_bytes,
                                                    std::uint64_t slot_bytes) {
  return std::clamp<std::uint64_t>(free_bytes / 4 / slot_bytes, 1, 256);
}

class GemmKernel final : public Kernel {
 public:
  /// Precondition of both: the device is the current one.
  [[nodiscard]] static Result<Done> supports(const GpuTarget& gpu, const GemmProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<GemmKernel>> prepare(const GpuTarget& gpu,
                                                                   const GemmProblem& problem,
                                                                   const Seed& seed);
  GemmKernel() = default;
  GemmKernel(const GemmKernel&) = delete;
  GemmKernel& operator=(const GemmKernel&) = delete;
  ~GemmKernel() override;

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override;
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return k_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return outputs_.slots(); }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return outputs_.slot_bits(); }

 private:
  /// The operands that this device multiplies exactly: before any is generated.
  Result<Done> choose_operands();
  Result<Done> make_products(const Seed& seed);
  [[nodiscard]] Result<std::optional<Mismatch>> mismatch(const TileFinding& finding,
                                                         NumberType type, const Outputs& outputs,
                                                         std::uint32_t slot) const;
  Result<std::optional<Mismatch>> check_whole(const Step& step, const Seed& challenge,
                                              std::uint32_t index);
  Result<std::optional<Mismatch>> locate(const Step& step, std::uint64_t row);
  Result<std::optional<Mismatch>> compare_golden(const Step& step);

  GpuTarget gpu_;
  GemmProblem problem_;
  ExactOperands rule_;
  std::optional<unsigned> fp8_bits_measured_;  // Where sums of fp8 products are asked for.
  unsigned fp8_bits_relied_on_ = 0;
  CublasLt lt_{};
  cudaStream_t stream_ = nullptr;
  Operands operands_;
  Outputs outputs_;
  std::unique_ptr<MatmulPlan> product_;
  /// Where the output is narrow: the same product in the type of its sums, computed after the draw.
  Outputs golden_;
  std::unique_ptr<MatmulPlan> golden_product_;
};

}  // namespace assay::cuda
