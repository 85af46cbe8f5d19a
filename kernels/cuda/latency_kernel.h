// Latency of a GPU's memory, seen from one of its threads.
#pragma once

#include <memory>
#include <string>

#include "kernels/chase_kernel.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

struct GpuTarget;

/// A chain: one load after the other, a sector each.
[[nodiscard]] constexpr LeastWork least_of_chain(double loads) {
  return {.bytes = 32 * loads, .instructions = 5 * loads, .rounds = loads};
}

class LatencyKernel final : public ChaseKernel {
 public:
  /// Precondition of both: the device is the current one.
  [[nodiscard]] static Result<Done> supports(const LatencyProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<LatencyKernel>> prepare(const GpuTarget& gpu,
                                                                      const LatencyProblem& problem,
                                                                      const Seed& seed);
  LatencyKernel(const LatencyProblem& problem, const Seed& seed) : ChaseKernel(problem, seed) {}
  LatencyKernel(const LatencyKernel&) = delete;
  LatencyKernel& operator=(const LatencyKernel&) = delete;
  ~LatencyKernel() override;

  [[nodiscard]] Ran ran() const override;

 private:
  Result<Done> fill();
  Result<Done> chase(std::uint64_t start, std::uint32_t slot) override;
  Result<Done> wait() override;
  Result<std::uint64_t> end_in(std::uint32_t slot) override;
  Result<Done> set_end(std::uint32_t slot, std::uint64_t word) override;

  std::string isa_;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer nodes_, ends_;
};

}  // namespace assay::cuda
