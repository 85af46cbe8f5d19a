#include <array>
#include <string_view>

#include "harness/run/probe.h"

namespace assay {
namespace {

/// Of a GPU: what a window begins and ends with, and what is counted up over the GPU's life.
constexpr std::array<std::string_view, 9> k_states = {"gpu_clock_khz",
                                                      "gpu_ecc",
                                                      "gpu_memory_clock_khz",
                                                      "gpu_memory_temperature_mc",
                                                      "gpu_mig",
                                                      "gpu_pcie_generation",
                                                      "gpu_pcie_width",
                                                      "gpu_power_limit_mw",
                                                      "gpu_temperature_mc"};
constexpr std::array<std::string_view, 5> k_counters = {
    "gpu_ecc_corrected", "gpu_ecc_uncorrected", "gpu_nvlink_crc_errors", "gpu_nvlink_recoveries",
    "gpu_nvlink_replays"};

Reading spent(const Readings& before, const Readings& after, const std::string& name) {
  const auto first = before.find(name);
  const auto last = after.find(name);
  if (first == before.end() || last == after.end()) {
    return {std::nullopt, "the probe has no " + name};
  }
  if (!first->second.value || !last->second.value) {
    return {std::nullopt, (first->second.value ? last : first)->second.reason};
  }
  return {*last->second.value - *first->second.value, ""};
}

void take_stolen(const Readings& before, const Readings& after, Readings& all) {
  const Reading stolen = spent(before, after, "steal_jiffies");
  const Reading jiffies = spent(before, after, "cpu_jiffies");
  constexpr std::int64_t k_million = 1'000'000;
  if (!stolen.value || !jiffies.value) {
    all["steal_ppm"] = {std::nullopt, stolen.value ? jiffies.reason : stolen.reason};
  } else if (*jiffies.value <= 0) {
    all["steal_ppm"] = {std::nullopt, "the window is shorter than a tick of /proc/stat"};
  } else {
    all["steal_ppm"] = {*stolen.value * k_million / *jiffies.value, ""};
  }
  all.erase("steal_jiffies");
  all.erase("cpu_jiffies");
}

void take_gpu(const Readings& before, const Readings& after, Readings& all) {
  for (const std::string_view each : k_states) {
    const std::string name(each);
    if (const auto last = after.find(name); last != after.end()) {
      const auto first = before.find(name);
      all[name + "_before"] =
          first != before.end() ? first->second : Reading{std::nullopt, "it was not read"};
      all[name + "_after"] = last->second;
      all.erase(name);
    }
  }
  for (const std::string_view each : k_counters) {
    const std::string name(each);
    if (after.contains(name)) {
      all[name] = spent(before, after, name);
    }
  }
}

}  // namespace

Readings window_readings(const Readings& before, const Readings& after) {
  Readings all = after;
  all["energy_uj"] = spent(before, after, "energy_uj");
  take_stolen(before, after, all);
  take_gpu(before, after, all);
  return all;
}

}  // namespace assay
