#include "harness/run/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace assay {
namespace {

/// What a process leaves that ends without a word.
std::string left_by_a_killed_process() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto folder = RunFolder::make();
    const std::string path = folder ? folder->path() : "";
    static_cast<void>(::write(ends[1], path.data(), path.size()) < 0);
    ::_exit(0);
  }
  std::array<char, 256> path{};
  const ssize_t size = ::read(ends[0], path.data(), path.size());
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "";
}

TEST(RunFolder, IsGoneWithItsObject) {
  std::string path;
  {
    const auto folder = RunFolder::make();
    ASSERT_TRUE(folder);
    path = folder->path();
    EXPECT_TRUE(std::filesystem::is_directory(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RunFolder, OfAProcessThatWasKilledIsRemovedByTheNextOneAndNoOther) {
  const auto living = RunFolder::make();
  ASSERT_TRUE(living);
  const std::string left = left_by_a_killed_process();
  ASSERT_TRUE(std::filesystem::is_directory(left)) << left;
  const auto next = RunFolder::make();
  ASSERT_TRUE(next);
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_TRUE(std::filesystem::is_directory(living->path()));
  EXPECT_TRUE(std::filesystem::is_directory(next->path()));
}

}  // namespace
}  // namespace assay
