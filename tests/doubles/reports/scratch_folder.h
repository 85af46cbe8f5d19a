// A folder of its own for one test, gone with it.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace assay::testing_doubles {

class ScratchFolder {
 public:
  ScratchFolder() {
    // In memory where that can be: every file of a campaign is synced to the disk.
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string pattern = (in_memory ? "/dev/shm" : testing::TempDir()) + "/assay-XXXXXX";
    path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }
  /// Every regular file below, relative.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) {
        names.push_back(entry.path().lexically_relative(path_).string());
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace assay::testing_doubles
