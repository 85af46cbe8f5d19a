// The NUMA nodes of the host, and on which of them memory lies.
#pragma once

#include <cstdint>
#include <string>

#include "harness/model/result.h"
#include "kernels/numa_view.h"

namespace assay::cuda {

/// Of the machine that this module runs on: numa_view_from().
[[nodiscard]] Result<NumaView> numa_view_of(const std::string& pci_bus_id);

/// Lets the pages of this memory, which nobody has touched, lie on `node`, touches them, and looks
/// whether they do. Fails with unsupported if they don't.
[[nodiscard]] Result<Done> place_on_node(void* memory, std::uint64_t bytes, unsigned node);

/// What can be allocated without swapping; 0 where the system doesn't say it.
[[nodiscard]] std::uint64_t available_host_bytes();

}  // namespace assay::cuda
