#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/run/clock.h"
#include "harness/run/gpu_sampler.h"
#include "harness/run/nvml.h"
#include "harness/run/probe.h"

namespace assay {
namespace {

constexpr std::int64_t k_thousand = 1000;
constexpr std::int64_t k_million = 1'000'000;

template <class Number>
Reading reading_of(const Fact<Number>& fact, std::int64_t scale = 1) {
  return fact.value ? Reading{std::int64_t{*fact.value} * scale, ""}
                    : Reading{std::nullopt, fact.reason};
}

/// Of all links together; a reason where one of them shows none.
Reading over_links(const GpuFacts& gpu, Fact<std::int64_t> LinkFacts::*counter) {
  if (gpu.nvlinks.empty()) {
    return {std::nullopt, "the GPU shows no NVLink"};
  }
  std::int64_t sum = 0;
  for (const LinkFacts& link : gpu.nvlinks) {
    if (const auto& count = link.*counter; count.value) {
      sum += *count.value;
    } else {
      return {std::nullopt, "link " + std::to_string(link.link) + ": " + count.reason};
    }
  }
  return {sum, ""};
}

Readings readings_of(const GpuState& state) {
  const GpuFacts& gpu = state.facts;
  return {{"gpu_clock_khz", reading_of(state.clock_mhz, k_thousand)},
          {"gpu_ecc", reading_of(gpu.ecc)},
          {"gpu_ecc_corrected", reading_of(gpu.ecc_corrected_volatile)},
          {"gpu_ecc_uncorrected", reading_of(gpu.ecc_uncorrected_volatile)},
          {"gpu_memory_clock_khz", reading_of(state.memory_clock_mhz, k_thousand)},
          {"gpu_memory_temperature_mc", reading_of(state.memory_temperature_c, k_thousand)},
          {"gpu_mig", reading_of(gpu.mig)},
          {"gpu_nvlink_crc_errors", over_links(gpu, &LinkFacts::crc_errors)},
          {"gpu_nvlink_recoveries", over_links(gpu, &LinkFacts::recoveries)},
          {"gpu_nvlink_replays", over_links(gpu, &LinkFacts::replays)},
          {"gpu_pcie_generation", reading_of(gpu.pcie_generation)},
          {"gpu_pcie_width", reading_of(gpu.pcie_width)},
          {"gpu_power_limit_mw", reading_of(gpu.power_limit_mw)},
          {"gpu_temperature_mc", reading_of(gpu.temperature_c, k_thousand)}};
}

Reading mean_of(const SampledNumber& number) {
  return number.count > 0 ? Reading{number.sum / number.count, ""}
                          : Reading{std::nullopt, number.reason};
}

/// What was sampled over a window.
Readings readings_of(const GpuSums& sums) {
  const SampledNumber& clock = sums.clock_mhz;
  Readings all;
  for (const auto& [name, mhz] :
       {std::pair{"gpu_clock_max_khz", clock.most}, {"gpu_clock_min_khz", clock.least}}) {
    all[name] =
        clock.count > 0 ? Reading{mhz * k_thousand, ""} : Reading{std::nullopt, clock.reason};
  }
  for (std::size_t i = 0; i < k_clock_events.size(); ++i) {
    all["gpu_" + std::string(k_clock_events.at(i).name) + "_ppm"] =
        sums.events.count > 0 ? Reading{sums.held.at(i) * k_million / sums.events.count, ""}
                              : Reading{std::nullopt, sums.events.reason};
  }
  return all;
}

/// What a counter of the driver's added, in millionths of `whole`; a reason where it went back or
/// so far that no window explains it.
Reading millionths(std::int64_t before, std::int64_t after, std::int64_t whole) {
  constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max() / k_million;
  const std::int64_t added = after - before;
  if (added < 0 || added > k_most) {
    return {std::nullopt, "the driver's counter went from " + std::to_string(before) + " to " +
                              std::to_string(after)};
  }
  return whole > 0 ? Reading{added * k_million / whole, ""}
                   : Reading{std::nullopt, "no time has passed by the driver's clock"};
}

/// The share of the driver's time that a limiter took.
Reading share_of(const SlowedTime& before, const SlowedTime& after) {
  for (const auto* fact :
       {&before.slowed_us, &after.slowed_us, &before.clock_us, &after.clock_us}) {
    if (!fact->value) {
      return {std::nullopt, fact->reason};
    }
  }
  const std::int64_t time_us = *after.clock_us.value - *before.clock_us.value;
  return millionths(*before.slowed_us.value, *after.slowed_us.value, time_us);
}

class GpuProbe final : public Probe {
 public:
  GpuProbe(Probe& host, const std::string& library, const std::string& uuid) : host_(host) {
    auto nvml = Nvml::open(library);
    auto gpu = nvml ? (*nvml)->gpu(uuid) : Result<std::unique_ptr<NvmlGpu>>(nvml.error());
    if (!gpu) {
      why_not_ = gpu.error().message;
      return;
    }
    gpu_ = std::move(*gpu);
    begun_ = counted();
    sampler_ = std::make_unique<GpuSampler>(*gpu_);
  }

