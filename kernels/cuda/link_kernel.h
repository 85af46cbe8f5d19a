// Copies between a GPU and its host or another GPU by the copy engines, every one checkable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/beside_copies.h"
#include "kernels/cuda/destinations.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/pinned_memory.h"

namespace assay::cuda {

struct GpuTarget;

/// Destinations of a lane, where there is memory. Between GPUs 1 GiB takes a millisecond, the
/// checks of a batch wait for the device 0.2 ms, and the comparison of its last copy 0.3 ms; over
/// PCIe eight last long enough, or four of the host's, since pinning memory takes seconds.
[[nodiscard]] constexpr std::uint64_t most_link_slots(const LinkProblem& problem) {
  return problem.path == LinkProblem::Path::peer                  ? 32
         : problem.direction == LinkProblem::Direction::to_device ? 8
                                                                  : 4;
}

/// A tuple says where in the source a copy begins. A slot is a destination, or one for each
/// direction; both directions run at once, each on a stream of its own, the whole batch long.
/// A destination in the memory of a GPU is compared as a whole, by that GPU, while the next copies
/// go on; of those in the host's memory drawn ones are.
class LinkKernel final : public Kernel {
 public:
  /// The other end of the link: a device, or memory of the host on a NUMA node.
  struct FarEnd {
    std::optional<int> peer;
    unsigned node = 0;
  };

  /// Precondition of both: the device is the current one.
  [[nodiscard]] static Result<Done> supports(const GpuTarget& gpu, const LinkProblem& problem);
  [[nodiscard]] static Result<std::unique_ptr<LinkKernel>> prepare(const GpuTarget& gpu,
                                                                   const LinkProblem& problem,
                                                                   const Seed& seed);
  explicit LinkKernel(const LinkProblem& problem) : problem_(problem) {}
  LinkKernel(const LinkKernel&) = delete;
  LinkKernel& operator=(const LinkKernel&) = delete;
  ~LinkKernel() override;

  [[nodiscard]] Ran ran() const override;
  [[nodiscard]] Dimension dimension() const override { return Dimension::byte_rate; }
  [[nodiscard]] Natural work_per_step() const override;
  [[nodiscard]] std::uint64_t tuples() const override { return memory::k_tuples; }
  [[nodiscard]] std::uint32_t slots() const override { return lanes_.front().to->count(); }
  Result<Done> poison(std::span<const Step> steps) override;
  Result<Done> run(std::span<const Step> steps) override;
  Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps) override;
  Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                            std::span<const std::uint32_t> full) override;
  Result<Done> flip(std::uint32_t slot, std::uint64_t bit) override;
  [[nodiscard]] std::uint64_t slot_bits() const override;
  [[nodiscard]] bool whole_is_cheap() const override { return true; }

 private:
  /// At this device or at the far end.
  struct Memory {
    DeviceBuffer device;
    PinnedMemory host;
    [[nodiscard]] DeviceWord* words() const;
  };

  /// One direction.
  struct Lane {
    bool inward = true;  ///< Towards this device.
    Memory source, slots;
    cudaStream_t stream = nullptr;
    std::optional<Destinations> to;
    std::optional<BesideCopies> beside;  ///< None where the destinations are the host's.
  };

  Result<Done> open_lane(bool inward, const Seed& seed, std::uint64_t slots);
  [[nodiscard]] Result<Memory> allocate(bool here, std::uint64_t bytes) const;
  [[nodiscard]] Result<Done> wait(const std::string& what) const;
  /// Of steps that are not armed already.
  [[nodiscard]] Result<Done> arm(std::span<const Step> steps);
  /// Takes what was found beside the copies of one lane into `found`, whose indices begin at
  /// `first`. Says of each step whether its destination was compared as a whole.
  [[nodiscard]] static Result<std::vector<bool>> take_beside(
      Lane& lane, std::span<const Step> steps, std::uint64_t first,
      std::vector<std::optional<Mismatch>>& found);
  [[nodiscard]] std::uint64_t words() const { return problem_.bytes / 64 * memory::k_line; }

  LinkProblem problem_;
  FarEnd far_;
  int ordinal_ = 0;
  std::string isa_;
  std::string version_;
  std::vector<Lane> lanes_;
};

}  // namespace assay::cuda
