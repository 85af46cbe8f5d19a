// Checkpoints: saved for good, restored by others, and nothing else taken for either.
#include <cerrno>
#include <cstdio>
#include <string>

#include "kernels/host/checkpoint_kernel.h"
#include "tests/doubles/lying_disk.h"
#include "tests/kernels/storage_fixture.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing_doubles::DiskFault;
using testing_doubles::lying_disk;
using Op = StorageProblem::Op;

constexpr Seed k_seed{1, 2, 3};
constexpr std::uint64_t k_shard = 256 << 10U;
constexpr std::uint64_t k_requests = k_shard / (64 << 10U);
constexpr std::uint64_t k_laid_out = 2 * k_requests;  // requests of each client: two checkpoints

class Checkpoints : public testing_doubles::StorageFolder {
 protected:
  [[nodiscard]] StorageProblem problem(Op op) const {
    return {.op = op,
            .clients = 3,
            .file_bytes = k_shard,
            .extent_bytes = k_shard,
            .request_bytes = 64 << 10U,
            .depth = 2,
            .directory = folder_};
  }
  [[nodiscard]] Result<std::unique_ptr<CheckpointKernel>> prepare(Op op) const {
    return CheckpointKernel::prepare(problem(op), k_seed, outside_);
  }
  [[nodiscard]] std::string shard(const char* name) const {
    return fs::directory_iterator(folder_)->path().string() + "/" + name;
  }
};

TEST_F(Checkpoints, AreSavedAndRestoredAsAWhole) {
  for (const Op op : {Op::save, Op::restore}) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel) << kernel.error().message;
    for (const std::uint64_t first : {0U, 10U, 20U}) {
      const CheckResult result = run_and_check(**kernel, steps(first));
      EXPECT_EQ(result.wrong, 0U) << result.first->expected << " " << result.first->actual;
      EXPECT_EQ(result.tiles, 2U);
      EXPECT_EQ(result.full, 2U) << "all of it, whatever is asked for";
    }
    EXPECT_TRUE((*kernel)->work_per_step() == 3 * k_shard);
    EXPECT_GT((*kernel)->timed_ns(), 0);
    EXPECT_EQ((*kernel)->ran().kernel.find(std::string("checkpoint_") + name_of(op).data()), 0U);
  }
}

TEST_F(Checkpoints, ClaimWhatTheyMoved) {
  const auto saved = prepare(Op::save);
  ASSERT_TRUE(saved);
  ASSERT_TRUE((*saved)->run(steps(0)));
  EXPECT_EQ(noted(**saved, "storage_written_claimed_bytes"), 2 * 3 * k_shard);
  EXPECT_EQ(noted(**saved, "storage_read_claimed_bytes"), 0);
  const auto restored = prepare(Op::restore);
  ASSERT_TRUE(restored);
  ASSERT_TRUE((*restored)->run(steps(0)));
  EXPECT_EQ(noted(**restored, "storage_written_claimed_bytes"), 0) << "was laid out before";
  EXPECT_EQ(noted(**restored, "storage_read_claimed_bytes"), 2 * 3 * k_shard);
}

TEST_F(Checkpoints, AreSyncedWithTheirDirectoryByEveryClientInEveryStep) {
  int synced = 0;
  outside_.sync = [&synced](int) { return __atomic_add_fetch(&synced, 1, __ATOMIC_SEQ_CST) * 0; };
  const auto kernel = prepare(Op::save);
  ASSERT_TRUE(kernel);
  synced = 0;
  ASSERT_TRUE((*kernel)->run(steps(0)));
  EXPECT_EQ(synced, 2 * 3);
  outside_.sync = [](int) {
    errno = EIO;
    return -1;
  };
  EXPECT_EQ(prepare(Op::save).error().message,
            "the directory of a checkpoint could not be made durable: Input/output error");
}

/// What stands under the name is then the checkpoint of before.
TEST_F(Checkpoints, ThatWereNotRenamedAreOfAStaleGeneration) {
  bool lies = false;
  outside_.rename = [&lies](const char* from, const char* to) {
    return lies && std::string(to).ends_with("1-2") ? 0 : ::rename(from, to);
  };
  const auto kernel = prepare(Op::save);
  ASSERT_TRUE(kernel) << kernel.error().message;
  lies = true;
  const CheckResult result = run_and_check(**kernel, steps(0));
  EXPECT_EQ(result.wrong, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->step, 1U);
  EXPECT_EQ(result.first->expected.find("generation 4 of byte 0 of file "), 0U);
  EXPECT_EQ(result.first->actual.find("generation 2 of byte 0 of file "), 0U);
  EXPECT_EQ(run_and_check(**kernel, steps(2)).wrong, 1U) << "and again, with what was left there";
  lies = false;
  EXPECT_EQ(run_and_check(**kernel, steps(4)).wrong, 0U);
}

