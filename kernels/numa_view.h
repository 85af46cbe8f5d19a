// The NUMA nodes of the host, seen from a device of its PCI bus.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/model/result.h"

namespace assay {

/// The node at which the device is, and how far every node with processors and memory is from it,
/// as the firmware says it (10: itself).
struct NumaView {
  struct Node {
    unsigned id = 0;
    unsigned distance = 0;
  };
  unsigned near = 0;
  std::vector<Node> nodes;

  /// The node farthest from `near`, of several the first; none where there is no other.
  [[nodiscard]] std::optional<unsigned> farthest() const;
};

/// More nodes than Linux is built for.
inline constexpr unsigned k_most_numa_nodes = 1024;

/// Of the device "0000:1B:00.0", read below `system`. Fails with unsupported, naming the device,
/// where the system doesn't say at which node it is.
[[nodiscard]] Result<NumaView> numa_view_from(const std::string& pci_bus_id,
                                              const std::string& system = "/sys");

}  // namespace assay
