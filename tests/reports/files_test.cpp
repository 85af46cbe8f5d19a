#include "reports/files.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace assay {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string pattern = (fs::temp_directory_path() / "assay-files-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Files() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

 private:
  std::string folder_;
};

TEST_F(Files, AreReadBackAsWritten) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(write_file(path("f"), bytes));
  EXPECT_EQ(*read_file(path("f"), 4), bytes);
  ASSERT_TRUE(write_file(path("f"), "shorter"));
  EXPECT_EQ(*read_file(path("f"), 100), "shorter");
  EXPECT_EQ(entries(), 1U) << "a temporary file was left behind";
}

TEST_F(Files, HaveTheModeAskedFor) {
  ASSERT_TRUE(write_file(path("f"), "secret", 0600));
  struct stat facts {};
  ASSERT_EQ(::stat(path("f").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(Files, LargerThanTheCapAreRefused) {
  ASSERT_TRUE(write_file(path("f"), "12345"));
  EXPECT_TRUE(read_file(path("f"), 5));
  EXPECT_EQ(read_file(path("f"), 4).error().code, Error::Code::bad_input);
}

TEST_F(Files, ThatAreAbsentAreNotFound) {
  EXPECT_EQ(read_file(path("none"), 10).error().code, Error::Code::not_found);
}

TEST_F(Files, AreNotReadThroughALink) {
  ASSERT_TRUE(write_file(path("f"), "x"));
  fs::create_symlink(path("f"), path("link"));
  EXPECT_EQ(read_file(path("link"), 10).error().code, Error::Code::bad_input);
}

TEST_F(Files, ThatTheUserNamesAreReadThroughALink) {
  ASSERT_TRUE(write_file(path("f"), "x"));
  fs::create_symlink(path("f"), path("link"));
  fs::create_symlink(path("loop"), path("loop"));
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink(path("pipe"), path("to_pipe"));
  ASSERT_TRUE(read_named_file(path("link"), 10));
  EXPECT_EQ(*read_named_file(path("link"), 10), "x");
  EXPECT_FALSE(read_named_file(path("loop"), 10));
  EXPECT_EQ(read_named_file(path("to_pipe"), 10).error().code, Error::Code::bad_input);
}

TEST_F(Files, AreNoFoldersAndNoPipes) {
  EXPECT_EQ(read_file(path(""), 10).error().code, Error::Code::bad_input);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("pipe"), 10).error().code, Error::Code::bad_input);
}

TEST_F(Files, StayAsTheyWereWhenWritingFails) {
  ASSERT_TRUE(make_folder(path("d/e")));
  EXPECT_TRUE(make_folder(path("d/e")));
  ASSERT_TRUE(write_file(path("d/e/inside"), "x"));
  EXPECT_FALSE(write_file(path("d/e"), "over a folder that isn't empty"));
  EXPECT_EQ(*read_file(path("d/e/inside"), 10), "x");
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(write_file(path("none/f"), "x"));
  EXPECT_FALSE(make_folder(path("d/e/inside")));
}

}  // namespace
}  // namespace assay
