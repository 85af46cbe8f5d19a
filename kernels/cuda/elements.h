// How a kernel reads the elements of each number type: sixteen bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// What an element of the type is stored as: its bits.
template <NumberType Type>
using Stored = typename Word<bytes_of(Type)>::Type;

/// One access of a thread.
template <NumberType Type>
struct alignas(16) Chunk {
  static constexpr unsigned k_count = 16 / bytes_of(Type);
  Stored<Type> elements[k_count];
};

/// Calls use.template operator()<Type>() for the type of an operand. False if it is none.
template <class Use>
bool with_operand_type(NumberType type, const Use& use) {
  switch (type) {
    case NumberType::f64: use.template operator()<NumberType::f64>(); return true;
    case NumberType::f32:
    case NumberType::tf32: use.template operator()<NumberType::f32>(); return true;
    case NumberType::bf16: use.template operator()<NumberType::bf16>(); return true;
    case NumberType::f16: use.template operator()<NumberType::f16>(); return true;
    case NumberType::fp8_e4m3: use.template operator()<NumberType::fp8_e4m3>(); return true;
    case NumberType::s8: use.template operator()<NumberType::s8>(); return true;
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
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
    case NumberType::mxfp8_e4m3:
    case NumberType::nvfp4:
    case NumberType::s8: break;
  }
  return false;
}

}  // namespace assay::cuda
