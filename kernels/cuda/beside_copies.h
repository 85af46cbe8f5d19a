// Whole destinations compared while the next ones are copied: copies keep the engines and the link
// busy, and the multiprocessors have nothing to do. So a link costs no time to be checked in full.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/destinations.h"
#include "kernels/cuda/device_buffer.h"

namespace assay::cuda {

class BesideCopies {
 public:
  /// The slots lie in memory of device `ordinal`, whose multiprocessors compare them. All of these
  /// fail as check() does.
  [[nodiscard]] static Result<BesideCopies> on(int ordinal, const SlotSetting& setting,
                                               std::vector<DeviceWord*> slots);
  BesideCopies(BesideCopies&& other) noexcept;
  BesideCopies& operator=(BesideCopies&&) = delete;
  BesideCopies(const BesideCopies&) = delete;
  BesideCopies& operator=(const BesideCopies&) = delete;
  ~BesideCopies();

  /// Makes ready for one run of these steps: waits for what is still compared. Steps that share a
  /// slot are not followed at all.
  [[nodiscard]] Result<Done> arm(std::span<const Step> steps);
  /// That it is ready for just these.
  [[nodiscard]] bool is_armed_for(std::span<const Step> steps) const;

  /// Step `index` of those armed has been queued on `copies`: its slot is compared after it.
  [[nodiscard]] Result<Done> follow(std::size_t index, cudaStream_t copies);

  /// Waits, and says of every step the first wrong word, k_nothing_wrong, or nothing
  /// where this step was not the last one followed in its slot.
  [[nodiscard]] Result<std::vector<std::optional<std::uint64_t>>> found(
      std::span<const Step> steps);

 private:
  BesideCopies(int ordinal, const SlotSetting& setting, std::vector<DeviceWord*> slots)
      : ordinal_(ordinal), setting_(setting), slots_(std::move(slots)) {}
  [[nodiscard]] Result<Done> open();

  int ordinal_;
  SlotSetting setting_;
  std::vector<DeviceWord*> slots_;
  cudaStream_t stream_ = nullptr;
  std::vector<cudaEvent_t> copied_;  // One a slot, of the current device when it was made.
  DeviceBuffer tasks_, first_;       // One a slot, in the order of the steps.
  std::vector<Step> armed_;
  std::size_t followed_ = 0;  // Of those armed.
};

}  // namespace assay::cuda