  Readings read() override {
    Readings all = readings_of(gpu_ ? gpu_->state() : GpuState{});
    if (sampler_ && !ended_) {
      window_.take(sampler_->take());
    }
    all.merge(readings_of(window_));
    all.merge(since_begun());
    for (auto& [name, reading] : all) {
      if (!gpu_) {
        reading = {std::nullopt, why_not_};
      }
    }
    all.merge(host_.read());
    return all;
  }

  void begin_window() override {
    host_.begin_window();
    if (sampler_) {
      begun_ = counted();
      ended_.reset();
      window_ = {};
      static_cast<void>(sampler_->take());
    }
  }

  /// The blocks have taken the samples; any that came later are of an idle GPU.
  void end_window() override {
    host_.end_window();
    if (sampler_) {
      ended_ = counted();
    }
  }

  BlockTelemetry block() override {
    if (!sampler_) {
      return {};
    }
    const GpuSums sums = sampler_->take();
    window_.take(sums);
    const SampledNumber& clock = sums.clock_mhz;
    return {.clock_khz = clock.count > 0 ? clock.sum * k_thousand / clock.count : -1,
            .power_mw = mean_of(sums.power_mw).value.value_or(-1)};
  }

 private:
  /// The driver's counters, and when that of energy was read.
  struct Counted {
    std::array<SlowedTime, k_limiters.size()> slowed;
    Fact<std::int64_t> energy_mj;
    std::int64_t at_ns = 0;
  };

  [[nodiscard]] Counted counted() const {
    return {
        .slowed = gpu_->slowed(), .energy_mj = gpu_->energy_mj(), .at_ns = system_clock().now_ns()};
  }

  /// What the driver has counted in the window.
  [[nodiscard]] Readings since_begun() const {
    const Counted now = ended_ ? *ended_ : gpu_ ? counted() : Counted{};
    Readings all = energy(now);
    for (std::size_t i = 0; i < k_limiters.size(); ++i) {
      all["gpu_slowed_" + std::string(k_limiters.at(i).name) + "_ppm"] =
          share_of(begun_.slowed.at(i), now.slowed.at(i));
    }
    return all;
  }

  /// By the counter, which misses nothing; without it the mean of samples.
  [[nodiscard]] Readings energy(const Counted& now) const {
    if (!begun_.energy_mj.value || !now.energy_mj.value) {
      const auto& hidden = begun_.energy_mj.value ? now.energy_mj : begun_.energy_mj;
      return {{"gpu_energy_uj", reading_of(hidden)}, {"gpu_power_mw", mean_of(window_.power_mw)}};
    }
    const std::int64_t before = *begun_.energy_mj.value;
    const std::int64_t after = *now.energy_mj.value;
    const std::int64_t time_us = (now.at_ns - begun_.at_ns) / k_thousand;
    const Reading power = millionths(before, after, time_us);
    const Reading energy = power.value ? Reading{(after - before) * k_thousand, ""}
                                       : Reading{std::nullopt, power.reason};
    return {{"gpu_energy_uj", energy}, {"gpu_power_mw", power}};
  }

  Probe& host_;
  std::string why_not_;
  std::unique_ptr<NvmlGpu> gpu_;
  GpuSums window_;
  Counted begun_;
  std::optional<Counted> ended_;
  std::unique_ptr<GpuSampler> sampler_;  // ends before what it asks
};

}  // namespace

std::unique_ptr<Probe> make_gpu_probe(Probe& host, const std::string& library,
                                      const std::string& uuid) {
  return std::make_unique<GpuProbe>(host, library, uuid);
}

}  // namespace assay
