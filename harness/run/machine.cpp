#include "harness/run/machine.h"

#include <sys/utsname.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "harness/run/system_files.h"

namespace assay {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

/// The value of the first line of /proc/cpuinfo or /proc/meminfo that begins with `name`.
std::string value_in(const char* path, const std::string& name) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    if (line.compare(0, name.size(), name) == 0 && colon != std::string::npos) {
      const std::size_t first = line.find_first_not_of(" \t", colon + 1);
      return first == std::string::npos ? "" : line.substr(first);
    }
  }
  return "";
}

/// CPU time this cgroup may use: "max 100000" or "200000 100000" (quota and period in us).
std::string cgroup_quota() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.compare(0, 3, "0::") == 0) {
      const std::string own = system_line("/sys/fs/cgroup" + line.substr(3) + "/cpu.max");
      return own.empty() ? system_line("/sys/fs/cgroup/cpu.max") : own;
    }
  }
  return "";
}

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(names.release) : "";
}

}  // namespace

Json::Object machine_inventory(const Device& device) {
  const std::string cpu = "/sys/devices/system/cpu/";
  const auto nodes = system_folder("/sys/devices/system/node", "node");
  const std::string flags = " " + value_in("/proc/cpuinfo", "flags") + " ";
  return {{"cgroup_cpu_max", text_or_null(cgroup_quota())},
          {"cores", usable_cores()},
          {"cpu_model", text_or_null(value_in("/proc/cpuinfo", "model name"))},
          {"cpus_online", text_or_null(system_line(cpu + "online"))},
          {"device",
           Json::Object{{"id", device.id}, {"model", device.model}, {"serial", device.serial}}},
          {"governor", text_or_null(system_line(cpu + "cpu0/cpufreq/scaling_governor"))},
          {"kernel", text_or_null(kernel_release())},
          {"memory_total", text_or_null(value_in("/proc/meminfo", "MemTotal"))},
          {"microcode", text_or_null(value_in("/proc/cpuinfo", "microcode"))},
          {"numa_nodes", static_cast<std::int64_t>(nodes.size())},
          {"smt", text_or_null(system_line(cpu + "smt/control"))},
          {"turbo_off", text_or_null(system_line(cpu + "intel_pstate/no_turbo"))},
          {"virtual_machine", flags.find(" hypervisor ") != std::string::npos}};
}

Json::Object machine_line(Json::Object inventory, const Environment& environment,
                          const std::vector<ObjectDigest>& objects) {
  Json::Object variables;
  for (const auto& [name, value] : environment) {
    variables.emplace_back(name, value);
  }
  Json::Array mapped;
  for (const ObjectDigest& object : objects) {
    mapped.push_back(Json::Object{{"name", object.name}, {"sha256", object.sha256}});
  }
  return {{"environment", std::move(variables)},
          {"inventory", std::move(inventory)},
          {"objects", std::move(mapped)}};
}

}  // namespace assay
