#include "harness/run/system_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace assay {

std::string system_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::int64_t> system_number(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

std::vector<std::string> system_folder(const std::string& path, const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::directory_iterator none;
  for (std::filesystem::directory_iterator entry(path, error); !error && entry != none;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool digit =
        name.size() > prefix.size() && name[prefix.size()] >= '0' && name[prefix.size()] <= '9';
    if (digit && name.compare(0, prefix.size(), prefix) == 0) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace assay
