// Names: created, looked up, listed and deleted, and nothing else taken for it.
#include <cerrno>
#include <cstdio>
#include <string>

#include "kernels/host/metadata_kernel.h"
#include "tests/kernels/storage_fixture.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Op = StorageProblem::Op;

constexpr Seed k_seed{1, 2, 3};
constexpr std::array k_all{Op::create, Op::stat, Op::list, Op::remove};

class Metadata : public testing_doubles::StorageFolder {
 protected:
  Metadata() {
    outside_.drop = [](int) { return Result<Done>(Done{}); };
  }
  [[nodiscard]] Result<std::unique_ptr<MetadataKernel>> prepare(Op op, bool shared = false,
                                                                bool cold = false) const {
    return MetadataKernel::prepare(
        {.op = op, .clients = 3, .files = 5, .shared = shared, .cold = cold, .directory = folder_},
        k_seed, outside_);
  }
  /// What stands in the first mismatch of one step of it.
  [[nodiscard]] std::string fault_of(Op op, bool shared = false) const {
    const auto kernel = prepare(op, shared);
    EXPECT_TRUE(kernel) << kernel.error().message;
    const CheckResult result = run_and_check(**kernel, steps(0, 1));
    EXPECT_EQ(result.wrong, 1U);
    return result.first ? result.first->expected + " / " + result.first->actual : "";
  }
};

TEST_F(Metadata, IsRightInOwnAndSharedDirectories) {
  for (const bool shared : {false, true}) {
    for (const Op op : k_all) {
      const auto kernel = prepare(op, shared);
      ASSERT_TRUE(kernel) << kernel.error().message;
      for (const std::uint64_t first : {0U, 10U, 20U}) {
        const CheckResult result = run_and_check(**kernel, steps(first));
        EXPECT_EQ(result.wrong, 0U)
            << name_of(op) << ": " << result.first->expected << " / " << result.first->actual;
        EXPECT_EQ(result.full, 2U);
      }
      ASSERT_TRUE((*kernel)->run(steps(30)));  // as a soak does, again and again
      ASSERT_TRUE((*kernel)->run(steps(40)));
      EXPECT_EQ(check(**kernel, steps(40)).wrong, 0U) << name_of(op);
      EXPECT_TRUE((*kernel)->work_per_step() == (op == Op::list && shared ? 45U : 15U));
      EXPECT_GT((*kernel)->timed_ns(), 0);
      EXPECT_EQ((*kernel)->dimension(), Dimension::op_rate);
    }
  }
}

TEST_F(Metadata, ShowsAFlippedBitAndAStepThatWasNotDone) {
  for (const Op op : k_all) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel);
    EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 0U);
    ASSERT_TRUE((*kernel)->flip(1, 63));
    EXPECT_EQ(check(**kernel, steps(0)).wrong, 1U) << name_of(op);
    ASSERT_TRUE((*kernel)->flip(1, 63));
    EXPECT_EQ(check(**kernel, steps(0)).wrong, 0U) << name_of(op);
    ASSERT_TRUE((*kernel)->poison(steps(0)));
    ASSERT_TRUE((*kernel)->run(steps(0, 1)));
    EXPECT_EQ(check(**kernel, steps(0)).first->actual, "nothing");
  }
}

TEST_F(Metadata, ShowsADeletionThatOnlySaysSo) {
  int asked = 0;
  outside_.remove = [&asked](const char* path) {
    return __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST) == 7 ? 0 : ::remove(path);
  };
  EXPECT_EQ(fault_of(Op::remove).find("0 names that add up to 0000000000000000 / 1 names"), 0U);
}

