// The state in which a contract orders its GPUs, and whether a window was measured in it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/roster.h"

namespace assay {

/// Nothing where the contract orders nothing.
struct OrderedGpu {
  std::optional<Quantity> power_limit;  ///< `gpus.power_limit` of the inventory line.
  /// By the mandatory `system.inventory` clauses that bind the line.
  std::optional<bool> ecc, mig;
  bool must_show = false;  ///< The item is one GPU, and what is ordered must be seen.
};
/// By item.
[[nodiscard]] std::vector<OrderedGpu> ordered_gpus(const Contract& contract,
                                                   const std::vector<Item>& roster);

/// Before and after a window and in it; nothing where the machine does not show it. ECC and MIG are
/// 1 or 0.
struct ShownGpu {
  using BothEnds = std::array<std::optional<std::int64_t>, 2>;
  BothEnds power_limit_mw, ecc, mig;
  std::optional<std::int64_t> clock_max_khz;  ///< The highest that was sampled in the window.
};

/// What a window that nothing worse ended ends as.
struct StateInWindow {
  Ending ending = Ending::measured;  ///< Else power_limit, gpu_state or no_telemetry.
  std::string note;                  ///< One clause of a sentence; "" if measured.
};
/// Compares exactly. Another state than the ordered one comes before one that is not shown.
[[nodiscard]] StateInWindow state_in_window(const OrderedGpu& ordered, const ShownGpu& shown);

}  // namespace assay
