// What a kernel must do at least, and how long the fastest GPU of a kind takes for it. The formulas
// stand beside the kernels; docs/kernels.md is made of them.
//
// Nothing that measures calls this, nor any least_of_...: docs/kernels.md is made of them
// (tests/suites/kernel_costs_test.cpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace assay::cuda {

struct LeastWork {
  double bytes = 0;         ///< Between memory and multiprocessors, each once.
  double instructions = 0;  ///< Of one thread each, whatever they are.
  double doubles = 0;       ///< Those of them that calculate in f64.
  double rounds = 0;  ///< Times that the slowest thread waits for memory, one after the other.

  friend constexpr LeastWork operator+(const LeastWork& a, const LeastWork& b) {
    return {a.bytes + b.bytes, a.instructions + b.instructions, a.doubles + b.doubles,
            std::max(a.rounds, b.rounds)};
  }
  /// So many side by side: they wait together.
  friend constexpr LeastWork operator*(double count, const LeastWork& work) {
    return {count * work.bytes, count * work.instructions, count * work.doubles, work.rounds};
  }
};

/// A drawn number (kernels/keyed.h): two finalisers of 18, each of three 64-bit shifts with xor (4)
/// and two 64-bit products (3), and two sums.
inline constexpr double k_draw_instructions = 40;

/// Figures that nothing of the kind exceeds: the clock is the highest it has.
struct DeviceSpeed {
  std::string_view name;
  double bytes_per_s = 0;
  double multiprocessors = 0;
  double clock_hz = 0;
  double doubles_per_s = 0;  ///< Instructions: half the FLOP/s that multiply-adds are counted as.
  std::string_view source;

  /// Four schedulers of a multiprocessor start an instruction of 32 threads each in every clock.
  [[nodiscard]] constexpr double instructions_per_s() const {
    return multiprocessors * 128 * clock_hz;
  }
};

/// Of a load that misses every cache: no figure of any of them is known to be lower.
inline constexpr double k_memory_latency_s = 0.5e-6;

inline constexpr std::array<DeviceSpeed, 3> k_device_speeds{
    {{"B200", 7.672e12, 148, 1.965e9, 37e12 / 2,
      "memory: bus and clock as the driver says them (pytorch/ao PR 4002); 148 SMs, 1,965 MHz "
      "(stas00/ml-engineering); f64 37 TFLOP/s (HGX data sheet)"},
     {"RTX PRO 6000 SE", 1.597e12, 188, 2.617e9, 1.8e12 / 2,
      "memory 1,597 GB/s, 188 SMs, 2,617 MHz (jarvislabs.ai, of the data sheet); f64 1.8 TFLOP/s "
      "(1/64 of f32, assumed)"},
     {"H100 SXM", 3.35e12, 132, 1.98e9, 34e12 / 2,
      "memory 3.35 TB/s, f64 34 TFLOP/s (stas00/ml-engineering); 132 SMs, 1,980 MHz (data "
      "sheet)"}}};

/// Whatever takes longest, as if all the rest went on beside it.
[[nodiscard]] constexpr double floor_seconds(const LeastWork& work, const DeviceSpeed& device) {
  return std::max({work.bytes / device.bytes_per_s, work.instructions / device.instructions_per_s(),
                   work.doubles / device.doubles_per_s, work.rounds * k_memory_latency_s});
}

}  // namespace assay::cuda
