// What nvidia-fs, the driver of GPUDirect Storage, has moved between files and GPUs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace assay::cuda {

/// Since it was loaded, of all processes; in whole MiB.
struct DirectCounters {
  std::optional<std::uint64_t> read_bytes, written_bytes;
  std::string why_not;  ///< "" where both are there.
};

/// Of a text as /proc/driver/nvidia-fs/stats has it (GPUDirect Storage, troubleshooting guide).
[[nodiscard]] DirectCounters direct_counters_in(const std::string& text);

/// That file as it is now; "" where it can't be read.
[[nodiscard]] std::string direct_counters_text();

}  // namespace assay::cuda
