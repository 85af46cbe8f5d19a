// Telemetry through one door: what the machine shows of itself, or why it doesn't.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace assay {

/// A reading, or the reason there is none. Never a made-up zero.
struct Reading {
  std::optional<std::int64_t> value;
  std::string reason;  ///< "" if there is a value.
};

using Readings = std::map<std::string, Reading>;  ///< Name with its unit: "temperature_mc".

class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  /// At the start and end of a window: counters and states.
  virtual Readings read() = 0;
  /// Cheap enough for each block: mean clock in kHz and power in mW since the last call; -1 where
  /// the machine hides it.
  virtual std::int64_t clock_khz() = 0;
  virtual std::int64_t power_mw() = 0;
};

/// Linux: /proc, /sys/devices/system/cpu, hwmon, powercap, cgroup.
[[nodiscard]] std::unique_ptr<Probe> make_host_probe();

/// What a window's telemetry says: states as at its end, counters as spent in it (energy_uj,
/// steal_ppm). `before` and `after` are one probe's readings around the window.
[[nodiscard]] Readings window_readings(const Readings& before, const Readings& after);

}  // namespace assay