TEST_F(Checkpoints, ShowASkippedWriteAWrongByteAndAShardThatIsGone) {
  outside_.queue = lying_disk(DiskFault::lost_write, k_laid_out + 2, true);
  auto kernel = prepare(Op::save);
  ASSERT_TRUE(kernel) << kernel.error().message;
  CheckResult result = run_and_check(**kernel, steps(0, 1));
  EXPECT_EQ(result.wrong, 1U);
  EXPECT_EQ(result.first->actual, "a block of zeros");

  outside_.queue = storage::make_io_queue;
  for (const Op op : {Op::save, Op::restore}) {
    kernel = prepare(op);
    ASSERT_TRUE(kernel);
    EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 0U);
    const std::uint64_t bit = (*kernel)->slot_bits() - 1;
    ASSERT_TRUE((*kernel)->flip(1, bit));
    EXPECT_EQ(check(**kernel, steps(0)).wrong, 1U);
    EXPECT_EQ(check(**kernel, steps(0)).first->step, 1U);
    ASSERT_TRUE((*kernel)->flip(1, bit));
    EXPECT_EQ(check(**kernel, steps(0)).wrong, 0U);
    kernel = Error{Error::Code::io, "gone before the next one looks for its files"};
  }
  kernel = prepare(Op::restore);
  ASSERT_TRUE(kernel);
  fs::resize_file(shard("checkpoint-0-1"), 4096);
  fs::remove(shard("checkpoint-1-0"));
  result = run_and_check(**kernel, steps(0));
  EXPECT_EQ(result.wrong, 2U);
  EXPECT_EQ(result.first->expected, "a shard of generation 1");
  EXPECT_EQ(result.first->actual, "one of 4096 bytes");
}

TEST_F(Checkpoints, ShowABitThatChangedOnTheWayBack) {
  outside_.queue = lying_disk(DiskFault::flipped_bit, 2, false);
  const auto kernel = prepare(Op::restore);
  ASSERT_TRUE(kernel);
  EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 2U);
}

TEST_F(Checkpoints, ThatWereNotMadeShow) {
  const auto kernel = prepare(Op::restore);
  ASSERT_TRUE(kernel);
  ASSERT_TRUE((*kernel)->poison(steps(0)));
  ASSERT_TRUE((*kernel)->run(steps(0, 1)));
  EXPECT_EQ(check(**kernel, steps(0)).wrong, 1U);
  EXPECT_EQ(check(**kernel, steps(0)).first->actual, "nothing");
  EXPECT_EQ(check(**kernel, steps(7, 1)).first->actual, "step 0");
}

TEST_F(Checkpoints, SayWhatTheDiskRefused) {
  outside_.queue = lying_disk(DiskFault::full, k_laid_out, true);
  const auto kernel = prepare(Op::save);
  ASSERT_TRUE(kernel);
  const auto ran = (*kernel)->run(steps(0));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_NE(ran.error().message.find("is full: byte 0 of file "), std::string::npos);
}

TEST_F(Checkpoints, HaveTheSameWitnessOnEveryMachine) {
  for (const Op op : {Op::save, Op::restore}) {
    const auto one = prepare(op);
    const auto two = prepare(op);
    ASSERT_TRUE(one && two);
    run_and_check(**two, steps(50));
    run_and_check(**one, steps(0));
    run_and_check(**two, steps(0));
    const auto seen = (*one)->witness(steps(0));
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, *(*two)->witness(steps(0)));
    EXPECT_EQ(seen->size(), 16U);
  }
}

TEST_F(Checkpoints, NeedRoomForOneMoreThanAreKept) {
  StorageProblem large = problem(Op::save);
  large.file_bytes = large.extent_bytes = std::uint64_t{1} << 60U;
  const auto refused = CheckpointKernel::prepare(large, k_seed, outside_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::unsupported);
  EXPECT_EQ(refused.error().message.find("the files need 9895604649984 MiB"), 0U);
  StorageProblem odd = problem(Op::save);
  odd.extent_bytes /= 2;
  EXPECT_EQ(CheckpointKernel::prepare(odd, k_seed, outside_).error().message,
            "a shard is written and read as a whole");
}

}  // namespace
}  // namespace assay
