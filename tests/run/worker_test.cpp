#include "harness/run/worker.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/launch.h"
#include "harness/run/messages.h"
#include "tests/doubles/scripted_backend.h"

namespace assay {
namespace {

constexpr std::int64_t k_ms = 1'000'000;

Job short_job() {
  Job job;
  job.backend = "host";
  job.case_id = "test.device";
  job.params = {{"size", "1"}};
  job.round = 1;
  job.window.window_ns = 100 * k_ms;
  job.window.shortest_block_ns = 20 * k_ms;
  job.window.clause = "C-1";
  job.window.item = "host/00000";
  job.window.attempt = 1;
  return job;
}

/// This program is its own worker: main() below.
LaunchPlan plan_with(const std::string& script) {
  LaunchPlan plan;
  plan.command = {"/proc/self/exe", "worker", script};
  plan.environment = {{"LANG", "C"}};
  plan.prepare_ns = 2000 * k_ms;
  plan.grace_ns = 500 * k_ms;
  return plan;
}

Launched launch_one(const LaunchPlan& plan, const Job& job = short_job()) {
  Launched result;
  int calls = 0;
  ObjectDigests digests;
  const bool whole = launch(plan, {job}, digests,
                            {.done =
                                 [&](std::size_t, Launched launched) {
                                   result = std::move(launched);
                                   ++calls;
                                 },
                             .tick = {}});
  EXPECT_TRUE(whole);
  EXPECT_EQ(calls, 1);
  return result;
}

Ending ending_of(const std::string& script) {
  const Launched launched = launch_one(plan_with(script));
  EXPECT_FALSE(launched.measured);
  return launched.failed ? launched.failed->ending : Ending::measured;
}

TEST(Worker, MeasuresAWindowAndSaysWhatRan) {
  const Launched launched = launch_one(plan_with(""));
  ASSERT_TRUE(launched.measured) << (launched.failed ? launched.failed->note : "");
  ASSERT_TRUE(launched.ready);
  EXPECT_EQ(launched.ready->ran.software, "scripted");
  EXPECT_EQ(launched.ready->dimension, Dimension::byte_rate);
  EXPECT_EQ(launched.ready->work_per_step, Natural{1'000'000});
  const auto sums = sums_of(launched.measured->window.blocks);
  ASSERT_TRUE(sums);
  EXPECT_GE(sums->elapsed_ns, 100 * k_ms);
  EXPECT_GE(sums->full, 1);
  EXPECT_EQ(sums->wrong, 0);
}

TEST(Worker, MeasuresOnlyAKernelThatCountsWhatTheCaseCounts) {
  Job job = short_job();
  job.params["work"] = "1000000";
  EXPECT_TRUE(launch_one(plan_with(""), job).measured);
  job.params["work"] = "2000000";
  const Launched launched = launch_one(plan_with(""), job);
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::crashed);
  EXPECT_EQ(launched.failed->note, "the kernel counts 1000000 a step, but test.device is 2000000");
}

TEST(Worker, NamesItsProgramAndLibrariesWithoutTheirFolders) {
  const Launched launched = launch_one(plan_with(""));
  ASSERT_GE(launched.objects.size(), 3U);
  const auto is_libc = [](const ObjectDigest& object) { return object.name == "libc.so.6"; };
  EXPECT_TRUE(std::any_of(launched.objects.begin(), launched.objects.end(), is_libc));
  for (const auto& object : launched.objects) {
    EXPECT_EQ(object.name.find('/'), std::string::npos);
    EXPECT_EQ(object.sha256.size(), 64U);
  }
}

TEST(Worker, GivesEachReadingAValueOrAReason) {
  const Launched launched = launch_one(plan_with(""));
  ASSERT_TRUE(launched.measured);
  const Readings& readings = launched.measured->readings;
  for (const char* name : {"clock_khz", "energy_uj", "temperature_mc", "steal_ppm",
                           "memory_available_bytes", "memory_total_bytes"}) {
    const auto reading = readings.find(name);
    ASSERT_NE(reading, readings.end()) << name;
    EXPECT_NE(reading->second.value.has_value(), !reading->second.reason.empty()) << name;
  }
}

TEST(Worker, KeepsWhatDiffered) {
  const Launched launched = launch_one(plan_with("fault=wrong fault_at=20"));
  ASSERT_TRUE(launched.measured);
  ASSERT_TRUE(launched.measured->window.first);
  EXPECT_GT(sums_of(launched.measured->window.blocks)->wrong, 0);
  EXPECT_NE(launched.measured->window.first->mismatch.actual,
            launched.measured->window.first->mismatch.expected);
}

TEST(Worker, DoesAStepAgainAsOftenAsItIsAsked) {
  Job job = short_job();
  job.kind = Job::Kind::repeat;
  job.window.window_ns = 0;
  job.repeat = {.step = {.tuple = 7, .slot = 3}, .times = 50};
  const Launched launched = launch_one(plan_with("step_us=10 fault=wrong fault_at=20"), job);
  ASSERT_TRUE(launched.repeated) << (launched.failed ? launched.failed->note : "");
  EXPECT_EQ(launched.repeated->times, 50U);
  EXPECT_EQ(launched.repeated->wrong, 30U);
  EXPECT_EQ(launched.repeated->note, "");
}

TEST(Worker, ThatCrashesIsCrashedAndSaysHow) {
  const Launched launched = launch_one(plan_with("fault=crash fault_at=20"));
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::crashed);
  EXPECT_NE(launched.failed->note.find("SIGABRT"), std::string::npos) << launched.failed->note;
}

