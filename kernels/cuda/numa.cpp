#include "kernels/cuda/numa.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace assay::cuda {
namespace {

constexpr std::uint64_t k_page = 4096;

Error unplaced(unsigned node, const std::string& why) {
  return {Error::Code::unsupported,
          "no memory can be placed on NUMA node " + std::to_string(node) + ": " + why};
}

std::string reason() {
  return std::generic_category().message(errno);
}

/// The node of the page at this place; less than 0 on failure.
int node_of_page(void* place) {
  int node = -1;
  const long status =
      ::syscall(SYS_get_mempolicy, &node, nullptr, 0UL, place, MPOL_F_NODE | MPOL_F_ADDR);
  return status == 0 ? node : -1;
}

}  // namespace

Result<NumaView> numa_view_of(const std::string& pci_bus_id) {
  return numa_view_from(pci_bus_id);
}

Result<Done> place_on_node(void* memory, std::uint64_t bytes, unsigned node) {
  std::array<unsigned long, k_most_numa_nodes / (8 * sizeof(unsigned long))> mask{};
  constexpr unsigned k_bits = 8 * sizeof(unsigned long);
  if (node >= k_most_numa_nodes) {
    return unplaced(node, "there is no such node");
  }
  mask.at(node / k_bits) = 1UL << (node % k_bits);
  if (::syscall(SYS_mbind, memory, bytes, MPOL_BIND, mask.data(), k_most_numa_nodes, 0UL) != 0) {
    return unplaced(node, reason());
  }
  auto* const pages = static_cast<volatile char*>(memory);
  for (std::uint64_t at = 0; at < bytes; at += k_page) {
    pages[at] = 0;
  }
  const std::uint64_t last = (bytes - 1) / k_page * k_page;
  for (const std::uint64_t at : {std::uint64_t{0}, last / 2 / k_page * k_page, last}) {
    const int found = node_of_page(static_cast<char*>(memory) + at);
    if (found != static_cast<int>(node)) {
      return unplaced(node, found < 0 ? reason() : "it lies on node " + std::to_string(found));
    }
  }
  return Done{};
}

std::uint64_t available_host_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    if (words >> name >> kib && name == "MemAvailable:") {
      return kib * 1024;
    }
  }
  return 0;
}

}  // namespace assay::cuda
