// What a machine shows of its GPUs and itself, fact by fact. A fact that is not shown says why;
// there is never a made-up zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay {

template <class T>
struct Fact {
  std::optional<T> value;
  std::string reason;  ///< Why there is no value; "" if there is one.
};

/// One NVLink of a GPU, with the driver's counts. Blackwell counts recoveries only.
struct LinkFacts {
  std::uint32_t link = 0;
  Fact<bool> active;
  Fact<std::int64_t> replays, recoveries, crc_errors;
};

struct GpuFacts {
  std::uint32_t index = 0;  ///< In the order of the PCI bus: 3 is "gpu3".
  std::string lost;         ///< Why it doesn't answer; "" if it does. All else is then empty.

  Fact<std::string> board_part, inforom, model, pci, serial, uuid, vbios;
  Fact<bool> ecc, mig, remap_failed, remap_pending;
  Fact<std::int64_t> memory_bytes, power_limit_mw, temperature_c;
  Fact<std::int64_t> clock_max_memory_mhz, clock_max_sm_mhz;
  Fact<std::int64_t> pcie_generation, pcie_generation_max, pcie_width, pcie_width_max;
  Fact<std::int64_t> remapped_correctable, remapped_uncorrectable;  ///< Rows, over its life.
  /// Volatile: since the driver was loaded. Aggregate: over the GPU's life.
  Fact<std::int64_t> ecc_corrected_aggregate, ecc_corrected_volatile;
  Fact<std::int64_t> ecc_uncorrected_aggregate, ecc_uncorrected_volatile;
  /// Time for which each limiter held the clocks down, since the driver was loaded, and the
  /// driver's own clock: the difference of two readings gives shares of time.
  Fact<std::int64_t> clock_us;
  Fact<std::int64_t> slowed_board_us, slowed_power_us, slowed_reliability_us, slowed_thermal_us;

  std::vector<LinkFacts> nvlinks;  ///< Those that the GPU has, active or not.
};

struct HostFacts {
  Fact<std::int64_t> cpu_cores;     ///< Physical ones of the machine.
  Fact<std::int64_t> memory_bytes;  ///< As the kernel counts it: less than what is plugged in.
  Fact<std::string> boot_id;        ///< Drawn by the kernel at each start.
};

struct XidLine {
  std::int64_t record = 0;  ///< Its number in the kernel log.
  std::string text;

  friend bool operator==(const XidLine&, const XidLine&) = default;
};

inline constexpr std::size_t k_most_xid_lines = 200;

/// The NVIDIA driver's lines in the kernel log that report an Xid, raw.
struct XidLog {
  std::vector<XidLine> lines;  ///< At most k_most_xid_lines, in the order of their records.
  /// Lines beyond those that are kept, by what their Xids do to a GPU (harness/model/xid.h).
  std::uint32_t left_out_counting = 0, left_out_failing = 0, left_out_recorded = 0;
  /// Numbers of the record from which on none is missing, and of the newest one. An empty log has
  /// none: 0 and -1.
  std::int64_t first_record = 0, last_record = -1;
  std::string reason;  ///< Why the log can't be read; "" if it can.
};

struct MachineFacts {
  std::string source;            ///< "nvml", "host" (no GPU library) or "replay".
  Fact<std::string> driver;      ///< Version.
  Fact<std::int64_t> gpu_count;  ///< Of the node, as the driver says.
  std::vector<GpuFacts> gpus;    ///< Those asked for: all of the node, or one.
  HostFacts host;
  XidLog xids;
};

/// Calls `visit(name, fact)` for every fact of a GPU but its links, in the order of the names. The
/// one list of them: journals, recordings and messages are written and read by it.
template <class Gpu, class Visit>
void each_fact(Gpu& gpu, Visit visit) {
  visit("board_part", gpu.board_part);
  visit("clock_max_memory_mhz", gpu.clock_max_memory_mhz);
  visit("clock_max_sm_mhz", gpu.clock_max_sm_mhz);
  visit("clock_us", gpu.clock_us);
  visit("ecc", gpu.ecc);
  visit("ecc_corrected_aggregate", gpu.ecc_corrected_aggregate);
  visit("ecc_corrected_volatile", gpu.ecc_corrected_volatile);
  visit("ecc_uncorrected_aggregate", gpu.ecc_uncorrected_aggregate);
  visit("ecc_uncorrected_volatile", gpu.ecc_uncorrected_volatile);
  visit("inforom", gpu.inforom);
  visit("memory_bytes", gpu.memory_bytes);
  visit("mig", gpu.mig);
  visit("model", gpu.model);
  visit("pci", gpu.pci);
  visit("pcie_generation", gpu.pcie_generation);
  visit("pcie_generation_max", gpu.pcie_generation_max);
  visit("pcie_width", gpu.pcie_width);
  visit("pcie_width_max", gpu.pcie_width_max);
  visit("power_limit_mw", gpu.power_limit_mw);
  visit("remap_failed", gpu.remap_failed);
  visit("remap_pending", gpu.remap_pending);
  visit("remapped_correctable", gpu.remapped_correctable);
  visit("remapped_uncorrectable", gpu.remapped_uncorrectable);
  visit("serial", gpu.serial);
  visit("slowed_board_us", gpu.slowed_board_us);
  visit("slowed_power_us", gpu.slowed_power_us);
  visit("slowed_reliability_us", gpu.slowed_reliability_us);
  visit("slowed_thermal_us", gpu.slowed_thermal_us);
  visit("temperature_c", gpu.temperature_c);
  visit("uuid", gpu.uuid);
  visit("vbios", gpu.vbios);
}

template <class Link, class Visit>
void each_link_fact(Link& link, Visit visit) {
  visit("active", link.active);
  visit("crc_errors", link.crc_errors);
  visit("recoveries", link.recoveries);
  visit("replays", link.replays);
}

}  // namespace assay
