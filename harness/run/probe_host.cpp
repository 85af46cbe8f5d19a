#include <algorithm>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "harness/run/clock.h"
#include "harness/run/probe.h"
#include "harness/run/system_files.h"

namespace assay {
namespace {

constexpr std::size_t k_most_cpus_read = 8;  // each costs a system call per block

Reading reading(std::optional<std::int64_t> value, const std::string& reason) {
  return value ? Reading{value, ""} : Reading{std::nullopt, reason};
}

/// Jiffies of the first line of /proc/stat: all of them, and those stolen by the hypervisor.
struct Jiffies {
  std::int64_t all = 0, stolen = 0;
};

std::optional<Jiffies> read_jiffies() {
  std::istringstream line(system_line("/proc/stat"));
  std::string cpu;
  line >> cpu;
  Jiffies jiffies;
  std::int64_t value = 0;
  // user nice system idle iowait irq softirq steal; guest time is already in user (proc(5))
  for (int column = 0; column < 8 && line >> value; ++column) {
    jiffies.all += value;
    jiffies.stolen = value;
  }
  return line ? std::optional(jiffies) : std::nullopt;
}

class HostProbe final : public Probe {
 public:
  HostProbe() {
    for (const auto& cpu : system_folder("/sys/devices/system/cpu", "cpu")) {
      const std::string file = "/sys/devices/system/cpu/" + cpu + "/cpufreq/scaling_cur_freq";
      if (clock_files_.size() < k_most_cpus_read && system_number(file)) {
        clock_files_.push_back(file);
      }
    }
    for (const auto& zone : system_folder("/sys/class/powercap", "intel-rapl:")) {
      // intel-rapl:0 is a package; intel-rapl:0:0 is a part of one and already counted in it.
      const bool package = std::count(zone.begin(), zone.end(), ':') == 1;
      const std::string folder = "/sys/class/powercap/" + zone;
      const auto energy = system_number(folder + "/energy_uj");
      if (package && energy) {
        zones_.push_back({.folder = folder,
                          .range = system_number(folder + "/max_energy_range_uj").value_or(0),
                          .last = *energy});
      }
    }
    last_power_ns_ = system_clock().now_ns();
  }

  Readings read() override {
    Readings all;
    all["clock_khz"] = reading(mean_clock(), k_no_clock);
    all["energy_uj"] = reading(energy(), k_no_energy);
    all["temperature_mc"] =
        reading(hottest(), "the machine shows no temperature (no hwmon or thermal zone)");
    all["memory_available_bytes"] = reading(memory_bytes("MemAvailable"), k_no_memory);
    all["memory_total_bytes"] = reading(memory_bytes("MemTotal"), k_no_memory);
    const auto jiffies = read_jiffies();
    const std::string no_steal = "/proc/stat could not be read";
    all["cpu_jiffies"] = reading(jiffies ? std::optional(jiffies->all) : std::nullopt, no_steal);
    all["steal_jiffies"] =
        reading(jiffies ? std::optional(jiffies->stolen) : std::nullopt, no_steal);
    return all;
  }

  BlockTelemetry block() override {
    return {.clock_khz = mean_clock().value_or(-1), .power_mw = power_mw()};
  }

 private:
  struct Zone {
    std::string folder;
    std::int64_t range = 0;  ///< Where the counter begins again.
    std::int64_t last = 0;
  };

  static constexpr const char* k_no_clock = "the machine shows no measured clock (no cpufreq)";
  static constexpr const char* k_no_energy = "the machine shows no energy counter (no RAPL)";
  static constexpr const char* k_no_memory = "/proc/meminfo could not be read";

  [[nodiscard]] std::optional<std::int64_t> mean_clock() const {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    for (const auto& file : clock_files_) {
      if (const auto khz = system_number(file)) {
        sum += *khz;
        ++count;
      }
    }
    return count == 0 ? std::nullopt : std::optional(sum / count);
  }

  /// Microjoules of all packages since this probe was made, across wraps of the counters.
  std::optional<std::int64_t> energy() {
    for (Zone& zone : zones_) {
      const auto now = system_number(zone.folder + "/energy_uj");
      if (!now) {
        return std::nullopt;
      }
      total_uj_ += *now - zone.last + (*now < zone.last ? zone.range : 0);
      zone.last = *now;
    }
    return zones_.empty() ? std::nullopt : std::optional(total_uj_);
  }

  std::int64_t power_mw() {
    const std::int64_t before_uj = total_uj_;
    const std::int64_t before_ns = std::exchange(last_power_ns_, system_clock().now_ns());
    const auto now_uj = energy();
    const std::int64_t time_ns = last_power_ns_ - before_ns;
    if (!now_uj || time_ns <= 0) {
      return -1;
    }
    constexpr std::int64_t k_mw_per_uj_ns = 1'000'000;
    return (*now_uj - before_uj) * k_mw_per_uj_ns / time_ns;
  }

  static std::optional<std::int64_t> hottest() {
    std::optional<std::int64_t> most;
    const auto see = [&most](const std::string& file) {
      if (const auto value = system_number(file)) {
        most = std::max(most.value_or(*value), *value);
      }
    };
    for (const auto& chip : system_folder("/sys/class/hwmon", "hwmon")) {
      const std::string folder = "/sys/class/hwmon/" + chip;
      const std::string name = system_line(folder + "/name");
      if (name == "coretemp" || name == "k10temp" || name == "zenpower") {
        see(folder + "/temp1_input");
      }
    }
    for (const auto& zone : system_folder("/sys/class/thermal", "thermal_zone")) {
      see("/sys/class/thermal/" + zone + "/temp");
    }
    return most;
  }

  static std::optional<std::int64_t> memory_bytes(const std::string& name) {
    std::ifstream file("/proc/meminfo");
    std::string word;
    std::int64_t kib = 0;
    while (file >> word) {
      if (word == name + ":" && file >> kib) {
        return kib * 1024;
      }
    }
    return std::nullopt;
  }

  std::vector<std::string> clock_files_;
  std::vector<Zone> zones_;
  std::int64_t total_uj_ = 0;
  std::int64_t last_power_ns_ = 0;
};

}  // namespace

std::unique_ptr<Probe> make_host_probe() {
  return std::make_unique<HostProbe>();
}

}  // namespace assay
