#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/storage_kernel.h"
#include "kernels/host/storage_room.h"
#include "tests/doubles/lying_disk.h"
#include "tests/kernels/storage_fixture.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing_doubles::DiskFault;
using testing_doubles::lying_disk;
using Op = StorageProblem::Op;

constexpr Seed k_seed{1, 2, 3};
constexpr std::array k_all{Op::write, Op::read, Op::random_read, Op::mixed};

class StorageKernels : public testing_doubles::StorageFolder {
 protected:
  [[nodiscard]] StorageProblem problem(Op op) const {
    return {.op = op,
            .clients = 2,
            .file_bytes = 1 << 20U,
            .extent_bytes = 128 << 10U,
            .request_bytes = 32 << 10U,
            .depth = 3,
            .directory = folder_};
  }

  [[nodiscard]] Result<std::unique_ptr<StorageKernel>> prepare(Op op) const {
    return StorageKernel::prepare(problem(op), k_seed, outside_);
  }
  /// With a disk that lies from the `from`th request on of each client.
  [[nodiscard]] Result<std::unique_ptr<StorageKernel>> prepare_lying(Op op, DiskFault fault,
                                                                     std::uint64_t from,
                                                                     bool writes) const {
    StorageOutside outside = outside_;
    outside.queue = lying_disk(fault, from, writes);
    return StorageKernel::prepare(problem(op), k_seed, outside);
  }

  static std::vector<Step> steps(std::uint64_t first, std::uint32_t count = 6) {
    return StorageFolder::steps(first, count);
  }

  /// All of it as a whole.
  static CheckResult run_and_check(StorageKernel& kernel, const std::vector<Step>& batch) {
    EXPECT_TRUE(kernel.poison(batch));
    const auto ran = kernel.run(batch);
    EXPECT_TRUE(ran) << ran.error().message;
    return check(kernel, batch);
  }
  static CheckResult check(StorageKernel& kernel, const std::vector<Step>& batch) {
    std::vector<std::uint32_t> full(batch.size());
    std::iota(full.begin(), full.end(), 0U);
    auto checked = kernel.check(batch, Seed{9}, full);
    EXPECT_TRUE(checked) << checked.error().message;
    return checked ? *checked : CheckResult{};
  }

  [[nodiscard]] std::vector<fs::path> left() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      paths.push_back(entry.path());
    }
    return paths;
  }
};

TEST_F(StorageKernels, WriteAndReadWhatTheyMustByEitherQueue) {
  for (const auto& maker : {storage::QueueMaker(storage::make_io_queue),
                            storage::QueueMaker(storage::make_posix_queue)}) {
    outside_.queue = maker;
    for (const Op op : k_all) {
      const auto kernel = prepare(op);
      ASSERT_TRUE(kernel) << kernel.error().message;
      for (const std::uint64_t first : {0U, 100U, 200U}) {  // more than one pass over the files
        const CheckResult result = run_and_check(**kernel, steps(first));
        EXPECT_EQ(result.wrong, 0U) << result.first->actual;
        EXPECT_EQ(result.tiles, 6U);
        EXPECT_EQ(result.full, 6U);
        EXPECT_LE(result.log2_miss, -60.0);
      }
      EXPECT_TRUE((*kernel)->work_per_step() == (256U << 10U));
      EXPECT_EQ((*kernel)->ran().kernel.find(std::string(name_of(op)) + ":"), 0U);
    }
  }
}

TEST_F(StorageKernels, SayByWhichQueueTheyMoved) {
  outside_.queue = storage::make_posix_queue;
  EXPECT_NE((*prepare(Op::write))->ran().kernel.find(":posix:"), std::string::npos);
}

TEST_F(StorageKernels, SayThatTheyMovedByTwoQueuesWhereTheFirstRanOut) {
  outside_.queue = [made = 0](std::uint32_t depth) mutable {
    return made++ == 0 ? storage::make_io_queue(depth) : storage::make_posix_queue(depth);
  };
  const auto kernel = prepare(Op::write);
  ASSERT_TRUE(kernel);
  const std::string ran = (*kernel)->ran().kernel;
  EXPECT_TRUE(ran.find(":io_uring+posix:") != std::string::npos ||
              ran.find(":posix:") != std::string::npos)
      << ran;
}

