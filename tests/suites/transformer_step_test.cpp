// The training step of a decoder layer as a case, and over real ranks of a real MPI: this program
// is worker and rank, too.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/layer_rank.h"
#include "harness/run/layer_step_kernel.h"
#include "harness/run/plan.h"
#include "harness/run/selftest_window.h"
#include "kernels/host/host_backend.h"
#include "kernels/transformer_plan.h"
#include "reports/campaign.h"
#include "reports/contract_json.h"
#include "tests/doubles/mpi/own_ranks.h"
#include "tests/doubles/scripted_campaign.h"
#include "tests/suites/case_here.h"

namespace assay {
namespace {

using testing_doubles::launch_with;
using testing_doubles::mpirun_here;

Case transformer_step() {
  return testing_doubles::case_here("compute.transformer_step");
}

Params params() {
  return {{"input", "bf16"},
          {"accumulate", "f32"},
          {"output", "bf16"},
          {"sparsity", "dense"},
          {"emulation", "forbidden"},
          {"operands", "integers"},
          {"batch", "2"},
          {"seq", "512"},
          {"hidden", "1024"},
          {"ffn", "4096"},
          {"heads", "16"},
          {"kv_heads", "4"},
          {"head_dim", "64"},
          {"ranks", "8"},
          {"peak_gflops", "measured"}};
}

Params with(const char* name, const char* value) {
  return testing_doubles::with(params(), name, value);
}

std::string refusal(const Params& given) {
  return testing_doubles::refusal_of(transformer_step(), given);
}

TEST(TransformerStep, TurnsParametersIntoItsProblem) {
  const auto problem = transformer_step().problem(with("peak_gflops", "3000"));
  ASSERT_TRUE(problem) << problem.error().message;
  const auto& asked = std::get<TransformerProblem>(*problem);
  EXPECT_EQ(asked.input, NumberType::bf16);
  EXPECT_EQ(asked.batch, 2U);
  EXPECT_EQ(asked.seq, 512U);
  EXPECT_EQ(asked.hidden, 1024U);
  EXPECT_EQ(asked.ffn, 4096U);
  EXPECT_EQ(asked.heads, 16U);
  EXPECT_EQ(asked.kv_heads, 4U);
  EXPECT_EQ(asked.head_dim, 64U);
  EXPECT_EQ(asked.ranks, 8U);
  EXPECT_EQ(asked.peak_flops, 3'000'000'000'000U);
  EXPECT_EQ(std::get<TransformerProblem>(*transformer_step().problem(params())).peak_flops, 0U);
}

TEST(TransformerStep, RefusesParametersThatDontGoTogether) {
  EXPECT_EQ(refusal(params()), "accepted");
  EXPECT_EQ(refusal(with("output", "f32")), "params.output: a layer on bf16 is stored as bf16");
  EXPECT_EQ(refusal(with("kv_heads", "5")),
            "params.kv_heads: 16 heads do not share 5 in equal groups");
  EXPECT_EQ(refusal(with("hidden", "1048577")), "params.hidden: at most 1048576");
  EXPECT_EQ(refusal(with("hidden", "1048576")),
            "params.hidden: a layer of more than 2147483647 weights is summed by no call of MPI");
  EXPECT_EQ(refusal(with("batch", "65536")).find("params.seq: a sum of "), 0U)
      << refusal(with("batch", "65536"));
  EXPECT_EQ(refusal(with("ranks", "4097")), "params.ranks: 1 to 4096");
  EXPECT_EQ(refusal(with("peak_gflops", "1000000001")),
            "params.peak_gflops: at most 1000000000, or measured");
  EXPECT_EQ(refusal(with("input", "fp8_e4m3")),
            "params.input: 'fp8_e4m3' is not one of: f32, bf16");
  Params unsaid = params();
  unsaid.erase("peak_gflops");
  EXPECT_EQ(refusal(unsaid), "accepted");
}

TransformerProblem small(std::uint32_t ranks) {
  return {.input = NumberType::f32,
          .batch = 1,
          .seq = 40,
          .hidden = 64,
          .ffn = 96,
          .heads = 2,
          .kv_heads = 1,
          .head_dim = 64,
          .ranks = ranks};
}

/// Wrong results, skipped and cached steps, a slow worker, a slow clock and a dropped block.
TEST(TransformerStep, HasEveryFaultOfAWindowCaughtByName) {
  const auto backend = make_host_backend();
  const auto kernel = backend->prepare(small(1), backend->devices()->front(), Seed{4});
  ASSERT_TRUE(kernel) << kernel.error().message;
  SelftestPlan plan{.seed = Digest{5}};
  plan.conditions.block_gap = *parse_quantity("1 %");
  plan.conditions.clock_disagreement = *parse_quantity("1 %");
  const auto checks = check_windows(**kernel, plan);
  EXPECT_EQ(checks.size(), 7U);
  for (const SelftestCheck& check : checks) {
    if (check.name == "slowed_clock") {  // Steps that time themselves may contradict it first.
      EXPECT_TRUE(check.caught || check.by.find(" has steps that took") != std::string::npos)
          << check.by;
    } else {
      EXPECT_EQ(check.caught, check.name != "healthy") << check.name << ": " << check.by;
    }
  }
}

class TransformerStepRanks : public testing::Test {
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

std::vector<Step> steps_to(std::uint32_t count) {
  std::vector<Step> steps(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    steps[i] = {.tuple = 7 * i + 1, .slot = i};
  }
  return steps;
}

constexpr std::uint32_t k_steps = 4;

TEST_F(TransformerStepRanks, AreRightAndCountAndNoteAllTheirWork) {
  auto kernel = LayerStepKernel::prepare(launch_with(ASSAY_MPI_MODULE), small(2), Seed{1, 2, 3});
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ((*kernel)->dimension(), Dimension::flop_rate);
  EXPECT_TRUE((*kernel)->work_per_step() == 2 * model_flops(small(1)));
  const auto steps = steps_to(k_steps);
  const std::vector<std::uint32_t> full{0, 3};
  ASSERT_TRUE((*kernel)->run(steps));
  (*kernel)->begin_window();
  ASSERT_TRUE((*kernel)->poison(steps));
  ASSERT_TRUE((*kernel)->run(steps));
  const auto checked = (*kernel)->check(steps, Seed{9}, full);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->wrong, 0U) << checked->first->expected << ", not " << checked->first->actual;
  EXPECT_EQ(checked->tiles, k_steps);
  EXPECT_EQ(checked->full, 2U);
  std::vector<Step> others = steps;
  others[2].tuple += 1;
  EXPECT_EQ((*kernel)->check(others, Seed{9}, {})->wrong, 1U) << "another micro-batch";
  const std::uint64_t sums = LayerPlaces(small(2)).elements();
  for (const std::uint64_t bit : {std::uint64_t{0}, sums - 1, sums, (*kernel)->slot_bits() - 1}) {
    ASSERT_TRUE((*kernel)->flip(3, bit));
    EXPECT_EQ((*kernel)->check(steps, Seed{9}, full)->wrong, 1U) << "bit " << bit;
    ASSERT_TRUE((*kernel)->flip(3, bit));
  }
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes) << notes.error().message;
  std::map<std::string, std::int64_t> noted;
  for (const Noted& note : *notes) {
    noted[note.name] = note.value.value_or(-1);
  }
  EXPECT_EQ(noted["calls_count"], k_steps);
  EXPECT_GT(noted["step_peak_flop_per_s"], 0);
  EXPECT_GT(noted["step_mfu_ppm"], 0);
  const Ran ran = (*kernel)->ran();
  EXPECT_EQ(ran.threads, 2U);
  EXPECT_NE(ran.kernel.find("layer of "), std::string::npos);
  EXPECT_NE(ran.kernel.find("all_reduce"), std::string::npos);
}

/// Of four steps of a new communicator of these ranks: how many are wrong, at drawn places and as
/// wholes.
std::vector<std::uint64_t> wrong_in(const std::shared_ptr<RankJob>& job) {
  const RankWork work{LayerRank::exchange_of(small(2)), small(2)};
  EXPECT_TRUE(job->begin(work, Seed{1, 2, 3}));
  LayerStepKernel kernel(small(2), job);
  const auto steps = steps_to(k_steps);
  const std::vector<std::uint32_t> full{0, 1, 2, 3};
  EXPECT_TRUE(kernel.poison(steps));
  EXPECT_TRUE(kernel.run(steps));
  const auto drawn = kernel.check(steps, Seed{9}, {});
  const auto whole = kernel.check(steps, Seed{9}, full);
  EXPECT_TRUE(drawn && whole);
  return {drawn->wrong, whole->wrong};
}

/// Each fault holds for one communicator, from its third call of MPI on, or from the first, where
/// one rank's gradients count twice. What is gathered for the check goes wrong in the same way.
TEST_F(TransformerStepRanks, ThatExchangeNothingOrSomethingElseAreFound) {
  const RankWork work{LayerRank::exchange_of(small(2)), small(2)};
  auto started = RankJob::start(
      launch_with(ASSAY_FAULTY_MPI ",none;none;own=0@3;skip=0@3;twice=1@1"), work, Seed{});
  ASSERT_TRUE(started) << started.error().message;
  const std::shared_ptr<RankJob> job = std::move(*started);
  EXPECT_EQ(wrong_in(job), (std::vector<std::uint64_t>{0, 0}));
  for (const char* const fault : {"own", "skip", "twice"}) {
    for (const std::uint64_t wrong : wrong_in(job)) {
      EXPECT_GE(wrong, 2U) << fault;
    }
  }
}

TEST_F(TransformerStepRanks, ThatDieFailByTheirNumberAndThoseThatAreSlowTakeLonger) {
  const auto prepare = [](const std::string& fault) {
    return LayerStepKernel::prepare(launch_with(ASSAY_FAULTY_MPI "," + fault), small(2), Seed{1});
  };
  auto slow = prepare("slow=1@1x200");
  ASSERT_TRUE(slow) << slow.error().message;
  ASSERT_TRUE((*slow)->run(steps_to(k_steps)));
  EXPECT_GE((*slow)->timed_ns().value(), std::int64_t{k_steps} * 200'000'000);
  auto killed = prepare("killed=1@2");
  ASSERT_TRUE(killed) << killed.error().message;
  const auto ran = (*killed)->run(steps_to(k_steps));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::io);
  EXPECT_EQ(ran.error().message.find("compute.transformer_step: rank 1 was lost"), 0U)
      << ran.error().message;
}

