// What each rank of a collective holds before and after a call, wherever its memory is.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/keyed.h"

namespace assay::ranks {

/// A tuple is where in the operands a call begins: tuple x k_line bytes further.
inline constexpr std::uint64_t k_tuples = 1024;
inline constexpr std::uint64_t k_line = 64;
/// By so much the operands are longer than those of one call.
inline constexpr std::uint64_t k_slack = k_tuples * k_line;
/// Of a slot before a call.
inline constexpr std::uint8_t k_poison = 0xA5;

/// What one part of a slot must hold: of each element the sum over `count` ranks, from rank `rank`
/// on, of their operands, from element `first` on.
struct Source {
  std::uint32_t rank = 0, count = 1;
  std::uint64_t first = 0;
  std::uint32_t place = 0;  ///< Which part of the slot it is.
};

/// Of one rank. Parts of a slot are of the same size, and stand at their places: of links a message
/// of each other rank, and nothing at its own.
struct Layout {
  std::uint64_t count = 0;         ///< Elements of one part, as calls count them.
  std::uint64_t input_bytes = 0;   ///< Operands of one call.
  std::uint64_t input_at = 0;      ///< Where they stand in a slot, in place.
  std::uint64_t slot_bytes = 0;    ///< That a call leaves.
  std::uint64_t slot_stride = 0;   ///< From one slot to the next.
  std::vector<Source> parts;       ///< By place; none where nothing is received.
  std::uint64_t witness_step = 1;  ///< In each part every so manieth element is a witness.
};

/// Precondition: well_sized(problem), rank < problem.ranks.
[[nodiscard]] Layout layout_of(const CollectiveProblem& problem, std::uint32_t rank);

/// Fails with bad_input if the bytes are no multiple of what the ranks hold, with unsupported if no
/// sum of so many ranks is exact.
[[nodiscard]] Result<Done> well_sized(const CollectiveProblem& problem);

/// Of each rank. The same everywhere, since outputs are compared between devices.
[[nodiscard]] std::uint32_t slots_of(const CollectiveProblem& problem);

/// The largest |operand| for which every partial sum of all ranks is exact, or that is a whole
/// number of the type; 0: there is none.
[[nodiscard]] std::uint64_t amplitude_of(const CollectiveProblem& problem);

/// Whose numbers are the operands of each rank, by rank.
[[nodiscard]] std::vector<Keyed> draws_of(const CollectiveProblem& problem, const Seed& seed);

/// What element `index` of a part is; `draws` as draws_of(). A whole number that the type holds.
[[nodiscard]] constexpr std::int64_t element(const Keyed* draws, std::uint64_t amplitude,
                                             const Source& source, std::uint64_t index) {
  std::int64_t sum = 0;
  for (std::uint32_t i = 0; i < source.count; ++i) {
    sum += draws[source.rank + i].nonzero(source.first + index, amplitude);
  }
  return sum;
}

/// Its bits in f32 or bf16. Precondition: the type holds it.
[[nodiscard]] constexpr std::uint32_t bits_of_whole(NumberType type, std::int64_t value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  return type == NumberType::bf16 ? bits >> 16U : bits;
}

/// The places of a node that its ranks get, by rank: drawn from the seed, since whom a rank talks
/// to must be known to nobody before. Precondition: problem.ranks <= places.
[[nodiscard]] std::vector<std::uint32_t> places_of(const CollectiveProblem& problem,
                                                   std::uint32_t places, const Seed& seed);

}  // namespace assay::ranks
