// Collectives of GPUs over NCCL, on an emulated node whose NCCL is a stand-in: this program is
// worker and rank, too.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "harness/run/collective_kernel.h"
#include "harness/run/host_worker.h"
#include "harness/run/mpirun_command.h"
#include "harness/run/rank.h"
#include "harness/run/ranked_backend.h"
#include "reports/campaign.h"
#include "reports/slow_link.h"
#include "tests/doubles/scripted_campaign.h"

namespace assay {
namespace {

using Op = CollectiveProblem::Op;
using Pattern = CollectiveProblem::Pattern;

std::vector<std::string> rank_here() {
  return {std::filesystem::read_symlink("/proc/self/exe").string(), "rank"};
}

#ifdef ASSAY_EMULATED_MODULE

/// A node of three GPUs. `settings`: "on=1,fault=killed".
Result<LoadedBackend> node_with(const std::string& settings,
                                std::int64_t limit_ns = 60'000'000'000) {
  return load_ranked_backend(
      "cuda", ASSAY_EMULATED_MODULE ",gpus=3" + (settings.empty() ? "" : "," + settings),
      {.command = rank_here(), .limit_ns = limit_ns});
}

Result<std::unique_ptr<Kernel>> prepared(const LoadedBackend& node,
                                         const CollectiveProblem& problem) {
  const auto devices = node.backend->devices();
  return devices ? node.backend->prepare(problem, devices->front(), Seed{1, 2, 3})
                 : Result<std::unique_ptr<Kernel>>(devices.error());
}

std::vector<Step> steps_to(std::uint32_t count) {
  std::vector<Step> steps(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    steps[i] = {.tuple = 7 * i, .slot = i};
  }
  return steps;
}

std::uint64_t wrong_of(Kernel& kernel, const std::vector<Step>& steps) {
  const auto checked = kernel.check(steps, {}, {});
  EXPECT_TRUE(checked) << checked.error().message;
  return checked ? checked->wrong : ~std::uint64_t{0};
}

/// Of a window of these steps.
Readings notes_of(Kernel& kernel, const std::vector<Step>& steps) {
  kernel.begin_window();
  EXPECT_TRUE(kernel.poison(steps));
  EXPECT_TRUE(kernel.run(steps));
  const auto notes = kernel.notes();
  EXPECT_TRUE(notes) << notes.error().message;
  Readings readings;
  for (const Noted& note : notes ? *notes : std::vector<Noted>{}) {
    readings[note.name] = {.value = note.value, .reason = note.reason};
  }
  return readings;
}

/// Whether a few calls are right, and whether all that must be wrong is.
void expect_exact(const LoadedBackend& node, const CollectiveProblem& problem) {
  SCOPED_TRACE(std::string(name_of(problem.op)) + " " + std::string(name_of(problem.type)) +
               (problem.in_place ? " in place" : ""));
  const auto kernel = prepared(node, problem);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto steps = steps_to(2);
  ASSERT_TRUE((*kernel)->poison(steps));
  const auto ran = (*kernel)->run(steps);
  ASSERT_TRUE(ran) << ran.error().message;
  EXPECT_GE((*kernel)->timed_ns().value(), 2);
  EXPECT_EQ(wrong_of(**kernel, steps), 0U);
  std::vector<Step> others = steps;
  for (Step& step : others) {
    ++step.tuple;
  }
  EXPECT_EQ(wrong_of(**kernel, others), steps.size()) << "another tuple's results are taken";
  ASSERT_TRUE((*kernel)->flip(1, 8 * problem.bytes / problem.ranks - 1));
  EXPECT_EQ(wrong_of(**kernel, steps), 1U);
  ASSERT_TRUE((*kernel)->poison(steps));
  EXPECT_EQ(wrong_of(**kernel, steps), steps.size()) << "what was not called is right";
}

TEST(GpuCollectives, AreExactOutOfPlace) {
  const auto node = node_with("");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->mark, "emulated");
  for (const Op op : {Op::all_reduce, Op::reduce_scatter, Op::all_gather, Op::all_to_all,
                      Op::broadcast, Op::send_recv}) {
    expect_exact(*node, {.op = op, .type = NumberType::f32, .bytes = 3 * 4 * 100, .ranks = 3});
  }
  expect_exact(*node, {.op = Op::transport,
                       .type = NumberType::bf16,
                       .path = CollectiveProblem::Path::nvlink,
                       .bytes = 2000,
                       .ranks = 3});
  for (const Pattern pattern : {Pattern::pairs, Pattern::permutation, Pattern::incast}) {
    SCOPED_TRACE(name_of(pattern));
    expect_exact(*node, {.op = Op::links, .pattern = pattern, .bytes = 400, .ranks = 3});
  }
}

TEST(GpuCollectives, AreExactInPlaceOnSomeOfTheGpus) {
  const auto node = node_with("");
  ASSERT_TRUE(node) << node.error().message;
  for (const Op op : {Op::all_reduce, Op::reduce_scatter, Op::all_gather}) {
    expect_exact(*node,
                 {.op = op, .type = NumberType::bf16, .in_place = true, .bytes = 308, .ranks = 2});
  }
}

TEST(GpuCollectives, SayWhatRanAndHowLongTheDevicesTook) {
  const auto node = node_with("");
  ASSERT_TRUE(node) << node.error().message;
  const auto kernel = prepared(*node, {.op = Op::all_reduce, .bytes = 64, .ranks = 2});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const Ran ran = (*kernel)->ran();
  EXPECT_EQ(ran.software, "NCCL");
  EXPECT_EQ(ran.version, "2.28.9");
  EXPECT_EQ(ran.kernel, "all_reduce");
  EXPECT_EQ(ran.threads, 2U);
  EXPECT_EQ((*kernel)->processes().size(), 2U);
  auto notes = notes_of(**kernel, steps_to(3));
  EXPECT_EQ(notes["calls_count"].value, 3);
  EXPECT_GT(notes["calls_on_device_mean_ns"].value.value(), 0);
  EXPECT_LE(notes["calls_on_device_mean_ns"].value.value(), (*kernel)->timed_ns().value());
  EXPECT_EQ(notes["transport_tcp_bytes"].value, 0) << "the stand-in opens no socket";
  EXPECT_FALSE(notes["clock_offset_before_ns"].value) << "nobody's clock was asked for";
  EXPECT_EQ(notes["clock_offset_before_ns"].reason,
            "the ranks are processes of one worker, and read its clock");
}

TEST(GpuCollectives, NameTheGpuWhoseLinksAreSlow) {
  const auto node = node_with("on=1,every=1,fault=slow");
  ASSERT_TRUE(node) << node.error().message;
  const auto kernel =
      prepared(*node, {.op = Op::links, .pattern = Pattern::pairs, .bytes = 4096, .ranks = 3});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const std::string slow = slow_link_of(notes_of(**kernel, steps_to(2)));
  EXPECT_EQ(slow.find("the slowest of 3 links is that between ranks "), 0U) << slow;
  EXPECT_NE(slow.find("; every link of rank 1 takes at least "), std::string::npos) << slow;
}

TEST(GpuCollectives, TakeOneProblemAfterTheOtherWithTheSameRanks) {
  RankLaunch launch{.command = rank_here(),
                    .module = ASSAY_EMULATED_MODULE ",gpus=3",
                    .backend = "cuda",
                    .devices = {"gpu2", "gpu0"}};
  const CollectiveProblem first{.op = Op::all_reduce, .bytes = 64, .ranks = 2};
  const CollectiveProblem second{.op = Op::send_recv, .bytes = 4096, .ranks = 2};
  auto started = RankJob::start(launch, {first, {}}, Seed{4});
  ASSERT_TRUE(started) << started.error().message;
  const std::shared_ptr<RankJob> job = std::move(*started);
  EXPECT_EQ(job->places(), (std::vector<std::uint32_t>{2, 0}));
  const auto begun = job->begin({second, {}}, Seed{5});
  ASSERT_TRUE(begun) << begun.error().message;
  CollectiveKernel kernel(second, job);
  ASSERT_TRUE(kernel.run(steps_to(2)));
  EXPECT_EQ(wrong_of(kernel, steps_to(2)), 0U);
}

#ifdef ASSAY_MPI_MODULE
TEST(GpuCollectives, LeaveTheSameWitnessesAsThoseOfHosts) {
  const std::string mpirun = mpirun_of(own_environment());
  if (mpirun.empty()) {
    GTEST_SKIP() << "there is no mpirun here";
  }
  const auto node = node_with("");
  ASSERT_TRUE(node) << node.error().message;
  const auto host = make_ranked_host_backend(
      {.launcher = mpirun, .command = rank_here(), .module = ASSAY_MPI_MODULE});
  for (const Op op : {Op::all_to_all, Op::reduce_scatter}) {
    const CollectiveProblem problem{.op = op, .type = NumberType::bf16, .bytes = 1800, .ranks = 3};
    const auto gpus = prepared(*node, problem);
    const auto cpus = host->prepare(problem, {}, Seed{1, 2, 3});
    ASSERT_TRUE(gpus) << gpus.error().message;
    ASSERT_TRUE(cpus) << cpus.error().message;
    std::vector<std::vector<std::uint8_t>> seen;
    for (Kernel* const kernel : {gpus->get(), cpus->get()}) {
      ASSERT_TRUE(kernel->run(steps_to(2)));
      const auto witness = kernel->witness(steps_to(2));
      ASSERT_TRUE(witness);
      EXPECT_GT(witness->size(), 100U);
      seen.push_back(*witness);
    }
    EXPECT_EQ(seen[0], seen[1]);
  }
}
#endif

TEST(GpuCollectives, WithAWrongElementNameTheGpu) {
  const auto node = node_with("on=1,every=3,fault=wrong_bit");
  ASSERT_TRUE(node) << node.error().message;
  const auto kernel = prepared(*node, {.op = Op::all_reduce, .bytes = 4000, .ranks = 3});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto steps = steps_to(4);
  ASSERT_TRUE((*kernel)->run(steps));
  const auto checked = (*kernel)->check(steps, {}, {});
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->wrong, 1U);
  ASSERT_TRUE(checked->first);
  EXPECT_EQ(checked->first->step, 2U);
  EXPECT_EQ(checked->first->index, 500U);
  EXPECT_NE(checked->first->actual.find(" on rank "), std::string::npos);
  EXPECT_NE(checked->first->actual.find(" (gpu1)"), std::string::npos) << checked->first->actual;
}

