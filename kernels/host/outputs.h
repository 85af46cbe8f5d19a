// The outputs of a problem, matrices: one slot a step, poisoned before and read after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/buffer.h"

namespace assay {

/// The first element of `rounded` that is not `exact` rounded to bf16, to nearest with ties to
/// even; `count` if there is none. Precondition: `exact` is finite.
[[nodiscard]] std::uint64_t first_not_rounded(const float* exact, const std::uint16_t* rounded,
                                              std::uint64_t count);

/// How many slots of so many bytes a kernel keeps, by the memory that is free; at least one.
[[nodiscard]] std::uint32_t slots_for(std::uint64_t slot_bytes);

class Outputs {
 public:
  /// `slots` dense row-major matrices, each poisoned in every element.
  [[nodiscard]] static Result<Outputs> allocate(NumberType type, std::uint64_t rows,
                                                std::uint64_t columns, std::uint32_t slots);

  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] std::uint64_t elements() const { return rows_ * columns_; }
  [[nodiscard]] std::uint64_t slot_bits() const;
  [[nodiscard]] std::byte* slot(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t bits(std::uint32_t slot, std::uint64_t element) const;

  /// Poisons the lattice of each step's slot: see lattice_of in kernels/product_checks.h.
  void poison_lattices(std::span<const Step> steps) const;

  /// The lattices of the steps' slots, 8 bytes an element, little-endian.
  [[nodiscard]] std::vector<std::uint8_t> witness(std::span<const Step> steps) const;

  void flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  [[nodiscard]] std::uint64_t lattice_grain() const;
  void poison_lattice(std::uint32_t slot) const;
  void append_lattice(std::uint32_t slot, std::vector<std::uint8_t>& to) const;

  NumberType type_ = NumberType::f32;
  std::uint64_t rows_ = 0, columns_ = 0;
  std::uint64_t stride_ = 0;  // Bytes from slot to slot.
  std::uint32_t slots_ = 0;
  std::vector<std::uint64_t> lattice_;  // Elements.
  Buffer memory_;
};

}  // namespace assay
