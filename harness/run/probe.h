// Telemetry through one door: what the machine shows of itself, or why it doesn't.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "reports/readings.h"

namespace assay {

/// Means over one block; -1 where the machine hides it.
struct BlockTelemetry {
  std::int64_t clock_khz = -1;
  std::int64_t power_mw = -1;
};

class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  /// Before a window's soak and after its end: counters and states, and what was seen between
  /// begin_window() and end_window().
  virtual Readings read() = 0;
  /// The window's first block begins now.
  virtual void begin_window() { static_cast<void>(block()); }
  /// The window is over: what is read later is not of it.
  virtual void end_window() {}
  /// At the end of a block, and cheap enough for each: means since the last call.
  virtual BlockTelemetry block() = 0;
};

/// Linux: /proc, /sys/devices/system/cpu, hwmon, powercap, cgroup.
[[nodiscard]] std::unique_ptr<Probe> make_host_probe();

/// Those of `host`, and beside them, by NVML from the file `library`, those of the GPU with this
/// UUID: they are named "gpu_...", and its clock and power are those of the blocks. What can't be
/// read says why. `host` must outlive the probe.
[[nodiscard]] std::unique_ptr<Probe> make_gpu_probe(Probe& host, const std::string& library,
                                                    const std::string& uuid);

/// What a window's telemetry says: states as at its end, those of a GPU as before and after it;
/// counters as spent in it and its soak (energy_uj, steal_ppm, gpu_ecc_..., gpu_nvlink_...).
/// `before` and `after` are one probe's readings around them.
[[nodiscard]] Readings window_readings(const Readings& before, const Readings& after);

}  // namespace assay
