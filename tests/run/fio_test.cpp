// fio as the one who moves files: what it must be told, and every way in which it fails or lies.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/fio_job.h"
#include "harness/run/fio_kernel.h"
#include "harness/run/watched_child.h"
#include "tests/doubles/fio_here.h"

namespace assay {
namespace {

using testing_doubles::FioHere;
using testing_doubles::k_mib;
using testing_doubles::result_in;
using Op = StorageProblem::Op;

constexpr Seed k_seed{1, 2, 3};

class Fio : public FioHere {};

TEST_F(Fio, ThatIsMissingIsNamedWithThePlacesWhereItIsNot) {
  outside_.program.files = {folder_ + "/fio", "/nonexistent/fio"};
  const Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::unsupported);
  EXPECT_EQ(error.message,
            "fio is not here: there is no " + folder_ + "/fio and no /nonexistent/fio");
  const StorageProblem problem{.op = Op::read,
                               .engine = StorageProblem::Engine::fio,
                               .file_bytes = k_mib,
                               .extent_bytes = k_mib,
                               .request_bytes = 4096,
                               .directory = folder_};
  EXPECT_EQ(FioKernel::supports(problem, outside_).error().message, error.message);
  EXPECT_EQ(FioKernel::prepare(problem, k_seed, outside_).error().message, error.message);
}

TEST_F(Fio, OfAnotherKindIsNotUsed) {
  const std::string path = folder_ + "/fio";
  std::ofstream(path) << "#!/bin/sh\necho fio-2.21\n";
  ::chmod(path.c_str(), 0700);
  outside_.program.files = {path};
  const auto version = outside_.program.version();
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, Error::Code::unsupported);
  EXPECT_EQ(version.error().message, path + " calls itself 'fio-2.21': only fio 3 is known");
}

TEST_F(Fio, IsToldAllThatMatters) {
  FioJob mix = job();
  mix.op = Op::mixed;
  mix.write_percent = 30;
  mix.file = "/a:b";
  const auto arguments = fio_arguments(mix);
  const std::set<std::string> told(arguments.begin(), arguments.end());
  EXPECT_EQ(told.size(), arguments.size());
  for (const char* const must : {"--filename=/a\\:b",
                                 "--rw=randrw",
                                 "--rwmixwrite=30",
                                 "--ioengine=io_uring",
                                 "--bs=65536",
                                 "--iodepth=2",
                                 "--io_size=4194304",
                                 "--size=4194304",
                                 "--offset=0",
                                 "--randseed=1",
                                 "--direct=1",
                                 "--numjobs=1",
                                 "--randrepeat=0",
                                 "--norandommap=1",
                                 "--end_fsync=1",
                                 "--refill_buffers=1",
                                 "--buffer_compress_percentage=0",
                                 "--dedupe_percentage=0",
                                 "--time_based=0",
                                 "--fallocate=none",
                                 "--overwrite=1",
                                 "--allow_file_create=0",
                                 "--verify=crc32c",
                                 "--verify_interval=4096",
                                 "--do_verify=0",
                                 "--eta=never",
                                 "--output-format=json+"}) {
    EXPECT_EQ(told.count(must), 1U) << must;
  }
}

TEST_F(Fio, WhoseResultIsNoneIsInvalidWithItsReason) {
  const std::vector<std::pair<std::string, std::string>> lies{
      {"echo nonsense", "fio's result can't be used: line 1: "},
      {R"(printf '{\n"fio version":"fio-3.33","jobs":[]}\n')", "it has no version or not the one"},
      {R"(printf '{\n"fio version":"fio-3.33","jobs":[{"error":5}]}\n')", "ended with an error"},
      {R"(printf '{\n"fio version":"fio-3.33","jobs":[{"error":0,"read":{}}]}\n')",
       "'read.io_bytes' is no whole number"},
      {result_in("100") + " | sed 's/\"bw_bytes\":[1-9][0-9]*/\"bw_bytes\":999999999/'",
       "'read.bw_bytes' is 999999999, and not 4194304 bytes in 100 ms"},
      {result_in("100") + " | sed 's/\"1000\":64/\"1000\":63/'",
       "the bins of 'read' hold 63 of its 64 requests"},
      {result_in("100") + " | sed 's/\"short_ios\":0/\"short_ios\":1/'", "cut short or dropped"},
      {"bytes=$((bytes / 2)); sleep 0.15; " + result_in("100"),
       "says that it has read 2097152 and written 0 bytes, and was to move 4194304"}};
  for (const auto& [script, reason] : lies) {
    replace_fio(script);
    const Error error = error_of_job();
    EXPECT_EQ(error.code, Error::Code::not_witnessed) << error.message;
    EXPECT_NE(error.message.find(reason), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("fio of client 3 "), 0U) << error.message;
  }
}

TEST_F(Fio, ThatSaysItMovedWhatItsProcessDidNotIsInvalid) {
  replace_fio("sleep 0.15; " + result_in("100"));
  const Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::not_witnessed);
  EXPECT_EQ(error.message.find("fio of client 3 says that it has read 4194304 bytes, and its "
                               "process's counter has "),
            0U)
      << error.message;
}

/// Bytes that cost nothing, moved last, would be those that were seen to grow.
TEST_F(Fio, ThatMovesMoreThanItClaimsIsInvalid) {
  replace_fio("\"$fio\" \"$@\" || exit; head -c 16777216 /dev/zero >$file.more");
  const std::string message = error_of_job().message;
  EXPECT_NE(message.find("says that it has written 0 bytes, and its process's counter has 167"),
            std::string::npos)
      << message;
  outside_.program.is_timed = false;
  EXPECT_EQ(error_of_job().message, "it went well") << "what loads a program says nothing";
}

