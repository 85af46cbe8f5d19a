// A folder for kernels of files, in memory where that can be, and what is done with any of them.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/storage_outside.h"

namespace assay::testing_doubles {

/// Whether O_DIRECT means something in the folder is a question of its own.
class StorageFolder : public testing::Test {
 protected:
  StorageFolder() {
    const bool in_memory = ::access("/dev/shm", W_OK) == 0;
    std::string pattern = (in_memory ? "/dev/shm" : testing::TempDir()) + "/assay-storage-XXXXXX";
    folder_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
    outside_.direct = false;
    outside_.resident = [](int, std::uint64_t) { return Result<std::uint64_t>(0); };
  }
  ~StorageFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::vector<Step> steps(std::uint64_t first, std::uint32_t count = 2) {
    std::vector<Step> made;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      made.push_back({.tuple = first + slot, .slot = slot});
    }
    return made;
  }

  static CheckResult run_and_check(Kernel& kernel, const std::vector<Step>& batch) {
    EXPECT_TRUE(kernel.poison(batch));
    const auto ran = kernel.run(batch);
    EXPECT_TRUE(ran) << ran.error().message;
    return check(kernel, batch);
  }
  /// Nothing is asked for as a whole.
  static CheckResult check(Kernel& kernel, const std::vector<Step>& batch) {
    auto checked = kernel.check(batch, Seed{9}, {});
    EXPECT_TRUE(checked) << checked.error().message;
    return checked ? *checked : CheckResult{};
  }

  static std::int64_t noted(Kernel& kernel, const std::string& name) {
    const auto notes = kernel.notes();
    EXPECT_TRUE(notes) << notes.error().message;
    for (const Noted& note : notes ? *notes : std::vector<Noted>{}) {
      if (note.name == name) {
        return note.value.value_or(-1);
      }
    }
    return -2;
  }

  std::string folder_;
  StorageOutside outside_;
};

}  // namespace assay::testing_doubles
