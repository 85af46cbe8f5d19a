// The real fio as engine of the cases of files: what its steps move, show, and refuse.
#include "harness/run/fio_kernel.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/fio_job.h"
#include "kernels/host/host_backend.h"
#include "tests/doubles/fio_here.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing_doubles::FioHere;
using testing_doubles::k_mib;
using testing_doubles::result_in;
using Op = StorageProblem::Op;

constexpr Seed k_seed{1, 2, 3};

/// With the real fio.
class FioKernels : public FioHere {
 protected:
  void SetUp() override {
    static const std::string k_why_not = why_not();
    if (!k_why_not.empty()) {
      GTEST_SKIP() << k_why_not;
    }
  }

  [[nodiscard]] std::string why_not() const {
    if (const auto file = FioProgram{}.file(); !file) {
      return file.error().message;
    }
    const auto kernel = prepare(Op::read);
    const bool is_hidden = !kernel && kernel.error().code == Error::Code::not_witnessed;
    return is_hidden ? "the build is on no disk: " + kernel.error().message : "";
  }

  [[nodiscard]] StorageProblem problem(Op op) const {
    return {.op = op,
            .engine = StorageProblem::Engine::fio,
            .clients = 2,
            .file_bytes = 4 * k_mib,
            .extent_bytes = k_mib,
            .request_bytes = op == Op::write || op == Op::read ? 65536U : 4096U,
            .depth = 4,
            .write_percent = 30,
            .directory = folder_};
  }
  [[nodiscard]] Result<std::unique_ptr<FioKernel>> prepare(Op op) const {
    return FioKernel::prepare(problem(op), k_seed, outside_);
  }
  static std::vector<Step> steps(std::uint64_t first, std::uint32_t count = 2) {
    std::vector<Step> made;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      made.push_back({.tuple = first + slot, .slot = slot});
    }
    return made;
  }
  static CheckResult check(Kernel& kernel, const std::vector<Step>& batch) {
    std::vector<std::uint32_t> full(batch.size());
    std::iota(full.begin(), full.end(), 0U);
    auto checked = kernel.check(batch, Seed{9}, full);
    EXPECT_TRUE(checked) << checked.error().message;
    return checked ? *checked : CheckResult{};
  }
  static CheckResult run_and_check(Kernel& kernel, const std::vector<Step>& batch) {
    EXPECT_TRUE(kernel.poison(batch));
    const auto ran = kernel.run(batch);
    EXPECT_TRUE(ran) << ran.error().message;
    return check(kernel, batch);
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
};

TEST_F(FioKernels, MoveWhatTheyMustAndShowAFlippedBit) {
  for (const Op op : {Op::write, Op::read, Op::random_read, Op::mixed}) {
    const auto kernel = prepare(op);
    ASSERT_TRUE(kernel) << kernel.error().message;
    // Three steps of four, and then past the end of the file.
    for (const std::uint64_t first : {0U, 100U}) {
      const auto begun = std::chrono::steady_clock::now();
      const CheckResult result = run_and_check(**kernel, steps(first, 3));
      const auto took = std::chrono::steady_clock::now() - begun;
      EXPECT_EQ(result.wrong, 0U) << result.first->expected << ": " << result.first->actual;
      EXPECT_EQ(result.tiles, 3U);
      EXPECT_EQ(result.full, 3U);
      EXPECT_GT((*kernel)->timed_ns(), 0);
      EXPECT_LE((*kernel)->timed_ns(), std::chrono::nanoseconds(took).count());
    }
    EXPECT_TRUE((*kernel)->work_per_step() == 2 * k_mib);
    EXPECT_EQ((*kernel)->ran().software, "fio");
    EXPECT_EQ((*kernel)->ran().kernel.find(std::string(name_of(op)) + ":"), 0U);
    const bool reads = op != Op::write;
    const bool writes = op == Op::write || op == Op::mixed;
    EXPECT_EQ(noted(**kernel, "storage_read_p99_ns") > 0, reads);
    EXPECT_EQ(noted(**kernel, "storage_written_p50_ns") > 0, writes);
    for (const std::string direction : {"read", "written"}) {
      EXPECT_GE(noted(**kernel, "storage_" + direction + "_process_bytes") * 100,
                noted(**kernel, "storage_" + direction + "_claimed_bytes") * 98);
    }
    EXPECT_GE(noted(**kernel, "storage_read_claimed_bytes") +
                  noted(**kernel, "storage_written_claimed_bytes"),
              static_cast<std::int64_t>(6 * 2 * k_mib));
    const std::uint64_t bit = (*kernel)->slot_bits() - 1;
    ASSERT_TRUE((*kernel)->flip(1, bit));
    const CheckResult flipped = check(**kernel, steps(100, 3));
    EXPECT_EQ(flipped.wrong, 1U) << name_of(op);
    ASSERT_TRUE((*kernel)->flip(1, bit));
    EXPECT_EQ(check(**kernel, steps(100, 3)).wrong, 0U);
    EXPECT_EQ(check(**kernel, steps(7, 3)).wrong, 3U) << "nobody ran these";
  }
}