TEST_F(StorageKernels, HaveTheSameWitnessOnEveryMachineAndAnotherForEveryTuple) {
  for (const Op op : k_all) {
    const auto one = prepare(op);
    const auto two = prepare(op);
    ASSERT_TRUE(one && two);
    run_and_check(**two, steps(50));  // has done more, and stands elsewhere in its files
    run_and_check(**one, steps(0));
    run_and_check(**two, steps(0));
    const auto seen = (*one)->witness(steps(0));
    ASSERT_TRUE(seen);
    EXPECT_EQ(*seen, *(*two)->witness(steps(0)));
    EXPECT_NE(std::vector<std::uint8_t>(seen->begin(), seen->begin() + 8),
              std::vector<std::uint8_t>(seen->begin() + 8, seen->begin() + 16));
  }
}

TEST_F(StorageKernels, ShowAFlippedBitAndASkippedStep) {
  for (const Op op : k_all) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel);
    const auto batch = steps(10);
    EXPECT_EQ(run_and_check(**kernel, batch).wrong, 0U);
    const std::uint64_t bit = (*kernel)->slot_bits() - 1;
    ASSERT_TRUE((*kernel)->flip(3, bit));
    const CheckResult flipped = check(**kernel, batch);
    EXPECT_EQ(flipped.wrong, 1U);
    ASSERT_TRUE(flipped.first);
    EXPECT_EQ(flipped.first->step, 3U);
    ASSERT_TRUE((*kernel)->flip(3, bit));
    EXPECT_EQ(check(**kernel, batch).wrong, 0U);

    ASSERT_TRUE((*kernel)->poison(batch));
    ASSERT_TRUE((*kernel)->run(std::vector<Step>(batch.begin(), batch.end() - 1)));
    const CheckResult skipped = check(**kernel, batch);
    EXPECT_EQ(skipped.wrong, 1U);
    ASSERT_TRUE(skipped.first);
    EXPECT_EQ(skipped.first->actual, "nothing");
  }
}

TEST_F(StorageKernels, ShowAWriteThatWasLostOrWentElsewhere) {
  for (const DiskFault fault : {DiskFault::lost_write, DiskFault::misplaced_write}) {
    const auto kernel = prepare_lying(Op::write, fault, 6, true);
    ASSERT_TRUE(kernel) << kernel.error().message;
    const CheckResult result = run_and_check(**kernel, steps(0));
    EXPECT_GT(result.wrong, 0U);
    ASSERT_TRUE(result.first);
    EXPECT_NE(result.first->expected.find("generation "), std::string::npos);
  }
}

TEST_F(StorageKernels, ShowABitThatChangedOnTheWay) {
  for (const Op op : {Op::read, Op::random_read, Op::mixed}) {
    const auto kernel = prepare_lying(op, DiskFault::flipped_bit, 3, false);
    ASSERT_TRUE(kernel) << kernel.error().message;
    EXPECT_GT(run_and_check(**kernel, steps(0)).wrong, 0U);
  }
}

TEST_F(StorageKernels, OfAMixShowALostWriteWithoutReadingAllAgain) {
  const auto kernel =
      prepare_lying(Op::mixed, DiskFault::lost_write, 32, true);  // laid out by then
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto batch = steps(0, 8);
  ASSERT_TRUE((*kernel)->poison(batch));
  ASSERT_TRUE((*kernel)->run(batch));
  const auto checked = (*kernel)->check(batch, Seed{9}, {});
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->full, 0U);
  EXPECT_GT(checked->wrong, 0U);
}

TEST_F(StorageKernels, OfAMixWriteTheShareThatIsAsked) {
  StorageProblem mixed = problem(Op::mixed);
  mixed.write_percent = 25;
  const auto kernel = StorageKernel::prepare(mixed, k_seed, outside_);
  ASSERT_TRUE(kernel);
  ASSERT_TRUE((*kernel)->run(steps(0, 8)));  // 64 requests of 32 KiB
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes);
  EXPECT_EQ(notes->at(0).name, "storage_read_claimed_bytes");
  EXPECT_EQ(notes->at(0).value, 48 * (32 << 10U));
  EXPECT_EQ(notes->at(1).value, 16 * (32 << 10U)) << "what was laid out before doesn't count";
}

TEST(DrawnPlaces, ComeOnceEachBeforeAnyComesAgain) {
  for (const std::uint64_t count : {1U, 2U, 3U, 5U, 64U, 1000U}) {
    const storage::DrawnPlaces places(k_seed, 1, count);
    std::vector<std::uint64_t> seen;
    std::vector<std::uint64_t> all(count);
    std::iota(all.begin(), all.end(), 0U);
    for (std::uint64_t i = 0; i < count; ++i) {
      seen.push_back(places(i));
      EXPECT_EQ(places(i + count), places(i));
    }
    EXPECT_TRUE(count < 64 || seen != all) << "in no order that could be guessed";
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, all);
  }
}