TEST(GpuCollectives, TakeAsLongAsTheirSlowestGpu) {
  const auto node = node_with("on=1,every=1,fault=slow");
  ASSERT_TRUE(node) << node.error().message;
  const auto kernel = prepared(*node, {.op = Op::all_gather, .bytes = 4800, .ranks = 3});
  ASSERT_TRUE(kernel) << kernel.error().message;
  ASSERT_TRUE((*kernel)->run(steps_to(3)));
  EXPECT_GE((*kernel)->timed_ns().value(), 3 * 100'000'000);
}

/// What becomes of a run of three GPUs with this fault.
Error end_of(const std::string& fault, std::int64_t limit_ns = 60'000'000'000) {
  const auto node = node_with("on=1,every=3,fault=" + fault, limit_ns);
  if (!node) {
    return {Error::Code::bad_input, node.error().message};
  }
  const auto kernel = prepared(*node, {.op = Op::all_reduce, .bytes = 4096, .ranks = 3});
  if (!kernel) {
    return {Error::Code::bad_input, kernel.error().message};
  }
  const auto ran = (*kernel)->run(steps_to(5));
  return ran ? Error{Error::Code::bad_input, "it ran"} : ran.error();
}

TEST(GpuCollectives, WithADeadRankFailByItsGpu) {
  const Error error = end_of("killed");
  EXPECT_EQ(error.code, Error::Code::io);
  EXPECT_EQ(error.message.find("network.all_reduce: rank "), 0U) << error.message;
  EXPECT_NE(error.message.find(" (gpu1) was lost: its process ended"), std::string::npos)
      << error.message;
}

