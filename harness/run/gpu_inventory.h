// Where facts on a machine come from: the driver's library, or a recording.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/model/gpu_facts.h"
#include "harness/model/result.h"

namespace assay {

struct InventoryRequest {
  std::optional<std::uint32_t> gpu;  ///< Only this one; none: all of the node.
  bool needs_gpus = false;           ///< Whether the contract orders any.
  std::uint32_t look = 0;            ///< From 0; for recordings of more than one.
};

class Inventory {
 public:
  Inventory() = default;
  Inventory(const Inventory&) = delete;
  Inventory& operator=(const Inventory&) = delete;
  virtual ~Inventory() = default;

  /// Fails with unsupported, in one sentence that names the file or function, where GPUs are needed
  /// and nothing can be asked for them.
  virtual Result<MachineFacts> find(const InventoryRequest& request) = 0;
};

/// NVML (opened at once, so that it is among the mapped objects from the beginning), /proc, /sys
/// and the kernel log. A machine without NVML has no GPUs and a sentence why.
[[nodiscard]] std::unique_ptr<Inventory> make_machine_inventory();

/// A recorded machine (reports/machine_facts.h), read at the first question: what it shows is
/// marked "replay". Looks beyond those recorded repeat the last.
[[nodiscard]] std::unique_ptr<Inventory> make_replayed_inventory(std::string file);

}  // namespace assay
