// Collectives between hosts that have links and clocks of their own (tests/doubles/mpi/hosts.h).
#include <string>

#include <gtest/gtest.h>

#include "reports/path_witness.h"
#include "reports/slow_link.h"
#include "tests/doubles/mpi/hosts.h"
#include "tests/doubles/mpi/ranks_here.h"

namespace assay {
namespace {

using testing_doubles::Hosts;
using testing_doubles::launch_with;
using testing_doubles::noted;
using testing_doubles::RanksHere;
using testing_doubles::steps_to;
using Op = CollectiveProblem::Op;

#ifdef ASSAY_MPI_MODULE

class CollectivesBetweenHosts : public testing::Test {
 protected:
  void SetUp() override {
    if (testing_doubles::mpirun_here().empty()) {
      GTEST_SKIP() << "there is no mpirun here";
    }
    if (!hosts_.are_there()) {
      GTEST_SKIP() << "nobody here may make network namespaces";
    }
  }

  /// What the time of the links said, of messages of this size between all hosts.
  [[nodiscard]] static std::string slow_link(RanksHere& ranks, std::uint64_t bytes,
                                             std::uint32_t sweeps = 4) {
    return slow_link_of(
        noted(ranks, {.op = Op::links, .bytes = bytes, .ranks = Hosts::k_count}, sweeps));
  }

  Hosts hosts_{launch_with(ASSAY_MPI_MODULE)};
};

/// Their clocks differ by a thousand seconds from one to the next.
TEST_F(CollectivesBetweenHosts, FindTheirClocksTheirPathTheirSlowLinkAndFailWhenOneIsCut) {
  RankLaunch launch = hosts_.launch();
  launch.limit_ns = 6'000'000'000;
  RanksHere ranks(launch);
  Readings notes = noted(ranks, {.op = Op::transport, .bytes = 65'536, .ranks = Hosts::k_count});
  const auto fault = [&notes](const std::string& path) {
    return path_fault_of({{"path", path}, {"bytes", "65536"}, {"ranks", "3"}}, notes, 4);
  };
  EXPECT_EQ(fault("tcp"), "");
  EXPECT_NE(fault("shared_memory"), "");
  EXPECT_GT(notes["clock_offset_before_ns"].value, 900'000'000'000);
  EXPECT_LE(notes["clock_drift_ns"].value, notes["clock_round_trip_ns"].value);
  EXPECT_LT(notes["calls_longest_ns"].value, 3'000'000'000) << "from one start on all clocks";
  EXPECT_GT(notes["calls_p50_ns"].value, 0);
  hosts_.shape(1, "8mbit");
  const std::string named = slow_link(ranks, 262'144);
  EXPECT_NE(named.find("; every link of rank 1 takes at least "), std::string::npos) << named;
  // What a host adds must leave it, and all sums must reach it: 192 KiB, of which 32 pass at once.
  CollectiveProblem problem{.op = Op::all_reduce, .bytes = 196'608, .ranks = Hosts::k_count};
  const auto kernel = ranks.take(problem);
  ASSERT_TRUE(kernel);
  const auto steps = steps_to(2);
  ASSERT_TRUE(kernel->run(steps));
  EXPECT_GE(kernel->timed_ns().value(), 2 * 150'000'000);
  const auto checked = kernel->check(steps, {}, {});
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->wrong, 0U);
  hosts_.cut(2);
  const auto ran = kernel->run(steps_to(1));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::timeout);
  EXPECT_NE(ran.error().message.find("no record within 6000 ms"), std::string::npos)
      << ran.error().message;
}

/// What a rate doesn't show: the link is as wide as the others, and a long message asks and waits.
TEST_F(CollectivesBetweenHosts, NameAFarHost) {
  RanksHere ranks(hosts_.launch());
  hosts_.move_away(2, {.delay_us = 4'000, .loss_ppm = 0}, ASSAY_FAR_LINK);
  Readings notes = noted(ranks, {.op = Op::send_recv, .bytes = 8, .ranks = Hosts::k_count});
  EXPECT_GE(notes["calls_p50_ns"].value, 4'000'000) << "the way there";
  const std::string named = slow_link(ranks, 262'144);
  EXPECT_NE(named.find("; every link of rank 2 takes at least "), std::string::npos) << named;
}

/// Lost frames are sent again, which takes time; no result is wrong for it.
TEST_F(CollectivesBetweenHosts, NameALinkThatLosesFramesAndAreRightAllTheSame) {
  RanksHere ranks(hosts_.launch());
  hosts_.move_away(0, {.delay_us = 0, .loss_ppm = 60'000}, ASSAY_FAR_LINK);
  const std::string named = slow_link(ranks, 262'144, 8);
  EXPECT_EQ(named.find("the slowest of 3 links is that between ranks 0 and "), 0U) << named;
}

#endif

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  return assay::testing_doubles::tests_worker_or_rank(count, arguments);
}
