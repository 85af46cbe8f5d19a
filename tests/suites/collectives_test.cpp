// Collectives over real ranks of a real MPI: this program is worker and rank, too.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/collective_kernel.h"
#include "reports/campaign.h"
#include "reports/path_witness.h"
#include "reports/slow_link.h"
#include "tests/doubles/mpi/ranks_here.h"

namespace assay {
namespace {

using testing_doubles::launch_with;
using testing_doubles::mpirun_here;
using testing_doubles::noted;
using testing_doubles::RanksHere;
using testing_doubles::steps_to;
using Op = CollectiveProblem::Op;
using Pattern = CollectiveProblem::Pattern;

class Collectives : public testing::Test {
 protected:
  void SetUp() override {
#ifndef ASSAY_MPI_MODULE
    GTEST_SKIP() << "this build has no MPI module";
#endif
    if (mpirun_here().empty()) {
      GTEST_SKIP() << "there is no mpirun here";
    }
  }
};

#ifdef ASSAY_MPI_MODULE

std::string text_of(const CollectiveProblem& problem) {
  return std::string(name_of(problem.op)) + " " + std::string(name_of(problem.type)) +
         (problem.in_place ? " in place" : "");
}

/// Whether a few calls with a check of each are right, through every slot's first and last.
void expect_exact(RanksHere& ranks, const CollectiveProblem& problem) {
  SCOPED_TRACE(text_of(problem));
  const auto kernel = ranks.take(problem);
  ASSERT_TRUE(kernel);
  const auto steps = steps_to(std::min<std::uint32_t>(kernel->slots(), 4));
  ASSERT_TRUE(kernel->poison(steps));
  ASSERT_TRUE(kernel->run(steps));
  EXPECT_GE(kernel->timed_ns().value(), 2);
  const auto right = kernel->check(steps, {}, {});
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_EQ(right->wrong, 0U) << right->first->actual << " instead of " << right->first->expected;
  EXPECT_EQ(right->tiles, steps.size());
  EXPECT_EQ(right->full, steps.size());
  // Any other tuple in the same slot is wrong, so what is compared is the call's own result.
  std::vector<Step> others = steps;
  for (Step& step : others) {
    ++step.tuple;
  }
  const auto other = kernel->check(others, {}, {});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->wrong, steps.size());
  // What was prepared and not called is wrong, too.
  ASSERT_TRUE(kernel->poison(steps));
  const auto nothing = kernel->check(steps, {}, {});
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->wrong, steps.size());
}

bool can_be_in_place(Op op) {
  return op != Op::broadcast && op != Op::send_recv;
}

constexpr std::array k_ops{Op::all_reduce, Op::reduce_scatter, Op::all_gather,
                           Op::all_to_all, Op::broadcast,      Op::send_recv};

TEST_F(Collectives, AreExactInEveryTypePlaceAndSize) {
  RanksHere ranks(launch_with(ASSAY_MPI_MODULE));
  for (const Op op : k_ops) {
    expect_exact(ranks, {.op = op, .type = NumberType::f32, .bytes = 3 * 4 * 1000, .ranks = 3});
    if (can_be_in_place(op)) {
      expect_exact(
          ranks,
          {.op = op, .type = NumberType::bf16, .in_place = true, .bytes = 2 * 3 * 77, .ranks = 3});
    }
  }
  expect_exact(ranks, {.op = Op::transport, .type = NumberType::bf16, .bytes = 2000, .ranks = 3});
  for (const Pattern pattern : {Pattern::pairs, Pattern::permutation, Pattern::incast}) {
    expect_exact(
        ranks,
        {.op = Op::links, .type = NumberType::f32, .pattern = pattern, .bytes = 4000, .ranks = 3});
  }
  for (const std::uint64_t bytes : {8U, 4U << 20U}) {
    expect_exact(ranks,
                 {.op = Op::all_reduce, .type = NumberType::f32, .bytes = bytes, .ranks = 3});
  }
}

