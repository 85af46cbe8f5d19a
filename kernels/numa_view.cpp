#include "kernels/numa_view.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace assay {
namespace {

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
    for (unsigned i = first; i <= last && i < k_most_numa_nodes; ++i) {
      numbers.push_back(i);
    }
  }
  return numbers;
}

/// One distance for each node that is online, in their order.
void read_distances(const std::string& folder, NumaView& view) {
  std::istringstream distances(
      first_line(folder + "node" + std::to_string(view.near) + "/distance"));
  for (const unsigned id : numbers_in(first_line(folder + "online"))) {
    unsigned distance = 0;
    distances >> distance;
    for (NumaView::Node& node : view.nodes) {
      node.distance = node.id == id ? distance : node.distance;
    }
  }
}

}  // namespace

std::optional<unsigned> NumaView::farthest() const {
  std::optional<unsigned> id;
  unsigned distance = 0;
  for (const Node& node : nodes) {
    if (node.id != near && node.distance > distance) {
      distance = node.distance;
      id = node.id;
    }
  }
  return id;
}

Result<NumaView> numa_view_from(const std::string& pci_bus_id, const std::string& system) {
  const std::string folder = system + "/devices/system/node/";
  std::string device = pci_bus_id;
  std::transform(device.begin(), device.end(), device.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  // Memory without processors is that of a coherent device, not the host's.
  const auto with_memory = numbers_in(first_line(folder + "has_memory"));
  NumaView view;
  for (const unsigned node : numbers_in(first_line(folder + "has_cpu"))) {
    if (std::find(with_memory.begin(), with_memory.end(), node) != with_memory.end()) {
      view.nodes.push_back({.id = node});
    }
  }
  int near = -1;
  std::istringstream(first_line(system + "/bus/pci/devices/" + device + "/numa_node")) >> near;
  if (near < 0 && view.nodes.size() == 1) {
    near = static_cast<int>(view.nodes.front().id);  // Where there is one, nobody says which.
  }
  if (near < 0 || view.nodes.empty()) {
    return Error{Error::Code::unsupported,
                 "the system doesn't say at which NUMA node the GPU " + pci_bus_id + " is"};
  }
  view.near = static_cast<unsigned>(near);
  read_distances(folder, view);
  return view;
}

}  // namespace assay
