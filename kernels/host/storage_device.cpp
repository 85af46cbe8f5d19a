#include "kernels/host/storage_device.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace assay::storage {
namespace {

namespace fs = std::filesystem;

constexpr int k_most_layers = 16;  // of device mapper, RAID and the like

bool is_of_memory(const std::string& name) {
  constexpr std::array<std::string_view, 3> k_kinds{"ram", "zram", "loop"};
  return std::ranges::any_of(k_kinds, [&](std::string_view kind) {
    return name.size() > kind.size() && name.compare(0, kind.size(), kind) == 0 &&
           name[kind.size()] >= '0' && name[kind.size()] <= '9';
  });
}

std::string found_below(const fs::path& device, int layers) {
  std::error_code error;
  const fs::path real = fs::canonical(device, error);
  if (error || layers == 0) {
    return "";
  }
  if (std::string name = real.filename().string(); is_of_memory(name)) {
    return name;
  }
  for (const auto& below : fs::directory_iterator(real / "slaves", error)) {
    if (std::string name = found_below(below.path(), layers - 1); !name.empty()) {
      return name;
    }
  }
  return "";
}

}  // namespace

Mount mounted_in(const std::string& table, const std::string& device) {
  std::ifstream lines(table);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string id;
    std::string parent;
    std::string numbers;
    fields >> id >> parent >> numbers;
    const auto dash = line.find(" - ");
    if (numbers != device || dash == std::string::npos) {
      continue;
    }
    Mount mount;
    std::string source;
    std::istringstream(line.substr(dash + 3)) >> mount.type >> source >> mount.options;
    return mount;
  }
  return {};
}

bool syncs(const Mount& mount) {
  std::istringstream options(mount.options);
  std::string option;
  while (std::getline(options, option, ',')) {
    if (option == "nobarrier" || option == "barrier=0" ||
        (option == "volatile" && mount.type == "overlay")) {
      return false;
    }
  }
  return true;
}

std::string device_of_memory(const std::string& path) {
  return found_below(path, k_most_layers);
}

std::optional<bool> has_volatile_cache(const std::string& path) {
  // A partition has no queue of its own.
  for (const char* const queue : {"/queue/write_cache", "/../queue/write_cache"}) {
    std::ifstream file(path + queue);
    std::string line;
    if (std::getline(file, line)) {
      return line == "write back";
    }
  }
  return std::nullopt;
}

}  // namespace assay::storage
