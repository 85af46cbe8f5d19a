// Latency of the host's memory, seen from one CPU.
#pragma once

#include <array>
#include <memory>

#include "kernels/chase_kernel.h"
#include "kernels/host/buffer.h"

namespace assay {

class LatencyKernel final : public ChaseKernel {
 public:
  [[nodiscard]] static Result<Done> supports(const LatencyProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<LatencyKernel>> prepare(const LatencyProblem& problem,
                                                                      const Seed& seed);
  LatencyKernel(const LatencyProblem& problem, const Seed& seed, Buffer nodes);

  [[nodiscard]] Ran ran() const override;

 private:
  Result<Done> chase(std::uint64_t start, std::uint32_t slot) override;
  Result<Done> wait() override { return Done{}; }
  Result<std::uint64_t> end_in(std::uint32_t slot) override { return ends_.at(slot); }
  Result<Done> set_end(std::uint32_t slot, std::uint64_t word) override;

  Buffer nodes_;
  std::array<std::uint64_t, k_slots> ends_{};
};

}  // namespace assay