/// It computes no more, and the other one, which waits for it, says nothing of computing.
TEST_F(TransformerStepRanks, ThatStopAreNamedThoughRanksThatComputeMayTakeLonger) {
  RankLaunch launch = launch_with(ASSAY_FAULTY_MPI ",stopped=1@2");
  launch.limit_ns = 2'000'000'000;
  auto stopped = LayerStepKernel::prepare(launch, small(2), Seed{1});
  ASSERT_TRUE(stopped) << stopped.error().message;
  const auto ran = (*stopped)->run(steps_to(k_steps));
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, Error::Code::timeout) << ran.error().message;
  EXPECT_NE(ran.error().message.find(" hang"), std::string::npos) << ran.error().message;
}

TEST_F(TransformerStepRanks, AreRefusedByNameWithoutALauncher) {
  RankLaunch launch = launch_with(ASSAY_MPI_MODULE);
  launch.launcher = "";
  const auto refused = LayerStepKernel::supports(launch, small(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::unsupported);
  EXPECT_EQ(refused.error().message.find("there is no mpirun here"), 0U);
}

/// One rank and two, at trivial limits.
std::string contract_bytes() {
  const auto clause = [](const char* id, const char* ranks) {
    return std::string(R"({"id":")") + id +
           R"(","case":"compute.transformer_step","population":"host","scope":"each_node",)"
           R"("concurrent":"all_items","params":{"input":"f32","accumulate":"f32",)"
           R"("output":"f32","sparsity":"dense","emulation":"forbidden","operands":"integers",)"
           R"("batch":1,"seq":40,"hidden":64,"ffn":96,"heads":2,"kv_heads":1,"head_dim":"64",)"
           R"("ranks":)" +
           ranks +
           R"(},"soak":"1 ms","window":"100 ms","rule":"zero_wrong","weight":"mandatory",)"
           R"("defect_class":1})";
  };
  return R"({"schema":"assay.contract/1","id":"layers","purpose":"demonstration",)"
         R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
         R"("conditions":{"block_gap":"1 %","clock_disagreement":"1 %"},"clauses":[)" +
         clause("One", "1") + "," + clause("Two", "2") + "]}";
}