TEST(Worker, ThatExitsWithStatusZeroAndNoResultIsCrashed) {
  const Launched launched = launch_one(plan_with("fault=exit fault_at=20"));
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::crashed);
  EXPECT_NE(launched.failed->note.find("status 0 without a result"), std::string::npos);
}

TEST(Worker, ThatHangsIsKilledAtItsDeadline) {
  EXPECT_EQ(ending_of("fault=hang fault_at=20"), Ending::hung);
}

TEST(Worker, ThatNeverBecomesReadyIsKilledAtItsDeadline) {
  EXPECT_EQ(ending_of("fault=slow_start"), Ending::hung);
}

TEST(Worker, ThatRefusesIsUnsupportedByName) {
  const Launched launched = launch_one(plan_with("fault=refuse"));
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::unsupported);
  EXPECT_EQ(launched.failed->note, "the scripted device refuses bf16");
}

TEST(Worker, ThatLosesItsDeviceSaysSo) {
  EXPECT_EQ(ending_of("fault=lose fault_at=20"), Ending::device_lost);
}

TEST(Worker, ThatChecksNothingHasMeasuredNothing) {
  EXPECT_EQ(ending_of("fault=unchecked"), Ending::crashed);
}

TEST(Worker, ThatTalksGarbageIsCrashedWithItsLastWords) {
  const Launched launched = launch_one(plan_with("garbage"));
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::crashed);
  EXPECT_NE(launched.failed->note.find("gave no answer"), std::string::npos);
}

TEST(Worker, ThatClaimsAResultBeforeItWasReadyIsCrashed) {
  EXPECT_EQ(ending_of("premature"), Ending::crashed);
}

TEST(Worker, ThatDiesWithWordsOnItsErrorStreamIsQuoted) {
  const Launched launched = launch_one(plan_with("last_words"));
  ASSERT_TRUE(launched.failed);
  EXPECT_NE(launched.failed->note.find("status 3 without a result; it said: out of luck"),
            std::string::npos)
      << launched.failed->note;
}

TEST(Worker, ThatCannotBeStartedIsCrashed) {
  LaunchPlan plan = plan_with("");
  plan.command = {"/no/such/program"};
  const Launched launched = launch_one(plan);
  ASSERT_TRUE(launched.failed);
  EXPECT_EQ(launched.failed->ending, Ending::crashed);
}

TEST(Worker, OfAnUnknownCaseOrBackendIsUnsupported) {
  Job job = short_job();
  job.case_id = "test.nothing";
  EXPECT_EQ(launch_one(plan_with(""), job).failed->ending, Ending::unsupported);
  job = short_job();
  job.backend = "abacus";
  EXPECT_EQ(launch_one(plan_with(""), job).failed->ending, Ending::unsupported);
  job = short_job();
  job.device = "gpu3";
  EXPECT_EQ(launch_one(plan_with(""), job).failed->ending, Ending::unsupported);
}

