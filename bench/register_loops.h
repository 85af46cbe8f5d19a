// Loops that multiply and add without touching memory: what a core could do at best.
#pragma once

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::bench {

struct RegisterLoop {
  std::string_view name;         ///< "" where this CPU has no such instruction.
  std::uint64_t operations = 0;  ///< Of one round.
  void (*rounds)(std::uint64_t count) = nullptr;
};

inline constexpr std::uint64_t k_accumulators = 12;  // Enough to hide the latency of one.

// Vector types lose their attributes as template arguments; members keep them.
struct Singles {
  __m512 value;
};
struct Integers {
  __m512i value;
};

[[gnu::target("avx512f,avx512bf16")]] inline void dot_bf16(std::uint64_t count) {
  std::array<Singles, k_accumulators> sums{};
  const __m512i ones = _mm512_set1_epi32(0x3f803f80);  // Pairs of 1.0.
  __m512bh factor;
  std::memcpy(&factor, &ones, sizeof factor);
  for (std::uint64_t i = 0; i < count; ++i) {
    for (auto& sum : sums) {
      sum.value = _mm512_dpbf16_ps(sum.value, factor, factor);
    }
    for (auto& sum : sums) {
      asm volatile("" : "+v"(sum.value));  // Each round counts: nothing is folded or dropped.
    }
  }
}

[[gnu::target("avx512f,avx512vnni")]] inline void dot_s8(std::uint64_t count) {
  std::array<Integers, k_accumulators> sums{};
  const __m512i factor = _mm512_set1_epi8(1);
  for (std::uint64_t i = 0; i < count; ++i) {
    for (auto& sum : sums) {
      sum.value = _mm512_dpbusd_epi32(sum.value, factor, factor);
    }
    for (auto& sum : sums) {
      asm volatile("" : "+v"(sum.value));
    }
  }
}

inline constexpr std::uint64_t k_tile_operations = std::uint64_t{2} * 16 * 16 * 64;  // Of bytes.

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::array<std::uint8_t, 14> reserved{};
  std::array<std::uint16_t, 16> row_bytes{64, 64, 64, 64, 64, 64, 64, 64};
  std::array<std::uint8_t, 16> rows{16, 16, 16, 16, 16, 16, 16, 16};
};

[[gnu::target("amx-tile")]] inline void begin_tiles() {
  const TileConfig config;
  // GCC 12 believes that _tile_loadconfig reads 8 bytes, and drops the other 56.
  asm volatile("" : : "m"(config) : "memory");
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
}

[[gnu::target("amx-tile,amx-bf16")]] inline void tiles_bf16(std::uint64_t count) {
  begin_tiles();
  for (std::uint64_t i = 0; i < count; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}

[[gnu::target("amx-tile,amx-int8")]] inline void tiles_s8(std::uint64_t count) {
  begin_tiles();
  for (std::uint64_t i = 0; i < count; ++i) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_release();
}

/// Asks the kernel for the use of tiles; threads started afterwards have it.
inline bool may_use_tiles() {
  constexpr std::int64_t k_request = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr std::int64_t k_tile_data = 18;
  std::uint32_t a = 7;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
  std::uint32_t d = 0;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  constexpr std::uint32_t k_bf16_tile_int8 = (1U << 22U) | (1U << 24U) | (1U << 25U);
  return (d & k_bf16_tile_int8) == k_bf16_tile_int8 &&
         syscall(SYS_arch_prctl, k_request, k_tile_data) == 0;
}

/// The fastest loop of this CPU for bf16 (or s8). Call it before the threads start.
inline RegisterLoop register_loop(bool bf16) {
  if (may_use_tiles()) {
    // Four products of 16 x 64 bytes by 64 bytes x 16.
    return bf16 ? RegisterLoop{"AMX tdpbf16ps", 4 * k_tile_operations / 2, tiles_bf16}
                : RegisterLoop{"AMX tdpbssd", 4 * k_tile_operations, tiles_s8};
  }
  __builtin_cpu_init();
  // GCC gives an int, clang a bool.
  const auto has_bf16 = static_cast<bool>(__builtin_cpu_supports("avx512bf16"));
  const auto has_vnni = static_cast<bool>(__builtin_cpu_supports("avx512vnni"));
  if (bf16 && has_bf16) {
    return {"AVX-512 vdpbf16ps", k_accumulators * 2 * 32, dot_bf16};
  }
  if (!bf16 && has_vnni) {
    return {"AVX-512 vpdpbusd", k_accumulators * 2 * 64, dot_s8};
  }
  return {};
}

}  // namespace assay::bench