TEST_F(Fio, WhoseRequestsAreNotThoseOfItsBytesIsInvalid) {
  replace_fio("\"$fio\" \"$@\" | sed 's/\"total_ios\" : [1-9][0-9]*/\"total_ios\" : 0/'");
  std::string message = error_of_job().message;
  EXPECT_NE(message.find("'read' has moved 4194304 bytes with no request"), std::string::npos)
      << message;
  replace_fio(
      "for a; do shift; set -- \"$@\" \"$(echo \"$a\" | sed s/--bs=65536/--bs=131072/)\"; done\n"
      "exec \"$fio\" \"$@\"");
  message = error_of_job().message;
  EXPECT_NE(message.find("says that it made 32 requests of 65536 bytes each for 4194304"),
            std::string::npos)
      << message;
}

TEST_F(Fio, WhoseTimeIsNoTimeIsInvalid) {
  replace_fio(result_in("18446744073710"));
  const std::string message = error_of_job().message;
  EXPECT_NE(message.find("'read.runtime' is 18446744073710 ms"), std::string::npos) << message;
}

/// It moves all of it, in more time than it says.
TEST_F(Fio, ThatSaysItTookLessTimeThanItsCountersGrewIsInvalid) {
  replace_fio(
      "i=0; while [ $i -lt 8 ]; do dd if=$file of=/dev/null bs=512k count=1 skip=$i "
      "iflag=direct 2>/dev/null; sleep 0.05; i=$((i + 1)); done; " +
      result_in("100"));
  const Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::not_witnessed) << error.message;
  EXPECT_NE(error.message.find("says that it took 100 ms, and its process's counters grew for "),
            std::string::npos)
      << error.message;
}

TEST_F(Fio, ThatSaysItTookLongerThanItLivedIsInvalid) {
  replace_fio("dd if=$file of=/dev/null bs=4M iflag=direct 2>/dev/null; " + result_in("60000"));
  const Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::not_witnessed);
  EXPECT_NE(error.message.find("says that it took 60000 ms, and lived for "), std::string::npos)
      << error.message;
}

/// Its bytes come all at once, when its child ends: nobody saw how long they took.
TEST_F(Fio, WhoseCountersWereNotSeenToGrowIsInvalid) {
  replace_fio("dd if=$file of=/dev/null bs=4M iflag=direct 2>/dev/null; sleep 0.2; " +
              result_in("150"));
  outside_.program.shortest_ns = 100'000'000;
  Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::not_witnessed);
  EXPECT_EQ(error.message,
            "fio of client 3 says that it took 150 ms, and its process's counters were not seen to "
            "grow in that time");
  outside_.program.shortest_ns = 200'000'000;
  error = error_of_job();
  EXPECT_EQ(error.message,
            "fio of client 3 says that it took 150 ms: too little for a clock of whole "
            "milliseconds, a larger extent_mib is needed");
}

TEST_F(Fio, ThatIsKilledFailsOrFindsTheDiskFullSaysSo) {
  const std::vector<std::pair<std::string, std::string>> ends{
      {"kill -9 $$", "fio of client 3 was ended by SIGKILL"},
      {"echo first >&2; echo 'fio: the last word' >&2; exit 1",
       "fio of client 3 exited with status 1; it said: fio: the last word"},
      {"echo 'fio: io_u error on file 0: No space left on device: write' >&2; exit 1",
       "the file system of the scratch directory is full: fio of client 3 exited with status 1; it "
       "said: fio: io_u error on file 0: No space left on device: write"}};
  for (const auto& [script, sentence] : ends) {
    replace_fio(script);
    const Error error = error_of_job();
    EXPECT_EQ(error.code, Error::Code::io);
    EXPECT_EQ(error.message, sentence);
  }
}

TEST_F(Fio, ThatHangsIsKilledAndNamed) {
  replace_fio("echo $$ > " + folder_ + "/pid; exec sleep 100");
  outside_.program.silence_ns = 300'000'000;
  const Error error = error_of_job();
  EXPECT_EQ(error.code, Error::Code::timeout);
  EXPECT_EQ(error.message, "fio of client 3 moved nothing for 300 ms and was killed");
  pid_t number = 0;
  std::ifstream(folder_ + "/pid") >> number;
  ASSERT_GT(number, 0);
  EXPECT_NE(::kill(number, 0), 0) << "and is gone";
}

TEST(FioQuantiles, AreOfItsBins) {
  const FioBins bins{{100, 50}, {200, 49}, {300, 1}};
  EXPECT_EQ(quantile_of(bins, 500), 100);
  EXPECT_EQ(quantile_of(bins, 501), 200);
  EXPECT_EQ(quantile_of(bins, 990), 200);
  EXPECT_EQ(quantile_of(bins, 991), 300);
  EXPECT_FALSE(quantile_of({}, 500));
}

TEST(BytesInTime, AreSeenBetweenTheirFirstAndLastHundredth) {
  ByteTimes times(10);
  times.add(0, {});
  times.add(10, {.read = 500});  // of the program itself
  for (std::uint64_t i = 1; i <= 10; ++i) {
    times.add(static_cast<std::int64_t>(100 + 10 * i), {.read = 500 + 100 * i});
  }
  times.add(300, {.read = 1500});
  const auto seen = times.span_of(1000);
  EXPECT_TRUE(seen.was_seen);
  EXPECT_EQ(seen.from_ns, 110);
  EXPECT_EQ(seen.until_ns, 190);
  EXPECT_EQ(times.moved_ns(), 200);
  EXPECT_FALSE(times.span_of(2000).was_seen) << "more than all";
}

}  // namespace
}  // namespace assay