TEST(Worker, SeesNoVariableButThoseItIsGiven) {
  LaunchPlan plan = plan_with("show_environment");
  plan.environment = {{"LANG", "C"}, {"OMP_NUM_THREADS", "2"}};
  const Launched launched = launch_one(plan);
  ASSERT_TRUE(launched.failed);
  EXPECT_NE(launched.failed->note.find("<LANG=C OMP_NUM_THREADS=2 >"), std::string::npos)
      << launched.failed->note;
}

TEST(Launch, GivesConcurrentJobsOneStart) {
  std::vector<Job> jobs{short_job(), short_job()};
  jobs[1].window.item = "host/00001";
  std::vector<std::int64_t> starts;
  std::vector<std::string> digests_of_outputs;
  ObjectDigests digests;
  const bool whole =
      launch(plan_with("step_us=300"), jobs, digests,
             {.done =
                  [&](std::size_t, const Launched& launched) {
                    ASSERT_TRUE(launched.measured);
                    EXPECT_FALSE(launched.measured->window.late);
                    starts.push_back(launched.measured->window.start_utc_ns);
                    digests_of_outputs.push_back(launched.measured->window.output_digest);
                  },
              .tick = {}});
  EXPECT_TRUE(whole);
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_LT(std::abs(starts[0] - starts[1]), 50 * k_ms);
  EXPECT_EQ(digests_of_outputs[0], digests_of_outputs[1]);
}

TEST(Messages, SurviveTheirWayOverThePipe) {
  Job job = short_job();
  job.window.link = Digest{1, 2, 3};
  job.selftest.conditions.block_gap = *parse_quantity("1 %");
  const auto read = read_job(write_job(job));
  ASSERT_TRUE(read);
  EXPECT_EQ(write_job(*read), write_job(job));
  EXPECT_EQ(read->window.link, job.window.link);
  job.kind = Job::Kind::repeat;
  job.repeat = {.step = {.tuple = 9'000'000'000, .slot = 4}, .times = 100};
  const auto again = read_job(write_job(job));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, Job::Kind::repeat);
  EXPECT_EQ(again->repeat.step, job.repeat.step);
  EXPECT_EQ(again->repeat.times, 100U);
  ASSERT_TRUE(read->selftest.conditions.block_gap);
  EXPECT_EQ(read->selftest.conditions.block_gap->text, "1 %");
}

TEST(Messages, AreRefusedWithUnknownOrMissingMembers) {
  EXPECT_FALSE(read_answer(R"({"kind":"measured"})"));
  EXPECT_FALSE(read_answer(R"({"ending":"measured","kind":"error","note":""})"));
  EXPECT_FALSE(read_answer(R"({"ending":"hung","kind":"error","note":"","x":1})"));
  EXPECT_TRUE(read_answer(R"({"ending":"hung","kind":"error","note":""})"));
  EXPECT_FALSE(read_go(R"({"kind":"go"})"));
}

TEST(Messages, AreRefusedWithACountThatIsNone) {
  const std::string most = write_answer(
      Ready{.device = {.id = "gpu0", .architecture = "sm_100", .multiprocessors = 4'294'967'295},
            .dimension = Dimension::flop_rate});
  const auto read = read_answer(most);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(std::get<Ready>(*read).device.multiprocessors, 4'294'967'295);
  std::string more = most;
  more.replace(more.find("4294967295"), 10, "4294967297");
  EXPECT_FALSE(read_answer(more)) << "it would be 1";
}

int be_worker(const std::string& script) {
  if (script == "garbage") {
    std::cout << "all 8 GPUs were checked\n" << std::flush;
    return 0;
  }
  if (script == "premature") {
    std::cout << write_answer(Measured{}) << '\n' << std::flush;
    return 0;
  }
  if (script == "last_words") {
    std::cerr << "out of luck\n";
    return 3;
  }
  if (script == "show_environment") {
    std::string all = "<";
    for (const auto& [name, value] : own_environment()) {
      all += name + "=" + value + " ";
    }
    std::cerr << all << ">\n";
    return 1;
  }
  WorkerWorld world;
  world.backends.push_back({.backend = make_scripted_backend(script_from(script)), .mark = ""});
  world.cases = scripted_cases();
  world.clock = &system_clock();
  world.probe = make_host_probe();
  return worker_on_standard_streams(world);
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count == 3 && std::string(arguments[1]) == "worker") {
    return assay::be_worker(arguments[2]);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