TEST(GpuCollectives, WithAHungRankFailByItsGpuWithinTheLimit) {
  const Error error = end_of("hang", 4'000'000'000);
  EXPECT_EQ(error.code, Error::Code::timeout);
  EXPECT_NE(error.message.find(" (gpu1) hangs: no record within 4000 ms"), std::string::npos)
      << error.message;
}

TEST(GpuCollectives, WhoseGpusAllWaitAreAbortedWithinTheLimit) {
  const Error error = end_of("stuck", 4'000'000'000);
  EXPECT_EQ(error.code, Error::Code::timeout);
  EXPECT_NE(error.message.find(" give up: the collective did not end within 3000 ms, and its "
                               "communicator was aborted"),
            std::string::npos)
      << error.message;
  EXPECT_EQ(error.message.find("network.all_reduce: ranks 0 (gpu"), 0U) << error.message;
}

TEST(GpuCollectives, OfALostGpuFailByItsName) {
  const Error error = end_of("lost");
  EXPECT_EQ(error.code, Error::Code::device);
  EXPECT_NE(error.message.find(" (gpu1) fails: "), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("unspecified launch failure"), std::string::npos) << error.message;
}

/// Why a node refuses a problem before any rank is started.
std::string refusal(const std::string& settings, const CollectiveProblem& problem) {
  const auto node = node_with(settings);
  if (!node) {
    return node.error().message;
  }
  const auto kernel = prepared(*node, problem);
  EXPECT_FALSE(kernel);
  EXPECT_EQ(kernel ? Error::Code::io : kernel.error().code, Error::Code::unsupported);
  return kernel ? "" : kernel.error().message;
}

TEST(GpuCollectives, AreRefusedByNameWhereSomethingIsMissing) {
  const CollectiveProblem problem{.op = Op::all_reduce, .bytes = 64, .ranks = 3};
  EXPECT_EQ(refusal("nccl=0", problem), "network.all_reduce: libnccl.so.2 is not there");
  EXPECT_EQ(refusal("nccl=22605", problem),
            "network.all_reduce: libnccl.so.2 is version 2.26.5; at least 2.27, and below 3, is "
            "needed");
  EXPECT_EQ(refusal("", {.op = Op::all_reduce, .bytes = 64, .ranks = 4}),
            "network.all_reduce: each of 4 ranks has a GPU of its own, and this node has 3 GPUs");
  EXPECT_EQ(refusal("", {.op = Op::all_to_all, .in_place = true, .bytes = 120, .ranks = 3}),
            "network.all_to_all: NCCL has none in place");
  EXPECT_EQ(refusal("", {.op = Op::transport, .bytes = 64, .ranks = 3}),
            "network.transport: nothing beside NCCL counts what GPUs send each other over PCIe or "
            "shared memory, so only nvlink, tcp and verbs can be shown");
  EXPECT_EQ(
      refusal("", {.op = Op::all_reduce, .bytes = std::uint64_t{1} << 38U, .ranks = 3}),
      "network.all_reduce: it needs 786432 MiB of device memory, and 171661 MiB are available");
}

/// A rate, a time and links on a node of three GPUs; one run of each has to be right.
constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"ranks","purpose":"demonstration",)"
    R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,"gpus":{"model":"NVIDIA B200",)"
    R"("count":3,"memory":"180 GB","power_limit":"1000 W"}}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"1 %"},"clauses":[{"id":"B",)"
    R"("case":"network.all_reduce","population":"b200","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"op":"sum","value":"busbw","type":"bf16",)"
    R"("bytes":3072,"in_place":"no","ranks":3},"soak":"1 ms","window":"100 ms",)"
    R"("rule":"zero_wrong","weight":"mandatory","defect_class":1},{"id":"T",)"
    R"("case":"network.send_recv","population":"b200","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"value":"time","type":"f32","bytes":8,"ranks":3},)"
    R"("window":"100 ms","rule":"zero_wrong","weight":"mandatory","defect_class":1},{"id":"L",)"
    R"("case":"network.links","population":"b200","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"value":"time","type":"f32","bytes":400,"ranks":3,)"
    R"("pattern":"pairs"},)"
    R"("window":"100 ms","rule":"zero_wrong","weight":"mandatory","defect_class":1}]})";

