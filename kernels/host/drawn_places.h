// All places of a file in a drawn order, each once before any comes again.
#pragma once

#include <cstdint>

#include "kernels/keyed.h"

namespace assay::storage {

/// A permutation of 0 .. places-1 that needs no memory: four rounds of a Feistel network over the
/// next power of four, begun again from what lies outside.
class DrawnPlaces {
 public:
  /// Precondition: places > 0.
  DrawnPlaces(const Seed& seed, std::uint64_t stream, std::uint64_t places)
      : draw_(seed, stream), places_(places) {
    while (places > std::uint64_t{1} << (2 * half_bits_)) {
      ++half_bits_;
    }
  }

  /// The place of `index`; index and index + places have the same.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t index) const {
    std::uint64_t place = index % places_;
    do {
      place = permuted(place);
    } while (place >= places_);
    return place;
  }

 private:
  [[nodiscard]] std::uint64_t permuted(std::uint64_t value) const {
    constexpr std::uint64_t k_rounds = 4;
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < k_rounds; ++round) {
      const std::uint64_t mixed = left ^ (draw_((round << 40U) ^ right) & mask);
      left = right;
      right = mixed;
    }
    return left << half_bits_ | right;
  }

  Keyed draw_;
  std::uint64_t places_;
  unsigned half_bits_ = 1;
};

}  // namespace assay::storage
