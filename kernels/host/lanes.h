// Eight numbers at once, and how the elements of each type are read into them exactly.
//
// GCC's vector types: the same source becomes SSE2, AVX2 or AVX-512, whatever the function it is
// inlined into may use.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace assay::lanes {

inline constexpr std::uint64_t k_lanes = 8;

using Doubles [[gnu::vector_size(64)]] = double;
using Words [[gnu::vector_size(64)]] = std::uint64_t;
using Longs [[gnu::vector_size(64)]] = std::int64_t;
using Floats [[gnu::vector_size(32)]] = float;
using Ints [[gnu::vector_size(32)]] = std::int32_t;
using Halves [[gnu::vector_size(16)]] = std::uint16_t;
using Bytes [[gnu::vector_size(8)]] = std::int8_t;

template <class Vector, class Element>
[[gnu::always_inline]] inline void load(const Element* from, Vector& to) {
  std::memcpy(&to, from, sizeof(Vector));
}

/// A reader turns eight stored elements into the integers that they stand for. Operands are
/// multiplied by `scale`, which undoes their grading. Readers of outputs set the lanes of `bad`
/// where an element is no integer of at most `most`: not whole, too large, NaN, infinite or -0.
struct F32 {
  using Stored = float;
  static constexpr bool k_scaled = true;
  using Number = double;
  using Vector = Doubles;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& scale,
                                                 double /*most*/, Vector& to, Longs& /*bad*/) {
    Floats values;
    load(from, values);
    to = __builtin_convertvector(values, Doubles) * scale;
  }
};

struct Bf16 {
  using Stored = std::uint16_t;
  static constexpr bool k_scaled = false;
  using Number = double;
  using Vector = Doubles;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& /*scale*/,
                                                 double /*most*/, Vector& to, Longs& /*bad*/) {
    Halves halves;
    load(from, halves);
    const Ints bits = __builtin_convertvector(halves, Ints) << 16;
    Floats values;
    std::memcpy(&values, &bits, sizeof values);
    to = __builtin_convertvector(values, Doubles);
  }
};

struct S8 {
  using Stored = std::int8_t;
  static constexpr bool k_scaled = false;
  using Number = double;
  using Vector = Doubles;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& /*scale*/,
                                                 double /*most*/, Vector& to, Longs& /*bad*/) {
    Bytes bytes;
    load(from, bytes);
    to = __builtin_convertvector(__builtin_convertvector(bytes, Ints), Doubles);
  }
};

/// Beyond 2^53 doubles don't add exactly: these are computed modulo 2^64.
struct F64 {
  using Stored = double;
  static constexpr bool k_scaled = true;
  using Number = std::uint64_t;
  using Vector = Words;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& scale,
                                                 double /*most*/, Vector& to, Longs& /*bad*/) {
    Doubles values;
    load(from, values);
    const Longs integers = __builtin_convertvector(values * scale, Longs);
    std::memcpy(&to, &integers, sizeof to);
  }
};

struct F32Output {
  using Stored = float;
  static constexpr bool k_scaled = false;
  using Number = double;
  using Vector = Doubles;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& /*scale*/,
                                                 double most, Vector& to, Longs& bad) {
    Floats values;
    load(from, values);
    const auto limit = static_cast<float>(most);
    Ints bits;
    std::memcpy(&bits, &values, sizeof bits);
    const Ints inside = (values >= -limit) & (values <= limit);  // False for NaN.
    bits &= inside;
    std::memcpy(&values, &bits, sizeof values);
    const Floats whole = __builtin_convertvector(__builtin_convertvector(values, Ints), Floats);
    Ints whole_bits;
    std::memcpy(&whole_bits, &whole, sizeof whole_bits);
    const Ints wrong = ~inside | (whole_bits ^ bits);
    bad |= __builtin_convertvector(wrong, Longs);
    to = __builtin_convertvector(whole, Doubles);
  }
};

struct S32Output {
  using Stored = std::int32_t;
  static constexpr bool k_scaled = false;
  using Number = double;
  using Vector = Doubles;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& /*scale*/,
                                                 double most, Vector& to, Longs& bad) {
    Ints values;
    load(from, values);
    to = __builtin_convertvector(values, Doubles);
    bad |= static_cast<Longs>((to < -most) | (to > most));
  }
};

struct F64Output {
  using Stored = double;
  static constexpr bool k_scaled = false;
  using Number = std::uint64_t;
  using Vector = Words;
  [[gnu::always_inline]] static inline void read(const Stored* from, const Doubles& /*scale*/,
                                                 double most, Vector& to, Longs& bad) {
    Doubles values;
    load(from, values);
    Longs bits;
    std::memcpy(&bits, &values, sizeof bits);
    const auto inside = static_cast<Longs>((values >= -most) & (values <= most));
    bits &= inside;
    std::memcpy(&values, &bits, sizeof values);
    const Longs integers = __builtin_convertvector(values, Longs);
    const Doubles whole = __builtin_convertvector(integers, Doubles);
    Longs whole_bits;
    std::memcpy(&whole_bits, &whole, sizeof whole_bits);
    bad |= ~inside | (whole_bits ^ bits);
    std::memcpy(&to, &integers, sizeof to);
  }
};

}  // namespace assay::lanes
