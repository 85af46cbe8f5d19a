// The NUMA nodes of the host, and on which of them memory lies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/result.h"

namespace assay::cuda {

/// The node at which this device of the PCI bus is ("0000:1B:00.0"), and how far every node with
/// processors and memory is from it, as the firmware says it (10: itself).
struct NumaView {
  struct Node {
    unsigned id = 0;
    unsigned distance = 0;
  };
  unsigned near = 0;
  std::vector<Node> nodes;
};

/// Fails with unsupported where the system doesn't say it.
[[nodiscard]] Result<NumaView> numa_view_from(const std::string& pci_bus_id);

/// Lets the pages of this memory, which nobody has touched, lie on `node`, touches them, and looks
/// whether they do. Fails with unsupported if they don't.
[[nodiscard]] Result<Done> place_on_node(void* memory, std::uint64_t bytes, unsigned node);

/// What can be allocated without swapping; 0 where the system doesn't say it.
[[nodiscard]] std::uint64_t available_host_bytes();

}  // namespace assay::cuda
