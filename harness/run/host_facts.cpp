#include "harness/run/host_facts.h"

#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "harness/run/system_files.h"

namespace assay {
namespace {

Fact<std::int64_t> cores() {
  const std::string folder = "/sys/devices/system/cpu/";
  std::set<std::pair<std::int64_t, std::int64_t>> cores;
  for (const std::string& cpu : system_folder(folder, "cpu")) {
    const auto package = system_number(folder + cpu + "/topology/physical_package_id");
    const auto core = system_number(folder + cpu + "/topology/core_id");
    if (package && core) {
      cores.emplace(*package, *core);
    }
  }
  if (cores.empty()) {
    return {.value = {}, .reason = folder + " shows no topology"};
  }
  return {.value = static_cast<std::int64_t>(cores.size()), .reason = ""};
}

Fact<std::int64_t> memory() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::int64_t kib = 0;
  while (file >> word) {
    if (word == "MemTotal:" && file >> kib) {
      return {.value = kib * 1024, .reason = ""};
    }
  }
  return {.value = {}, .reason = "/proc/meminfo shows no MemTotal"};
}

Fact<std::string> boot_id() {
  const std::string file = "/proc/sys/kernel/random/boot_id";
  const std::string id = system_line(file);
  return id.empty() ? Fact<std::string>{.value = {}, .reason = file + " shows none"}
                    : Fact<std::string>{.value = id, .reason = ""};
}

}  // namespace

HostFacts read_host_facts() {
  return {.cpu_cores = cores(), .memory_bytes = memory(), .boot_id = boot_id()};
}

}  // namespace assay