TEST_F(TransformerStepRanks, ArePlannedWithAWarningWhereOneExchangesNothing) {
  const auto contract = read_contract(contract_bytes());
  ASSERT_TRUE(contract) << contract.error().message;
  const auto plan = make_plan(*contract, all_cases());
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->warnings,
            std::vector<std::string>{"clauses[0].params.ranks: one rank exchanges no gradients, so "
                                     "its step says nothing of a network"});
  EXPECT_TRUE(has_collectives(*plan));
  Plan of_one = *plan;
  of_one.clauses.pop_back();
  EXPECT_FALSE(has_collectives(of_one));
}

struct Finished {
  Result<RunOutcome> outcome = Error{};
  Result<Campaign> campaign = Error{};
};

Finished campaign_with(const std::string& module) {
  std::string root = "/tmp/assay-test-XXXXXX";
  EXPECT_NE(::mkdtemp(root.data()), nullptr);
  RunWorld world;
  world.cases = all_cases();
  world.clock = &system_clock();
  world.worker.insert(world.worker.end(), {module, mpirun_here()});
  Silent silent;
  Finished finished;
  finished.outcome =
      run_campaign({.contract_bytes = contract_bytes(), .folder = root + "/out"}, world, silent);
  finished.campaign = read_campaign(root + "/out", true);
  std::filesystem::remove_all(root);
  return finished;
}

