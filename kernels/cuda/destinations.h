// Where memory is moved to: slots that are poisoned before, witnessed and compared after.
#pragma once

#include <algorithm>
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

// What these do at least. Single words cost a sector of 32 bytes.

/// Words of a lattice: at least memory::k_lattice where a slot has as many.
[[nodiscard]] constexpr double lattice_words(double words) {
  return std::min(words, 2.0 * memory::k_lattice);
}
/// Poisoning: a sector for each word of the lattice.
[[nodiscard]] constexpr LeastWork least_of_poison(double words) {
  return {.bytes = 32 * lattice_words(words), .rounds = 1};
}
/// Witnessing a copy or triad: a sector read and 8 bytes written for each.
[[nodiscard]] constexpr LeastWork least_of_witness(double words) {
  return {.bytes = 40 * lattice_words(words), .rounds = 2};
}
/// Witnessing a read: every word, a block of 256 threads with 16 bytes each, 4 at once.
[[nodiscard]] constexpr LeastWork least_of_sum(double words) {
  return {.bytes = 8 * words, .instructions = 3 * words, .rounds = 2 + words / (4 * 512)};
}
/// The drawn lines: 64 bytes each; one number drawn for the place and one or two for each word.
[[nodiscard]] constexpr LeastWork least_of_lines(bool adds) {
  const double words = double{memory::k_drawn_lines} * memory::k_line;
  return {.bytes = 8 * words,
          .instructions = (adds ? 3 : 2) * k_draw_instructions * words,
          .doubles = adds ? 4 * words : 0,
          .rounds = 2};
}
/// A whole slot: 8 bytes a word, and one or two numbers drawn; a sum is two conversions and a
/// multiply-add.
[[nodiscard]] constexpr LeastWork least_of_words(bool adds, double words) {
  return {.bytes = 8 * words,
          .instructions = (adds ? 2 : 1) * (k_draw_instructions + 5) * words,
          .doubles = adds ? 3 * words : 0,
          .rounds = 2};
}
/// All sums of a read: 256 bytes of counts and 8 of the slot for each, six operations a count.
[[nodiscard]] constexpr LeastWork least_of_sums(double words) {
  return {.bytes = 264 * words, .instructions = 6 * 64 * words, .rounds = 3};
}

/// In the place of the first wrong word's index.
inline constexpr std::uint64_t k_nothing_wrong = ~std::uint64_t{0};

/// Queues, on a stream of the current device, the comparison of every word of one slot with the
/// pattern. The least index of a wrong one comes into *first where it is less than what is there.
/// Not for a read. Fails as check() does.
[[nodiscard]] Result<Done> queue_whole_comparison(const SlotSetting& setting, const SlotTask* task,
                                                  DeviceWord* first, cudaStream_t stream);

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
  /// What stands in that word of the step's slot, and what should.
  [[nodiscard]] Result<std::optional<Mismatch>> mismatch(const Step& step,
                                                         std::uint64_t word) const;

 private:
  [[nodiscard]] bool reads() const { return setting_.ones != nullptr; }
  [[nodiscard]] Result<Done> name_tasks(std::span<const Step> steps, const Seed& challenge);
  [[nodiscard]] Result<Done> queue_comparison(std::size_t steps,
                                              std::span<const std::uint32_t> full);
  [[nodiscard]] Result<std::uint64_t> expected(const Step& step, std::uint64_t word) const;

  SlotSetting setting_;
  std::vector<DeviceWord*> slots_;
  cudaStream_t stream_;
  DeviceBuffer tasks_;      // Of the steps at hand.
  DeviceBuffer seen_;       // What a witness found.
  DeviceBuffer first_;      // The first wrong word of each step.
  std::uint64_t room_ = 0;  // Steps that there is room for.
};

}  // namespace assay::cuda
