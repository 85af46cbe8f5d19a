// How a kernel reads the elements of each number type: sixteen bytes at a time.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/block_scales.h"
#include "kernels/number_bits.h"

namespace assay::cuda {

template <std::size_t Bytes>
struct Word;
template <>
struct Word<1> {
  using Type = std::uint8_t;
};
template <>
struct Word<2> {
  using Type = std::uint16_t;
};
template <>
struct Word<4> {
  using Type = std::uint32_t;
};
template <>
struct Word<8> {
  using Type = std::uint64_t;
};

/// What an element of the type is stored as: its bits. A byte holds two of nvfp4.
template <NumberType Type>
using Stored = typename Word<bytes_of(Type)>::Type;

/// Bytes of so many elements that stand one after the other. nvfp4: of an even number.
[[nodiscard]] constexpr std::uint64_t packed_bytes(NumberType type, std::uint64_t elements) {
  return type == NumberType::nvfp4 ? elements / 2 : elements * bytes_of(type);
}

/// One access of a thread: of 16 bytes where nothing else is said.
template <NumberType Type, unsigned Bytes = 16>
struct alignas(Bytes) Chunk {
  static constexpr unsigned k_packed = Type == NumberType::nvfp4 ? 2 : 1;  ///< In one word.
  static constexpr unsigned k_words = Bytes / sizeof(Stored<Type>);
  static constexpr unsigned k_count = k_packed * k_words;
  Stored<Type> elements[k_words];  // NOLINT(modernize-avoid-c-arrays): device code, too

  /// Of element i; the first of two is in the low half.
  [[nodiscard]] constexpr std::uint64_t bits(unsigned i) const {
    const std::uint64_t word = elements[i / k_packed];
    return k_packed == 1 ? word : word >> (i % 2 * 4) & 0xfU;
  }
};

/// The value of a finite element of 32 bits or less, in units of unit_of(Type): exact, and without
/// the double precision that some GPUs hardly have. A code is shifted into the place that a float
/// has for it; what is then wrong is the exponent, by the same for all codes, subnormal ones too.
template <NumberType Type>
[[nodiscard]] constexpr float unit_value(std::uint64_t bits) {
  const auto code = static_cast<std::uint32_t>(bits);
  if constexpr (Type == NumberType::f32 || Type == NumberType::tf32) {
    return std::bit_cast<float>(code);
  } else if constexpr (Type == NumberType::bf16) {
    return std::bit_cast<float>(code << 16U);
  } else if constexpr (Type == NumberType::s8) {
    return static_cast<float>(static_cast<std::int8_t>(static_cast<std::uint8_t>(code)));
  } else {
    constexpr FloatFormat k_format = format_of(Type);
    constexpr auto k_sign = static_cast<unsigned>(k_format.sign_bit);
    constexpr auto k_shift = 23U - static_cast<unsigned>(k_format.mantissa);
    constexpr auto k_factor =
        static_cast<float>(power_of_two(126 + k_format.least_exponent) / unit_of(Type));
    const std::uint32_t sign = code >> k_sign << 31U;
    const std::uint32_t rest = (code & ((1U << k_sign) - 1)) << k_shift;
    return std::bit_cast<float>(sign | rest) * k_factor;
  }
}

/// The scales of a matrix: see kernels/block_scales.h.
struct Scales {
  const std::uint8_t* data = nullptr;
  std::uint64_t tiles_along = 0;
};

/// The scale of element `column` of `row`; 1 where the type has none.
template <NumberType Type>
[[nodiscard]] constexpr std::uint64_t scale_at(const Scales& scales, std::uint64_t row,
                                               std::uint64_t column) {
  if constexpr (scale_block_of(Type) == 0) {
    return 1;
  } else {
    return scale_of_bits(
        Type, scales.data[scale_place(row, column / scale_block_of(Type), scales.tiles_along)]);
  }
}

/// Elements of a chunk that have one scale: all where the type has none, or one for more.
template <NumberType Type>
inline constexpr unsigned k_scaled = scale_block_of(Type) == 0 ||
                                             scale_block_of(Type) > Chunk<Type>::k_count
                                         ? Chunk<Type>::k_count
                                         : scale_block_of(Type);

/// Whether element i of a chunk is the first of those with one scale.
template <NumberType Type>
[[nodiscard]] constexpr bool begins_block(unsigned i) {
  return i % k_scaled<Type> == 0;
}

/// Calls use.template operator()<Type>() for the type of an operand's elements. False if it is
/// none.
template <class Use>
bool with_operand_type(NumberType type, const Use& use) {
  switch (type) {
    case NumberType::f64: use.template operator()<NumberType::f64>(); return true;
    case NumberType::f32:
    case NumberType::tf32: use.template operator()<NumberType::f32>(); return true;
    case NumberType::bf16: use.template operator()<NumberType::bf16>(); return true;
    case NumberType::f16: use.template operator()<NumberType::f16>(); return true;
    case NumberType::fp8_e4m3: use.template operator()<NumberType::fp8_e4m3>(); return true;
    case NumberType::fp8_e5m2: use.template operator()<NumberType::fp8_e5m2>(); return true;
    case NumberType::mxfp8_e4m3: use.template operator()<NumberType::mxfp8_e4m3>(); return true;
    case NumberType::nvfp4: use.template operator()<NumberType::nvfp4>(); return true;
    case NumberType::s8: use.template operator()<NumberType::s8>(); return true;
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::s32: break;
  }
  return false;
}

/// The same for an output.
template <class Use>
bool with_output_type(NumberType type, const Use& use) {
  switch (type) {
    case NumberType::f64: use.template operator()<NumberType::f64>(); return true;
    case NumberType::f32:
    case NumberType::tf32: use.template operator()<NumberType::f32>(); return true;
    case NumberType::bf16: use.template operator()<NumberType::bf16>(); return true;
    case NumberType::f16: use.template operator()<NumberType::f16>(); return true;
    case NumberType::s32: use.template operator()<NumberType::s32>(); return true;
    case NumberType::fp8_e4m3:
    case NumberType::fp8_e5m2:
    case NumberType::fp8_e5m2_e4m3:
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
    case NumberType::s8: break;
  }
  return false;
}

}  // namespace assay::cuda