TEST_F(TransformerStepRanks, MakeACampaignThatVerifiesAndOneThatRejectsAMissingExchange) {
  const auto right = campaign_with(ASSAY_MPI_MODULE);
  ASSERT_TRUE(right.outcome) << right.outcome.error().message;
  EXPECT_EQ(right.outcome->judgement.decision, Decision::limits_met);
  for (const ClauseResult& clause : right.outcome->judgement.clauses) {
    EXPECT_EQ(clause.verdicts[0].outcome, Outcome::accept) << clause.verdicts[0].detail;
  }
  ASSERT_TRUE(right.campaign) << right.campaign.error().message;
  for (const Attempt& attempt : right.campaign->evidence.attempts) {
    EXPECT_GT(attempt.timed_ns, Natural{0}) << attempt.note;
    EXPECT_LT(attempt.timed_ns, attempt.elapsed_ns);
  }
  const auto missing = campaign_with(ASSAY_FAULTY_MPI ",own=0@1");
  ASSERT_TRUE(missing.outcome) << missing.outcome.error().message;
  const auto& clauses = missing.outcome->judgement.clauses;
  EXPECT_EQ(clauses[0].verdicts[0].outcome, Outcome::accept) << clauses[0].verdicts[0].detail;
  EXPECT_EQ(clauses[1].verdicts[0].outcome, Outcome::reject) << clauses[1].verdicts[0].detail;
}

#endif

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  return assay::testing_doubles::tests_worker_or_rank(count, arguments);
}