TEST_F(StorageKernels, SayWhatTheDiskRefused) {
  const auto said = [this](Op op, DiskFault fault) {
    const auto kernel = prepare_lying(op, fault, 2, op == Op::write);
    EXPECT_TRUE(kernel) << kernel.error().message;
    const auto ran = (*kernel)->run(steps(0));
    EXPECT_FALSE(ran);
    EXPECT_EQ(ran.error().code, Error::Code::io);
    return ran.error().message;
  };
  EXPECT_NE(said(Op::write, DiskFault::full).find("is full: byte "), std::string::npos);
  EXPECT_NE(said(Op::write, DiskFault::read_only).find("became read-only: byte "),
            std::string::npos);
  EXPECT_NE(said(Op::write, DiskFault::short_transfer).find("only 28672 were taken"),
            std::string::npos);
  EXPECT_NE(said(Op::read, DiskFault::short_transfer).find("only 28672 are there"),
            std::string::npos);
  EXPECT_NE(said(Op::read, DiskFault::dead).find("could not be read: Input/output error"),
            std::string::npos);
}

TEST_F(StorageKernels, OfASlowDiskAreRightAllTheSame) {
  const auto kernel = prepare_lying(Op::read, DiskFault::slow, 6, false);
  ASSERT_TRUE(kernel);
  EXPECT_EQ(run_and_check(**kernel, steps(0, 2)).wrong, 0U);
}

TEST_F(StorageKernels, ShowAFileThatWasChangedOrCutUnderneath) {
  const auto kernel = prepare(Op::read);
  ASSERT_TRUE(kernel);
  const std::string file = left().front().string() + "/1";
  {
    std::fstream other(file, std::ios::in | std::ios::out | std::ios::binary);
    other.seekp(5000);
    other << "someone else's";
  }
  const CheckResult result = run_and_check(**kernel, steps(0));
  EXPECT_EQ(result.wrong, 1U);
  EXPECT_NE(result.first->expected.find("of byte 4096 of file "), std::string::npos);
  fs::resize_file(file, 4096);
  const auto ran = (*kernel)->run(steps(0));
  ASSERT_FALSE(ran);
  EXPECT_NE(ran.error().message.find("the file was cut underneath the run"), std::string::npos);
}

TEST_F(StorageKernels, RefuseAPageCacheInPlaceOfADevice) {
  outside_.resident = [](int, std::uint64_t) { return Result<std::uint64_t>(1'000'000); };
  auto kernel = prepare(Op::write);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
  EXPECT_NE(kernel.error().message.find("takes O_DIRECT and ignores it"), std::string::npos);

  outside_.resident = [](int, std::uint64_t) { return Result<std::uint64_t>(0); };
  outside_.drop = [](int) {
    return Result<Done>(Error{Error::Code::not_witnessed, "the page cache could not be dropped"});
  };
  kernel = prepare(Op::read);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
  EXPECT_EQ(kernel.error().message, "the page cache could not be dropped");
}

/// Where this is run decides what is seen; either way nothing is measured in the page cache.
TEST_F(StorageKernels, MeasureADeviceOrSayThatTheyCannot) {
  StorageProblem here = problem(Op::read);
  here.directory = testing::TempDir();
  const auto kernel = StorageKernel::prepare(here, k_seed);
  if (!kernel) {
    EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
    EXPECT_NE(kernel.error().message.find("O_DIRECT"), std::string::npos);
    return;
  }
  EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 0U);
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes);
  for (const Noted& note : *notes) {
    if (note.name == "storage_resident_ppm") {
      EXPECT_EQ(note.value, 0);
    }
  }
}

TEST_F(StorageKernels, StateWhatTheyClaimBesideWhatTheSystemCounted) {
  std::uint64_t calls = 0;
  outside_.moved = [&calls](const storage::FileSystem&) {
    const std::uint64_t counted = calls++ == 0 ? 100 : 5100;
    return storage::MovedBytes{.process_read = counted, .process_written = counted};
  };
  const auto kernel = prepare(Op::read);
  ASSERT_TRUE(kernel);
  run_and_check(**kernel, steps(0));
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes);
  const auto of = [&notes](const std::string& name) {
    for (const Noted& note : *notes) {
      if (note.name == name) {
        return note;
      }
    }
    return Noted{.name = "", .value = -1};
  };
  EXPECT_EQ(of("storage_written_claimed_bytes").value, 0) << "laying out is not claimed";
  EXPECT_EQ(of("storage_read_claimed_bytes").value, 6 * (256 << 10U));
  EXPECT_EQ(of("storage_read_process_bytes").value, 5000);
  EXPECT_FALSE(of("storage_read_device_bytes").value);
  EXPECT_FALSE(of("storage_read_device_bytes").reason.empty());
  EXPECT_GE(of("storage_fill_ppm").value, 0);
}

