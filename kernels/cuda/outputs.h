// Outputs of matrix products and of attention on the device: slots, poisoned before and witnessed
// after.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"

namespace assay::cuda {

/// Poisoning slots as a whole: every byte written once.
[[nodiscard]] constexpr LeastWork least_of_poison_all(double bytes) {
  return {.bytes = bytes, .instructions = bytes / 4};
}
/// Poisoning a slot's lattice: of each place 8 bytes, its index, and a sector of 32.
[[nodiscard]] constexpr LeastWork least_of_poison_lattice(double places) {
  return {.bytes = 40 * places, .rounds = 2};
}
/// Witnessing it: 8 bytes more, written.
[[nodiscard]] constexpr LeastWork least_of_read_lattice(double places) {
  return {.bytes = 48 * places, .instructions = 60 * places, .rounds = 3};
}

/// What stands in a slot.
struct OutputShape {
  NumberType type = NumberType::f32;
  std::uint64_t rows = 0, columns = 0;
};
[[nodiscard]] constexpr OutputShape output_of(const GemmProblem& problem) {
  return {.type = problem.output, .rows = problem.m, .columns = problem.n};
}

/// Dense row-major matrices, each beginning on a page.
class Outputs {
 public:
  /// Every element is poisoned. `shift`: see ExactOperands::output_shift.
  [[nodiscard]] static Result<Outputs> allocate(const OutputShape& shape, std::uint32_t slots,
                                                int shift, cudaStream_t stream);

  [[nodiscard]] static std::uint64_t slot_bytes(const OutputShape& shape);

  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  [[nodiscard]] std::uint64_t slot_bits() const;
  [[nodiscard]] std::byte* slot(std::uint32_t index) const;
  [[nodiscard]] Result<std::uint64_t> bits(std::uint32_t slot, std::uint64_t element) const;

  /// Poisons the lattice of these slots.
  [[nodiscard]] Result<Done> poison(std::span<const Step> steps, cudaStream_t stream);
  /// Their lattices one after the other, 8 bytes an element, little-endian.
  [[nodiscard]] Result<std::vector<std::uint8_t>> witness(std::span<const Step> steps,
                                                          cudaStream_t stream);
  [[nodiscard]] Result<Done> flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  [[nodiscard]] Result<Done> name_slots(std::span<const Step> steps);

  NumberType type_ = NumberType::f32;
  int shift_ = 0;
  std::uint64_t elements_ = 0, stride_ = 0, lattice_size_ = 0;
  std::uint32_t slots_ = 0;
  DeviceBuffer memory_;
  DeviceBuffer lattice_;    // Elements, 64 bits each.
  DeviceBuffer named_;      // Slots of the steps at hand, 32 bits each.
  DeviceBuffer seen_;       // What a witness found.
  std::uint64_t room_ = 0;  // Steps that named_ and seen_ have room for.
};

}  // namespace assay::cuda
