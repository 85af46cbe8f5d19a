// Reading and writing the memory of a GPU, every pass checkable. The scheme is that of the host's
// kernel, with as many destinations as memory allows.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "kernels/backend.h"
#include "kernels/cuda/destinations.h"
#include "kernels/cuda/device_buffer.h"

namespace assay::cuda {

struct GpuTarget;

/// As many destinations as half of the free memory holds, up to 64: poisoning, witnessing and
/// comparing cost a few launches a batch, a small part of one that is long.
[[nodiscard]] constexpr std::uint64_t memory_slots(std::uint64_t free_bytes,
                                                   std::uint64_t slot_bytes) {
  return std::clamp<std::uint64_t>(free_bytes / 2 / slot_bytes, 1, 64);
}

class MemoryKernel final : public Kernel {
 public:
  /// Precondition of both: the device is the current one.
  [[nodiscard]] static Result<Done> supports(const GpuTarget& gpu, const MemoryProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<MemoryKernel>> prepare(const GpuTarget& gpu,
                                                                     const MemoryProblem& problem,
                                                                     const Seed& seed);
  MemoryKernel(const MemoryProblem& problem, std::uint64_t elements, const Seed& seed);
  MemoryKernel(const MemoryKernel&) = delete;
  MemoryKernel& operator=(const MemoryKernel&) = delete;
  ~MemoryKernel() override;

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return memory::k_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return to_->count(); }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override { return to_->slot_bits(); }
  [[nodiscard]] bool whole_is_cheap() const override { return true; }

 private:
  Result<Done> fill();
  Result<Done> allocate_slots();

  MemoryProblem problem_;
  std::uint64_t elements_;
  memory::Pattern pattern_;
  std::string isa_;
  std::uint32_t multiprocessors_ = 0;
  cudaStream_t stream_ = nullptr;
  DeviceBuffer b_, c_;
  DeviceBuffer ones_;   // Of a read, see count_ones().
  DeviceBuffer slots_;  // One behind the other.
  std::optional<Destinations> to_;
};

}  // namespace assay::cuda