/// Why a window of four calls of two thirds of a megabyte is not shown to have gone this way.
std::string fault_of_path(const std::string& path, const Readings& telemetry) {
  return path_fault_of({{"path", path}, {"bytes", "65536"}, {"ranks", "3"}}, telemetry, 4);
}

TEST_F(Collectives, NoteTheTimesOfTheirCallsOneClockAndThatSharedMemoryCarriedThem) {
  RanksHere ranks(launch_with(ASSAY_MPI_MODULE));
  Readings notes = noted(ranks, {.op = Op::transport, .bytes = 65'536, .ranks = 3});
  EXPECT_EQ(notes["calls_quantile_error_ppm"].value, 0);
  EXPECT_GT(notes["calls_p50_ns"].value, 0);
  EXPECT_LE(notes["calls_p50_ns"].value, notes["calls_p99_ns"].value);
  EXPECT_EQ(notes["calls_p99_ns"].value, notes["calls_longest_ns"].value) << "of four calls";
  EXPECT_GT(notes["clock_round_trip_ns"].value, 0);
  EXPECT_LE(notes["clock_offset_before_ns"].value, notes["clock_round_trip_ns"].value);
  EXPECT_LE(notes["clock_offset_after_ns"].value, notes["clock_round_trip_ns"].value);
  EXPECT_EQ(fault_of_path("shared_memory", notes), "");
  EXPECT_NE(fault_of_path("tcp", notes), "");
}

/// Of five calls of which those from the third on are wrong.
void expect_found(RanksHere& ranks, const CollectiveProblem& problem, const std::string& fault) {
  SCOPED_TRACE(text_of(problem) + ": " + fault);
  const auto kernel = ranks.take(problem);
  ASSERT_TRUE(kernel);
  const auto steps = steps_to(5);
  ASSERT_TRUE(kernel->poison(steps));
  ASSERT_TRUE(kernel->run(steps));
  const auto checked = kernel->check(steps, {}, {});
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->wrong, 3U);
  EXPECT_TRUE(checked->first && checked->first->step == 2);
}

TEST_F(Collectives, ThatGiveSomethingElseThanTheirResultAreFoundInEveryOperation) {
  std::vector<std::pair<CollectiveProblem, std::string>> faults;
  for (const Op op : k_ops) {
    const CollectiveProblem problem{.op = op, .bytes = 3 * 4 * 50, .ranks = 3};
    faults.emplace_back(problem, "own=0@3");    // each rank's operands, exchanged with nobody's
    faults.emplace_back(problem, "stale=1@3");  // one rank has the result of the call before
    if (op == Op::all_reduce || op == Op::reduce_scatter) {
      faults.emplace_back(problem, "twice=2@3");  // what one rank has counts twice, for all
    }
    if (can_be_in_place(op)) {
      CollectiveProblem in_place = problem;
      in_place.in_place = true;
      faults.emplace_back(in_place, "skip=0@3");
    }
  }
  std::string settings = "none";
  for (const auto& [problem, fault] : faults) {
    settings += ";" + fault;
  }
  RanksHere ranks(launch_with(ASSAY_FAULTY_MPI "," + settings));
  for (const auto& [problem, fault] : faults) {
    expect_found(ranks, problem, fault);
  }
}

TEST_F(Collectives, NameTheRankThatIsWrongSlowOrRefused) {
  RanksHere ranks(launch_with(ASSAY_FAULTY_MPI ",none;wrong=1@3;slow=2@1;refused=1@3"));
  const CollectiveProblem reduce{.op = Op::all_reduce, .bytes = 4096, .ranks = 3};
  {
    const auto kernel = ranks.take(reduce);
    ASSERT_TRUE(kernel);
    const auto steps = steps_to(4);
    ASSERT_TRUE(kernel->run(steps));
    const auto checked = kernel->check(steps, {}, {});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->wrong, 2U);
    ASSERT_TRUE(checked->first);
    EXPECT_EQ(checked->first->step, 2U);
    EXPECT_EQ(checked->first->index, 0U);
    EXPECT_NE(checked->first->actual.find(" on rank 1"), std::string::npos);
  }
  {
    const auto kernel = ranks.take({.op = Op::broadcast, .bytes = 4096, .ranks = 3});
    ASSERT_TRUE(kernel);
    ASSERT_TRUE(kernel->run(steps_to(5)));
    EXPECT_GE(kernel->timed_ns().value(), 5 * 20'000'000);
    const auto notes = kernel->notes();
    ASSERT_TRUE(notes);
    const auto longest = std::find_if(notes->begin(), notes->end(), [](const Noted& note) {
      return note.name == "calls_longest_ns";
    });
    ASSERT_NE(longest, notes->end());
    EXPECT_GE(longest->value.value(), 20'000'000);
  }
  const auto kernel = ranks.take(reduce);
  ASSERT_TRUE(kernel);
  const auto ran = kernel->run(steps_to(5));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_EQ(
      ran.error().message.find("network.all_reduce: rank 1 fails: MPI failed at the collective: "),
      0U)
      << ran.error().message;
}