/// The last clause of it asks for this path instead of a pattern.
std::string contract_of(const std::string& path) {
  std::string text = k_contract;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"network.links", "network.transport"},
        {R"("bytes":400,"ranks":3)", R"("bytes":40000,"ranks":3)"},
        {R"("pattern":"pairs")", R"("path":")" + path + '"'}}) {
    text.replace(text.find(from), from.size(), to);
  }
  return text;
}

struct Finished {
  Result<RunOutcome> outcome = Error{};
  Result<Campaign> campaign = Error{};
};

Finished campaign_with(const std::string& settings, const std::string& contract = k_contract) {
  std::string root = "/tmp/assay-test-XXXXXX";
  EXPECT_NE(::mkdtemp(root.data()), nullptr);
  RunWorld world;
  world.cases = all_cases();
  world.clock = &system_clock();
  world.worker.push_back(ASSAY_EMULATED_MODULE ",gpus=3" + settings);
  Silent progress;
  Finished finished;
  finished.outcome = run_campaign({.contract_bytes = contract,
                                   .folder = root + "/out",
                                   .backend = "cuda",
                                   .marks = {"emulated"}},
                                  world, progress);
  for (const Defect& defect :
       finished.outcome ? finished.outcome->judgement.defects : std::vector<Defect>{}) {
    EXPECT_NE(defect.name, "selftest") << "this machine is too busy: " << defect.sentence;
  }
  finished.campaign = read_campaign(root + "/out", true);
  std::filesystem::remove_all(root);
  return finished;
}