TEST_F(StorageKernels, ClaimTheirWindowAloneSoThatASoakHidesNothing) {
  std::uint64_t counted = 0;
  outside_.moved = [&counted](const storage::FileSystem&) {
    return storage::MovedBytes{.process_read = counted, .process_written = counted};
  };
  const auto kernel = prepare(Op::read);
  ASSERT_TRUE(kernel);
  run_and_check(**kernel, steps(0));
  counted = 1'000'000'000;  // before the window everything was moved, and within it nothing
  (*kernel)->begin_window();
  run_and_check(**kernel, steps(2));
  EXPECT_EQ(noted(**kernel, "storage_read_claimed_bytes"), 6 * (256 << 10U));
  EXPECT_EQ(noted(**kernel, "storage_read_process_bytes"), 0);
}

TEST_F(StorageKernels, StateWhatTheNetworkMovedWhereItIsTheWitness) {
  std::uint64_t calls = 0;
  std::string fault;
  outside_.moved = [&](const storage::FileSystem&) {
    storage::MovedBytes moved{.network_fault = fault};
    if (fault.empty()) {
      moved.network_read = 1000 + 70 * calls++;
      moved.network_written = 20;
    }
    return moved;
  };
  StorageProblem beyond = problem(Op::read);
  EXPECT_EQ(noted(*StorageKernel::prepare(beyond, k_seed, outside_).value(),
                  "storage_read_network_bytes"),
            -2)
      << "nobody asked for it";
  beyond.witness = StorageProblem::Witness::network;
  calls = 0;
  const auto kernel = StorageKernel::prepare(beyond, k_seed, outside_);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(noted(**kernel, "storage_read_network_bytes"), 70);
  EXPECT_EQ(noted(**kernel, "storage_written_network_bytes"), 0);
  fault = "network interface eth0 shows no rx_bytes or tx_bytes";
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes);
  EXPECT_EQ(notes->back().name, "storage_written_network_bytes");
  EXPECT_EQ(notes->back().reason, fault);
}

TEST_F(StorageKernels, LeaveNothingBehind) {
  {
    const auto kernel = prepare(Op::write);
    ASSERT_TRUE(kernel);
    EXPECT_EQ(left().size(), 1U);
    const auto other = prepare(Op::read);  // does not take the first one's for left behind
    ASSERT_TRUE(other);
    EXPECT_EQ(left().size(), 2U);
  }
  EXPECT_TRUE(left().empty());
}

TEST_F(StorageKernels, RemoveWhatAKilledRunLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto kernel = prepare(Op::write);
    const bool ready = kernel && (*kernel)->run(steps(0));
    ::raise(ready ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  ASSERT_EQ(left().size(), 1U);
  fs::create_directory(folder_ + "/assay-scratch-nolock");  // killed even sooner
  fs::create_directory(folder_ + "/somebody-else");
  EXPECT_EQ(storage::remove_left_spaces(folder_), 2U);
  ASSERT_EQ(left().size(), 1U);
  EXPECT_EQ(left().front().filename(), "somebody-else");
}

TEST_F(StorageKernels, AreNotRunWithoutADirectoryOrRoom) {
  StorageProblem without = problem(Op::write);
  without.directory = "";
  EXPECT_EQ(storage::check_problem(without).error().message, "no scratch directory was named");
  without.directory = folder_ + "/absent";
  EXPECT_EQ(storage::check_problem(without).error().code, Error::Code::unsupported);
  StorageProblem large = problem(Op::write);
  large.file_bytes = std::uint64_t{1} << 60U;
  const auto room = storage::check_problem(large);
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, Error::Code::unsupported);
  EXPECT_EQ(room.error().message.find("the files need 2199023255552 MiB, and the file system of"),
            0U);
}

TEST_F(StorageKernels, RefuseSizesThatMakeNoSense) {
  for (const auto member : {&StorageProblem::request_bytes, &StorageProblem::extent_bytes,
                            &StorageProblem::file_bytes}) {
    StorageProblem odd = problem(Op::write);
    odd.*member += 512;
    EXPECT_EQ(storage::check_problem(odd).error().code, Error::Code::bad_input);
  }
  StorageProblem mostly_written = problem(Op::mixed);
  mostly_written.write_percent = 51;
  EXPECT_EQ(storage::check_problem(mostly_written).error().code, Error::Code::bad_input);
  StorageProblem nobody = problem(Op::write);
  nobody.clients = 0;
  EXPECT_EQ(storage::check_problem(nobody).error().code, Error::Code::bad_input);
}

}  // namespace
}  // namespace assay