TEST_F(Collectives, ThatTakeLongerThanTheLimitAltogetherDoNotHangAndWithADeadRankFailByItsName) {
  RankLaunch launch = launch_with(ASSAY_FAULTY_MPI ",none;slow=1@1x600;killed=1@3");
  launch.limit_ns = 2'500'000'000;
  RanksHere ranks(launch);
  const CollectiveProblem problem{.op = Op::all_reduce, .bytes = 4096, .ranks = 3};
  {
    const auto kernel = ranks.take(problem);
    ASSERT_TRUE(kernel);
    const auto ran = kernel->run(steps_to(5));
    ASSERT_TRUE(ran) << ran.error().message;
    EXPECT_GE(kernel->timed_ns().value(), std::int64_t{5} * 600'000'000);
  }
  const auto kernel = ranks.take(problem);
  ASSERT_TRUE(kernel);
  const auto ran = kernel->run(steps_to(5));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_EQ(ran.error().message.find("network.all_reduce: rank 1 was lost"), 0U)
      << ran.error().message;
}

TEST_F(Collectives, WithAHungRankFailByItsNameWithinTheLimit) {
  RankLaunch launch = launch_with(ASSAY_FAULTY_MPI ",stopped=1@1");
  launch.limit_ns = 3'000'000'000;
  const auto kernel =
      CollectiveKernel::prepare(launch, {.op = Op::all_reduce, .bytes = 4096, .ranks = 3}, Seed{});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto ran = (*kernel)->run(steps_to(5));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::timeout);
  EXPECT_EQ(ran.error().message,
            "network.all_reduce: rank 1 hangs: no record within 3000 ms, while the others wait for "
            "it");
}

