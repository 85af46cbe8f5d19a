// The clock of a GPU while it works. A block's end comes after its checks, when the GPU multiplies
// nothing and its clock is another one, so a thread of the host samples all the time. It asks the
// driver, not the GPU's engines, and holds no core: three calls every 20 ms, five times a block.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "harness/run/nvml_gpu.h"

namespace assay {

/// The mean and the ends of what was shown; `reason` of what last wasn't.
struct SampledNumber {
  std::int64_t count = 0, sum = 0, least = 0, most = 0;
  std::string reason;

  void take(const Fact<std::int64_t>& fact);
  void take(const SampledNumber& other);
};

/// What holds clocks down, with the bit of nvmlClocksEventReasons.
struct ClockEvent {
  std::string_view name;
  std::uint32_t bit = 0;
};
inline constexpr std::array<ClockEvent, 6> k_clock_events{{{"power_cap", 0x4},
                                                           {"hw_slowdown", 0x8},
                                                           {"sync_boost", 0x10},
                                                           {"sw_thermal", 0x20},
                                                           {"hw_thermal", 0x40},
                                                           {"power_brake", 0x80}}};

struct GpuSums {
  SampledNumber clock_mhz, power_mw;
  SampledNumber events;  ///< Only their count and reason mean something.
  std::array<std::int64_t, k_clock_events.size()> held{};  ///< Samples with each event.

  void take(const GpuSample& sample);
  void take(const GpuSums& other);
};

class GpuSampler {
 public:
  /// Begins at once. `gpu` must outlive it.
  explicit GpuSampler(const NvmlGpu& gpu);
  GpuSampler(const GpuSampler&) = delete;
  GpuSampler& operator=(const GpuSampler&) = delete;
  ~GpuSampler();

  /// Everything since the last call; a sample of its own if there was none.
  GpuSums take();

 private:
  void run();

  const NvmlGpu& gpu_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  GpuSums sums_;
  std::thread thread_;
};

}  // namespace assay