TEST_F(FioKernels, HaveTheSameWitnessOnEveryMachineAndAnotherForEveryTuple) {
  const auto one = prepare(Op::write);
  const auto two = prepare(Op::write);
  ASSERT_TRUE(one && two);
  run_and_check(**two, steps(50));  // has done more, and stands elsewhere in its files
  run_and_check(**one, steps(0));
  run_and_check(**two, steps(0));
  const auto seen = (*one)->witness(steps(0));
  ASSERT_TRUE(seen);
  EXPECT_EQ(*seen, *(*two)->witness(steps(0)));
  EXPECT_NE(std::vector<std::uint8_t>(seen->begin(), seen->begin() + 8),
            std::vector<std::uint8_t>(seen->begin() + 8, seen->begin() + 16));
  ASSERT_TRUE((*one)->flip(0, 500 * 8));
  EXPECT_NE(*seen, *(*one)->witness(steps(0)));
}

TEST_F(FioKernels, TakeTheOtherQueueWhereTheFirstIsNotAllowed) {
  replace_fio(
      "case \"$*\" in *io_uring*) echo 'Operation not permitted' >&2; exit 1;; esac\n"
      "exec $fio \"$@\"");
  const auto kernel = prepare(Op::read);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_NE((*kernel)->ran().kernel.find("read:libaio:"), std::string::npos);
  EXPECT_EQ(run_and_check(**kernel, steps(0)).wrong, 0U);
}

TEST_F(FioKernels, AreTimedFromTheFirstClientsBeginToTheLastOnesEnd) {
  for (const char* const late : {"client0", "client1"}) {
    replace_fio(std::string("[ $name = ") + late + " ] && sleep 0.4\nexec $fio \"$@\"");
    const auto kernel = prepare(Op::read);
    ASSERT_TRUE(kernel) << kernel.error().message;
    ASSERT_TRUE((*kernel)->run(steps(0)));
    EXPECT_GT((*kernel)->timed_ns(), 200'000'000) << late;
  }
}

TEST_F(FioKernels, NameTheReleaseThatAnswersForAnother) {
  replace_fio("$fio \"$@\" | sed 's/fio-3.33/fio-3.28/'");
  const auto version = FioProgram{}.version();
  ASSERT_TRUE(version);
  const auto kernel = prepare(Op::read);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
  if (*version == "fio-3.33") {
    EXPECT_EQ(kernel.error().message,
              "fio calls itself fio-3.33, and its result is one of fio-3.28");
  }
}

/// It writes, but not what can be verified afterwards.
TEST_F(FioKernels, RefuseAFioWhoseBlocksAreNotKnown) {
  replace_fio(
      "for a in \"$@\"; do shift; case $a in --*verify*) ;; *) set -- \"$@\" \"$a\";; "
      "esac; done\nexec $fio \"$@\"");
  const auto kernel = prepare(Op::write);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::unsupported);
  EXPECT_NE(kernel.error().message.find(" wrote a block as a trial is no block of fio's: what it "
                                        "writes is not known"),
            std::string::npos)
      << kernel.error().message;
}