TEST_F(Collectives, LeaveNothingBehind) {
  const auto folders = [] {
    std::vector<std::string> found;
    for (const char* place : {"/dev/shm", "/tmp"}) {
      for (const auto& entry : std::filesystem::directory_iterator(place)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("assay-") && std::filesystem::exists(entry.path() / "worker")) {
          found.push_back(name);
        }
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  std::string own;
  {
    const auto before = folders();
    const auto kernel = CollectiveKernel::prepare(
        launch_with(ASSAY_MPI_MODULE), {.op = Op::send_recv, .bytes = 64, .ranks = 2}, Seed{});
    ASSERT_TRUE(kernel) << kernel.error().message;
    for (const std::string& folder : folders()) {
      if (std::find(before.begin(), before.end(), folder) == before.end()) {
        own = folder;
      }
    }
    ASSERT_NE(own, "");
    EXPECT_EQ((*kernel)->processes().size(), 3U);
  }
  const auto after = folders();
  EXPECT_EQ(std::count(after.begin(), after.end(), own), 0);
}

TEST_F(Collectives, AreRefusedByNameWithoutALauncherOrAModule) {
  const CollectiveProblem problem{.op = Op::all_reduce, .bytes = 64, .ranks = 2};
  RankLaunch launch = launch_with(ASSAY_MPI_MODULE);
  launch.launcher = "";
  const auto unstarted = CollectiveKernel::prepare(launch, problem, Seed{});
  ASSERT_FALSE(unstarted);
  EXPECT_EQ(unstarted.error().code, Error::Code::unsupported);
  EXPECT_EQ(unstarted.error().message.find("there is no mpirun here"), 0U);
  const auto missing = CollectiveKernel::prepare(launch_with("/nowhere/mpi.so"), problem, Seed{});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Error::Code::unsupported);
  EXPECT_EQ(missing.error().message, "the module /nowhere/mpi.so is not there");
  const auto refused =
      CollectiveKernel::prepare(launch_with(ASSAY_MPI_MODULE ",colour=red"), problem, Seed{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::unsupported);
}

/// What answers as a rank must be the program that the worker trusts, whoever started it.
TEST_F(Collectives, OfAnotherProgramThanTheWorkersAreRefused) {
  std::string folder = "/tmp/assay-test-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  RankLaunch launch = launch_with(ASSAY_MPI_MODULE);
  const std::string other = folder + "/another";
  std::filesystem::copy_file(launch.command.front(), other);
  std::ofstream(folder + "/ranks") << "#!/bin/sh\nexec " << other << " \"$@\"\n";
  std::filesystem::permissions(folder + "/ranks", std::filesystem::perms::owner_all);
  launch.command.front() = folder + "/ranks";
  const auto kernel =
      CollectiveKernel::prepare(launch, {.op = Op::all_reduce, .bytes = 64, .ranks = 2}, Seed{});
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::io);
  EXPECT_EQ(kernel.error().message.find("what speaks for a rank (process "), 0U);
  EXPECT_NE(kernel.error().message.find(" does not run " + folder + "/ranks"), std::string::npos)
      << kernel.error().message;
}

TEST_F(Collectives, ThatDoNotFitTheHostsMemoryAreRefusedWithBothFigures) {
  const RankLaunch launch = launch_with(ASSAY_MPI_MODULE);
  EXPECT_TRUE(RankJob::can_hold(launch, 2, 1));
  const auto held = RankJob::can_hold(launch, 2, Natural{1} << 60U);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, Error::Code::unsupported);
  EXPECT_EQ(held.error().message.find("its 2 ranks need 2199023255552 MiB, and "), 0U)
      << held.error().message;
}

/// A rate, a time, messages that must not go through shared memory, and links.
constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"ranks","purpose":"demonstration",)"
    R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"1 %"},"clauses":[{"id":"B",)"
    R"("case":"network.all_reduce","population":"host","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"op":"sum","value":"busbw","type":"f32",)"
    R"("bytes":65536,"in_place":"no","ranks":2},"soak":"1 ms","window":"100 ms",)"
    R"("rule":"zero_wrong","weight":"mandatory","defect_class":1},)"
    R"({"id":"T","case":"network.send_recv","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"value":"time","type":"bf16",)"
    R"("bytes":8,"ranks":2},"window":"100 ms","rule":"zero_wrong","weight":"mandatory",)"
    R"("defect_class":1},{"id":"P","case":"network.transport","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"path":"tcp","value":"algbw",)"
    R"("type":"f32","bytes":65536,"ranks":2},"window":"100 ms","rule":"zero_wrong",)"
    R"("weight":"mandatory","defect_class":1},{"id":"L","case":"network.links",)"
    R"("population":"host","scope":"each_node","concurrent":"all_items","params":{)"
    R"("pattern":"pairs","value":"algbw","type":"f32","bytes":4096,"ranks":3},)"
    R"("window":"100 ms","rule":"zero_wrong","weight":"mandatory","defect_class":1}]})";

