// The outputs of a matrix product: one slot a step, poisoned before and read after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/buffer.h"

namespace assay {

/// The first element of `rounded` that is not `exact` rounded to bf16, to nearest with ties to
/// even; `count` if there is none. Precondition: `exact` is finite.
[[nodiscard]] std::uint64_t first_not_rounded(const float* exact, const std::uint16_t* rounded,
                                              std::uint64_t count);

class Outputs {
 public:
  /// `slots` dense row-major matrices, each poisoned in every element.
  [[nodiscard]] static Result<Outputs> allocate(const GemmProblem& problem, std::uint32_t slots);

  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] std::uint64_t elements() const { return rows_ * columns_; }
  [[nodiscard]] std::uint64_t lattice_elements() const { return lattice_.size(); }
  [[nodiscard]] std::uint64_t slot_bits() const;
  [[nodiscard]] std::byte* slot(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t bits(std::uint32_t slot, std::uint64_t element) const;

  /// Poisons one element of every 64 x 64 tile, at a place fixed by the tile.
  void poison_lattice(std::uint32_t slot) const;

  /// Appends the lattice, 8 bytes an element, little-endian.
  void append_lattice(std::uint32_t slot, std::vector<std::uint8_t>& to) const;

  void flip(std::uint32_t slot, std::uint64_t bit) const;

 private:
  NumberType type_ = NumberType::f32;
  std::uint64_t rows_ = 0, columns_ = 0;
  std::uint64_t stride_ = 0;  // Bytes from slot to slot.
  std::uint32_t slots_ = 0;
  std::vector<std::uint64_t> lattice_;  // Elements.
  Buffer memory_;
};

}  // namespace assay