TEST_F(FioKernels, NameAMixOfOtherSharesThanTheyWereTold) {
  replace_fio(
      "for a in \"$@\"; do shift; case $a in --rwmixwrite=*) a=--rwmixwrite=90;; esac; "
      "set -- \"$@\" \"$a\"; done\nexec $fio \"$@\"");
  FioJob mix = job();
  mix.op = Op::mixed;
  mix.request_bytes = 4096;
  mix.write_percent = 30;
  const auto ran = run_fio(outside_.program, mix);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::not_witnessed);
  EXPECT_NE(ran.error().message.find(" of 1024 requests, and 30 % were to write"),
            std::string::npos)
      << ran.error().message;
}

/// All bytes are moved, and none of them to the file.
TEST_F(FioKernels, ShowWhatWasWrittenElsewhereAsWhatTheStepBeforeLeft) {
  replace_fio("[ -e " + folder_ +
              "/lies ] || exec $fio \"$@\"\n"
              "for a in \"$@\"; do shift; case $a in --filename=*) a=--filename=" +
              folder_ +
              "/other;; --allow_file_create=0) a=--allow_file_create=1;; esac; "
              "set -- \"$@\" \"$a\"; done\nexec $fio \"$@\"");
  StorageProblem one_row = problem(Op::write);
  one_row.clients = 1;
  one_row.file_bytes = one_row.extent_bytes;
  const auto kernel = FioKernel::prepare(one_row, k_seed, outside_);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(run_and_check(**kernel, steps(0, 1)).wrong, 0U);
  std::ofstream(folder_ + "/lies") << "from now on\n";
  const CheckResult result = run_and_check(**kernel, steps(1, 1));
  EXPECT_EQ(result.wrong, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->expected.find("what fio wrote for byte "), 0U);
  EXPECT_EQ(result.first->actual.find("what fio wrote "), 0U);
  EXPECT_NE(result.first->actual.find(" ns before that"), std::string::npos);
}

TEST_F(FioKernels, SyncWhatFioHasSynced) {
  int synced = 0;
  outside_.storage.sync = [&synced](int) { return synced++ == 0 ? 0 : (errno = EIO, -1); };
  StorageProblem one = problem(Op::write);
  one.clients = 1;
  const auto kernel = FioKernel::prepare(one, k_seed, outside_);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_TRUE((*kernel)->run(steps(0)));
  EXPECT_EQ(synced, 1);
  const auto ran = (*kernel)->run(steps(2));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_EQ(ran.error().message,
            "what fio wrote could not be made durable (fsync): Input/output error");
}

TEST_F(FioKernels, AreInvalidWhereThePageCacheHoldsTheFiles) {
  outside_.storage.resident = [](int, std::uint64_t) { return Result<std::uint64_t>(20'000); };
  const auto kernel = prepare(Op::read);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::not_witnessed);
}

TEST_F(FioKernels, ThatTakeWhatFioDoesNotDoAreRefused) {
  const auto kernel = prepare(Op::save);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().message, "fio writes, reads, or does both");
  const auto host = make_host_backend();
  for (const auto& refused :
       {host->supports(problem(Op::read), host->devices()->front()).error(),
        host->prepare(problem(Op::read), host->devices()->front(), k_seed).error()}) {
    EXPECT_EQ(refused.code, Error::Code::unsupported);
    EXPECT_EQ(refused.message, "fio is a process of its own, and this is one");
  }
}

/// So its digest stands in the report.
TEST_F(FioKernels, HaveFioAmongTheObjectsOfTheirProcess) {
  const auto maps = [] {
    std::ifstream file("/proc/self/maps");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string name = " " + *FioProgram{}.file() + "\n";
  ASSERT_EQ(maps().find(name), std::string::npos);
  {
    const auto kernel = prepare(Op::read);
    ASSERT_TRUE(kernel);
    const std::string seen = maps();
    ASSERT_NE(seen.find(name), std::string::npos);
    const auto line = seen.rfind('\n', seen.find(name)) + 1;
    EXPECT_NE(seen.substr(line, seen.find(name) - line).find(" r-xp "), std::string::npos);
  }
  EXPECT_EQ(maps().find(name), std::string::npos);
}

TEST_F(FioKernels, LeaveNothing) {
  { ASSERT_TRUE(prepare(Op::write)); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace assay