TEST(GpuCollectives, MakeACampaignThatIsMarkedAndVerifiesFromTheBlobsUp) {
  const auto finished = campaign_with("");
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  for (const Defect& defect : finished.outcome->judgement.defects) {
    ADD_FAILURE() << defect.clause << ' ' << defect.name << ": " << defect.sentence;
  }
  EXPECT_EQ(finished.outcome->judgement.decision, Decision::limits_met);
  EXPECT_EQ(finished.outcome->marks, std::vector<std::string>{"emulated"});
  ASSERT_TRUE(finished.campaign) << finished.campaign.error().message;
  ASSERT_EQ(finished.campaign->evidence.attempts.size(), 3U);
  for (const Attempt& attempt : finished.campaign->evidence.attempts) {
    EXPECT_EQ(attempt.ending, Ending::measured) << attempt.note;
    EXPECT_EQ(attempt.note.find("the slowest of 3 links is that between ranks ") == 0,
              attempt.clause == "L")
        << attempt.note;
    EXPECT_GT(attempt.timed_ns, Natural{0});
    EXPECT_LT(attempt.timed_ns, attempt.elapsed_ns);
  }
}

TEST(GpuCollectives, ThatMustGoOverNvlinkAreShownByTheGpusCounters) {
  const auto finished = campaign_with("", contract_of("nvlink"));
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  EXPECT_EQ(finished.outcome->judgement.decision, Decision::limits_met);
}

TEST(GpuCollectives, ThatLeaveNvlinkAreInvalidAndNotSlow) {
  const auto finished = campaign_with(",on=1,fault=no_nvlink", contract_of("nvlink"));
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  const auto& clauses = finished.outcome->judgement.clauses;
  EXPECT_EQ(clauses.at(0).verdicts.at(0).outcome, Outcome::accept);
  EXPECT_EQ(clauses.at(2).verdicts.at(0).outcome, Outcome::invalid);
  ASSERT_TRUE(finished.campaign) << finished.campaign.error().message;
  const Attempt& attempt = finished.campaign->evidence.attempts.back();
  EXPECT_EQ(attempt.ending, Ending::unwitnessed);
  EXPECT_NE(attempt.note.find("so they did not go by nvlink"), std::string::npos) << attempt.note;
}

TEST(GpuCollectives, ThatAskForSharedMemoryAreNotRunWithTheReason) {
  const auto finished = campaign_with("", contract_of("shared_memory"));
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  const auto& verdict = finished.outcome->judgement.clauses.at(2).verdicts.at(0);
  EXPECT_EQ(verdict.outcome, Outcome::not_run);
  EXPECT_NE(verdict.detail.find("network.transport: nothing beside NCCL counts"), std::string::npos)
      << verdict.detail;
}

TEST(GpuCollectives, WithoutTheLibraryAreNotRunByItsName) {
  const auto finished = campaign_with(",nccl=0");
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  for (const auto& clause : finished.outcome->judgement.clauses) {
    EXPECT_EQ(clause.verdicts.at(0).outcome, Outcome::not_run);
    EXPECT_NE(clause.verdicts.at(0).detail.find("libnccl.so.2 is not there"), std::string::npos)
        << clause.verdicts.at(0).detail;
  }
}

TEST(GpuCollectives, OfAWrongGpuAreRejectedWithItsPlace) {
  const auto finished = campaign_with(",on=1,every=2,fault=wrong_bit");
  ASSERT_TRUE(finished.outcome) << finished.outcome.error().message;
  for (const auto& clause : finished.outcome->judgement.clauses) {
    EXPECT_EQ(clause.verdicts.at(0).outcome, Outcome::reject) << clause.verdicts.at(0).detail;
    EXPECT_EQ(clause.verdicts.at(0).reason, Reason::wrong_result) << clause.verdicts.at(0).detail;
  }
  ASSERT_TRUE(finished.campaign) << finished.campaign.error().message;
  for (const Attempt& attempt : finished.campaign->evidence.attempts) {
    EXPECT_EQ(attempt.ending, Ending::wrong_result);
    EXPECT_NE(attempt.note.find(" (gpu1) instead of "), std::string::npos) << attempt.note;
  }
}

#endif

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  if (count > 2 && words[1] == "worker") {
    return assay::host_worker(
        assay::all_cases(),
        {.module = words[2], .recording = "", .ranks = {.command = assay::rank_here()}});
  }
  if (count > 3 && words[1] == "rank") {
    assay::DeviceRankChoice device;
    const auto after = [&](const char* option) {
      const auto found = std::find(words.begin(), words.end(), option);
      return found == words.end() ? std::string() : *(found + 1);
    };
    device.backend = after("--backend");
    device.device = after("--device");
    device.rank = static_cast<std::uint32_t>(std::atoi(after("--rank").c_str()));
    return assay::rank_main(after("--socket"), after("--module"), device);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
