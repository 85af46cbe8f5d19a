// NUMA nodes of the emulated machine: GPUs are spread over them evenly, and all nodes are apart
// alike.
#include "kernels/cuda/numa.h"

#include "tests/doubles/cuda/machine.h"

namespace assay::cuda {

Result<NumaView> numa_view_of(const std::string& pci_bus_id) {
  constexpr unsigned k_own = 10;
  constexpr unsigned k_other = 21;
  const auto& machine = emulated::machine();
  const auto nodes = static_cast<unsigned>(machine.numa_nodes);
  const unsigned gpu = emulated::gpu_at(pci_bus_id);
  NumaView view{.near = gpu * nodes / static_cast<unsigned>(machine.gpus)};
  for (unsigned id = 0; id < nodes; ++id) {
    view.nodes.push_back({.id = id, .distance = id == view.near ? k_own : k_other});
  }
  return view;
}

Result<Done> place_on_node(void* /*memory*/, std::uint64_t /*bytes*/, unsigned node) {
  if (node >= static_cast<unsigned>(emulated::machine().numa_nodes)) {
    return Error{Error::Code::unsupported, "there is no NUMA node " + std::to_string(node)};
  }
  return Done{};
}

std::uint64_t available_host_bytes() {
  return emulated::machine().host_bytes;
}

}  // namespace assay::cuda
