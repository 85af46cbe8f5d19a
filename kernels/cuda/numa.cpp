#include "kernels/cuda/numa.h"

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace assay::cuda {
namespace {

constexpr const char* k_nodes = "/sys/devices/system/node/";
constexpr std::uint64_t k_page = 4096;
constexpr unsigned k_most_nodes = 1024;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// "0-1,4": every number of it.
std::vector<unsigned> numbers_in(const std::string& list) {
  std::vector<unsigned> numbers;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    std::istringstream ends(range);
    unsigned first = 0;
    char dash = 0;
    if (!(ends >> first)) {
      continue;
    }
    unsigned last = first;
    if (ends >> dash && !(ends >> last)) {
      continue;
    }
    for (unsigned i = first; i <= last && i < k_most_nodes; ++i) {
      numbers.push_back(i);
    }
  }
  return numbers;
}

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

Result<NumaView> numa_view_from(const std::string& pci_bus_id) {
  std::string device = pci_bus_id;
  std::transform(device.begin(), device.end(), device.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  // Memory without processors is that of a coherent device, not the host's.
  const auto with_memory = numbers_in(first_line(std::string(k_nodes) + "has_memory"));
  NumaView view;
  for (const unsigned node : numbers_in(first_line(std::string(k_nodes) + "has_cpu"))) {
    if (std::find(with_memory.begin(), with_memory.end(), node) != with_memory.end()) {
      view.nodes.push_back({.id = node});
    }
  }
  int near = -1;
  std::istringstream(first_line("/sys/bus/pci/devices/" + device + "/numa_node")) >> near;
  if (near < 0 && view.nodes.size() == 1) {
    near = static_cast<int>(view.nodes.front().id);  // Where there is one, nobody says which.
  }
  if (near < 0 || view.nodes.empty()) {
    return Error{Error::Code::unsupported,
                 "the system doesn't say at which NUMA node the GPU " + pci_bus_id + " is"};
  }
  view.near = static_cast<unsigned>(near);
  // One distance for each node that is online, in their order.
  const auto online = numbers_in(first_line(std::string(k_nodes) + "online"));
  std::istringstream distances(
      first_line(k_nodes + ("node" + std::to_string(view.near)) + "/distance"));
  for (const unsigned id : online) {
    unsigned distance = 0;
    distances >> distance;
    for (NumaView::Node& node : view.nodes) {
      node.distance = node.id == id ? distance : node.distance;
    }
  }
  return view;
}

Result<Done> place_on_node(void* memory, std::uint64_t bytes, unsigned node) {
  std::array<unsigned long, k_most_nodes / (8 * sizeof(unsigned long))> mask{};
  constexpr unsigned k_bits = 8 * sizeof(unsigned long);
  if (node >= k_most_nodes) {
    return unplaced(node, "there is no such node");
  }
  mask.at(node / k_bits) = 1UL << (node % k_bits);
  if (::syscall(SYS_mbind, memory, bytes, MPOL_BIND, mask.data(), k_most_nodes, 0UL) != 0) {
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
