// One GPU as the driver's management library shows it while it works.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/model/gpu_facts.h"
#include "harness/model/result.h"

namespace assay::nvml {
struct Functions;
class Questions;
}  // namespace assay::nvml

namespace assay {

/// What changes by the millisecond.
struct GpuSample {
  Fact<std::int64_t> clock_mhz;  ///< Of the SMs.
  Fact<std::int64_t> power_mw;   ///< Of the moment where the driver has it, else its own mean.
  Fact<std::int64_t> events;     ///< Bits of nvmlClocksEventReasons: what holds the clocks down.
};

/// How long a limiter held the clocks down, and the driver's clock when that was read.
struct SlowedTime {
  Fact<std::int64_t> slowed_us, clock_us;
};

/// By what the clocks are held down: nvmlPerfPolicyType_t.
struct Limiter {
  std::string_view name;
  std::uint32_t policy = 0;
};
inline constexpr std::array<Limiter, 4> k_limiters{
    {{"board", 3}, {"power", 0}, {"reliability", 5}, {"thermal", 1}}};

/// What is read around a window.
struct GpuState {
  GpuFacts facts;
  Fact<std::int64_t> clock_mhz, memory_clock_mhz, memory_temperature_c;
};

/// May be asked by several threads at once.
class NvmlGpu {
 public:
  [[nodiscard]] static Result<std::unique_ptr<NvmlGpu>> find(
      std::shared_ptr<const nvml::Functions> functions, const std::string& uuid);
  NvmlGpu(const NvmlGpu&) = delete;
  NvmlGpu& operator=(const NvmlGpu&) = delete;
  ~NvmlGpu();

  /// Three questions of the driver, none of the GPU's engines.
  [[nodiscard]] GpuSample sample() const;
  /// Millijoules since the driver was loaded.
  [[nodiscard]] Fact<std::int64_t> energy_mj() const;
  /// Bytes of data that all its NVLinks together have sent, for whomever, in steps of 1024.
  [[nodiscard]] Fact<std::int64_t> sent_over_links() const;
  /// One for each of k_limiters: counters of the driver, which miss nothing.
  [[nodiscard]] std::array<SlowedTime, k_limiters.size()> slowed() const;
  /// Some hundred questions: not within a window.
  [[nodiscard]] GpuState state() const;

 private:
  NvmlGpu(std::shared_ptr<const nvml::Functions> functions, void* handle);
  [[nodiscard]] nvml::Questions ask() const;

  std::shared_ptr<const nvml::Functions> functions_;
  void* handle_;
};

}  // namespace assay