class Quiet final : public Progress {
 public:
  void event(const ProgressEvent& /*event*/) override {}
};

struct Finished {
  Result<RunOutcome> outcome = Error{};
  Result<Campaign> campaign = Error{};
};

Finished campaign_with(const std::vector<std::string>& options) {
  std::string root = "/tmp/assay-test-XXXXXX";
  EXPECT_NE(::mkdtemp(root.data()), nullptr);
  RunWorld world;
  world.cases = all_cases();
  world.clock = &system_clock();
  world.worker.insert(world.worker.end(), options.begin(), options.end());
  Quiet quiet;
  Finished finished;
  finished.outcome =
      run_campaign({.contract_bytes = k_contract, .folder = root + "/out"}, world, quiet);
  finished.campaign = read_campaign(root + "/out", true);
  std::filesystem::remove_all(root);
  return finished;
}

const Attempt& attempt_of(const Campaign& campaign, const std::string& clause) {
  const auto& attempts = campaign.evidence.attempts;
  return *std::find_if(attempts.begin(), attempts.end(),
                       [&clause](const Attempt& attempt) { return attempt.clause == clause; });
}

/// Its module does wrong what carries bf16, and that is one of the clauses.
TEST_F(Collectives, MakeACampaignThatRejectsAWrongRankAndCallsAnotherPathInvalid) {
  const auto finished = campaign_with({ASSAY_FAULTY_MPI ",wrong_bf16=1@2", mpirun_here()});
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  const Judgement& judgement = finished.outcome->judgement;
  EXPECT_EQ(judgement.decision, Decision::limits_missed);
  ASSERT_EQ(judgement.clauses.size(), 4U);
  const auto verdict = [&judgement](std::size_t clause) {
    return judgement.clauses[clause].verdicts[0];
  };
  EXPECT_EQ(verdict(0).outcome, Outcome::accept) << verdict(0).detail;
  EXPECT_EQ(verdict(1).outcome, Outcome::reject) << verdict(1).detail;
  EXPECT_EQ(verdict(2).outcome, Outcome::invalid) << verdict(2).detail;
  EXPECT_EQ(verdict(2).reason, Reason::unwitnessed);
  EXPECT_EQ(verdict(3).outcome, Outcome::accept) << verdict(3).detail;
  ASSERT_TRUE(finished.campaign) << finished.campaign.error().message;
  const Campaign& campaign = *finished.campaign;
  EXPECT_TRUE(campaign.session.work_per_step ==
              (std::map<std::string, Natural>{{"B", 65536}, {"L", 4096}, {"P", 65536}, {"T", 8}}));
  ASSERT_EQ(campaign.evidence.attempts.size(), 4U);
  for (const Attempt& attempt : campaign.evidence.attempts) {
    EXPECT_GT(attempt.timed_ns, Natural{0}) << attempt.clause << ": " << attempt.note;
    EXPECT_LT(attempt.timed_ns, attempt.elapsed_ns) << attempt.clause;
  }
  EXPECT_EQ(attempt_of(campaign, "B").ending, Ending::measured);
  EXPECT_EQ(attempt_of(campaign, "T").ending, Ending::wrong_result);
  EXPECT_NE(attempt_of(campaign, "T").note.find(" on rank 1 instead of "), std::string::npos);
  EXPECT_EQ(attempt_of(campaign, "P").ending, Ending::unwitnessed);
  EXPECT_NE(attempt_of(campaign, "P").note.find("so they did not go by tcp"), std::string::npos);
  EXPECT_EQ(attempt_of(campaign, "L").ending, Ending::measured) << attempt_of(campaign, "L").note;
  EXPECT_EQ(attempt_of(campaign, "L").note.find("the slowest of 3 links is that between ranks "),
            0U);
}

#endif

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  return assay::testing_doubles::tests_worker_or_rank(count, arguments);
}