TEST_F(Metadata, ShowsFilesThatAreNotWhatWasCreated) {
  const auto kernel = prepare(Op::create);
  ASSERT_TRUE(kernel);
  EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 0U);
  const auto of_client = fs::directory_iterator(folder_)->path() / "0" / "2";
  const auto file = fs::directory_iterator(of_client)->path();
  fs::resize_file(file, 0);
  const CheckResult empty = check(**kernel, steps(0));
  EXPECT_EQ(empty.wrong, 1U);
  EXPECT_EQ(empty.first->actual, "a block of zeros");
  fs::rename(file, of_client / "0123456789abcdef");
  EXPECT_NE(check(**kernel, steps(0)).first->actual.find("5 names that add up to "),
            std::string::npos);
  fs::rename(of_client / "0123456789abcdef", of_client / "other");
  EXPECT_EQ(check(**kernel, steps(0)).first->actual, "a name that nobody gave");
}

TEST_F(Metadata, ShowsALookupThatFindsNothingOrAnotherSize) {
  outside_.look_up = [](const char* path, struct stat* facts) {
    const int result = ::stat(path, facts);
    facts->st_size = 4095;
    return result;
  };
  EXPECT_EQ(fault_of(Op::stat), "a file under every name / no file of a block");
  outside_.look_up = [](const char*, struct stat*) { return -1; };
  EXPECT_EQ(fault_of(Op::stat, true), "a file under every name / no file of a block");
}

TEST_F(Metadata, ShowsAListThatLeavesANameOut) {
  for (const bool shared : {false, true}) {
    int asked = 0;
    outside_.next_name = [&asked](DIR* directory) {
      const dirent* name = ::readdir(directory);
      const bool is_name = name != nullptr && name->d_name[0] != '.';
      const bool is_left_out = is_name && __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST) == 4;
      return is_left_out ? ::readdir(directory) : name;
    };
    EXPECT_EQ(fault_of(Op::list, shared).find(shared ? "45 names" : "15 names"), 0U);
  }
}

TEST_F(Metadata, IsSyncedOnceInAStepThatChangesAnything) {
  int synced = 0;
  outside_.sync_all = [&synced](int) { return ++synced * 0; };
  for (const Op op : k_all) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel);
    synced = 0;
    ASSERT_TRUE((*kernel)->run(steps(0, 1)));
    const bool changes = op == Op::create || op == Op::remove;
    EXPECT_EQ(synced, changes ? 2 : 0) << "before the time and in it";
  }
}

TEST_F(Metadata, WithColdNamesIsMeasuredOnlyWhereTheyWereDropped) {
  int dropped = 0;
  outside_.drop_names = [&dropped] {
    ++dropped;
    return Result<Done>(Done{});
  };
  const auto kernel = prepare(Op::stat, false, true);
  ASSERT_TRUE(kernel);
  dropped = 0;
  ASSERT_TRUE((*kernel)->run(steps(0)));
  EXPECT_EQ(dropped, 2) << "before every step";
  outside_.drop_names = [] {
    return Result<Done>(Error{Error::Code::not_witnessed, "it takes root"});
  };
  EXPECT_EQ(prepare(Op::stat, false, true).error().code, Error::Code::not_witnessed);
  EXPECT_TRUE(prepare(Op::stat, false, false));
}

TEST_F(Metadata, SaysThatTheFileSystemIsFull) {
  bool full = false;
  outside_.create = [&full](const char* path) {
    errno = ENOSPC;
    return full ? -1 : storage::create_file(path);
  };
  const auto kernel = prepare(Op::create);
  ASSERT_TRUE(kernel);
  full = true;
  const auto ran = (*kernel)->run(steps(0));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_EQ(ran.error().message,
            "the file system of the scratch directory is full (no block or no inode left)");
}

TEST_F(Metadata, HasTheSameWitnessOnEveryMachineUnlessSomethingIsWrong) {
  for (const Op op : k_all) {
    const auto one = prepare(op);
    const auto two = prepare(op);
    ASSERT_TRUE(one && two);
    run_and_check(**two, steps(50));
    run_and_check(**one, steps(0));
    run_and_check(**two, steps(0));
    const auto seen = (*one)->witness(steps(0));
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, *(*two)->witness(steps(0)));
    ASSERT_TRUE((*one)->flip(0, 5));
    EXPECT_NE(*seen, *(*one)->witness(steps(0)));
  }
}

}  // namespace
}  // namespace assay
