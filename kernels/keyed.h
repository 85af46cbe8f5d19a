// Numbers drawn from a seed by their index, the same on every machine: operands and challenges.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// One stream of numbers under a seed. Index i gives the same number in any order on any machine.
/// Not a cipher: seeds and challenges are secret only until they are used.
class Keyed {
 public:
  constexpr Keyed(const Seed& seed, std::uint64_t stream) {
    std::uint64_t state = mix(stream + 1);
    for (std::size_t word = 0; word < 4; ++word) {
      std::uint64_t value = 0;
      for (std::size_t byte = 0; byte < 8; ++byte) {
        value |= std::uint64_t{seed[8 * word + byte]} << (8 * byte);
      }
      state = mix(state ^ value) + 0x9e3779b97f4a7c15ULL;
      if (word == 1) {
        first_ = state;
      }
    }
    second_ = state;
  }

  /// 64 bits, uniform.
  [[nodiscard]] constexpr std::uint64_t operator()(std::uint64_t index) const {
    return mix(mix(index + first_) ^ second_);
  }

  /// Uniform on 0 .. bound-1; the bias is below bound / 2^64. Precondition: bound > 0.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t index, std::uint64_t bound) const {
    return static_cast<std::uint64_t>((Natural{(*this)(index)} * bound) >> 64U);
  }

  /// Uniform on -amplitude .. -1, 1 .. amplitude. No zeros: so no exact sum is ever -0.
  [[nodiscard]] constexpr std::int64_t nonzero(std::uint64_t index, std::uint64_t amplitude) const {
    const auto value = static_cast<std::int64_t>(below(index, 2 * amplitude)) -
                       static_cast<std::int64_t>(amplitude);
    return value < 0 ? value : value + 1;
  }

 private:
  /// D. Stafford's finaliser "Mix13", a bijection of 64 bits.
  static constexpr std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
  }

  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
};

}  // namespace assay
