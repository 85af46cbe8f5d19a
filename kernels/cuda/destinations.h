// Where memory is moved to: slots that are poisoned before, witnessed and compared after.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/memory_passes.h"
#include "kernels/memory_plan.h"

namespace assay::cuda {

/// What holds for every slot.
struct SlotSetting {
  memory::Pattern pattern;
  std::uint64_t elements = 0;           ///< Of an array.
  std::uint64_t words = 0;              ///< Of a slot: the elements, or the parts of a read.
  const std::uint32_t* ones = nullptr;  ///< Of a read, see count_ones(); else null.
};

/// A slot and what it must hold.
struct SlotTask {
  DeviceWord* slot = nullptr;
  memory::Tuple tuple;
  Keyed draw;  ///< Where it is looked at.
};

/// The current device compares them with the pattern, which it computes anew: what it compares with
/// was never in memory. It reads them wherever they are: its own, another device's or the host's.
class Destinations {
 public:
  Destinations(const SlotSetting& setting, std::vector<DeviceWord*> slots, cudaStream_t stream)
      : setting_(setting), slots_(std::move(slots)), stream_(stream) {}

  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(slots_.size()); }
  [[nodiscard]] DeviceWord* slot(std::uint32_t index) const { return slots_[index]; }
  [[nodiscard]] std::uint64_t slot_bits() const { return 64 * setting_.words; }

  /// As of Kernel; the steps are well-formed. All fail as check() does.
  [[nodiscard]] Result<Done> poison(std::span<const Step> steps);
  [[nodiscard]] Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps);
  /// Of every slot, so that none is right before it was written.
  [[nodiscard]] Result<Done> poison_all();
  /// The first difference in each step's slot: at drawn places, and anywhere in those of `full`.
  [[nodiscard]] Result<std::vector<std::optional<Mismatch>>> compare(
      std::span<const Step> steps, const Seed& challenge, std::span<const std::uint32_t> full);
  [[nodiscard]] Result<Done> flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  [[nodiscard]] bool reads() const { return setting_.ones != nullptr; }
  [[nodiscard]] Result<Done> name_tasks(std::span<const Step> steps, const Seed& challenge);
  [[nodiscard]] Result<Done> queue_comparison(std::size_t steps,
                                              std::span<const std::uint32_t> full);
  [[nodiscard]] Result<std::uint64_t> expected(const Step& step, std::uint64_t word) const;
  [[nodiscard]] Result<std::optional<Mismatch>> mismatch(const Step& step,
                                                         std::uint64_t word) const;

  SlotSetting setting_;
  std::vector<DeviceWord*> slots_;
  cudaStream_t stream_;
  DeviceBuffer tasks_;      // Of the steps at hand.
  DeviceBuffer seen_;       // What a witness found.
  DeviceBuffer first_;      // The first wrong word of each step.
  std::uint64_t room_ = 0;  // Steps that there is room for.
};

}  // namespace assay::cuda
