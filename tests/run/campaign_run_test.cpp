#include "harness/run/campaign_run.h"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "reports/campaign.h"
#include "reports/files.h"
#include "reports/time_of_day.h"
#include "tests/doubles/scripted_campaign.h"
#include "tests/run/journal_counts.h"

namespace assay {
namespace {

class RunCampaign : public testing::Test {
 protected:
  RunCampaign() {
    std::string name = "/tmp/assay-test-XXXXXX";
    root = ::mkdtemp(name.data());
    folder = root + "/out";
  }
  ~RunCampaign() override { std::filesystem::remove_all(root); }

  Result<RunOutcome> run(const std::string& script = "step_us=5000", bool resume = false) {
    const RunRequest request{
        .contract_bytes = contract_of(made), .folder = folder, .resume = resume};
    return run_campaign(request, world_with(script, clock), progress);
  }

  /// The first verdict of a campaign that ran through.
  Verdict verdict_of(const std::string& script) {
    const auto outcome = run(script);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    if (!outcome) {
      return {};
    }
    decision = outcome->judgement.decision;
    defects = outcome->judgement.defects;
    return outcome->judgement.clauses.at(0).verdicts.at(0);
  }

  /// Another process runs the campaign; as the program itself would be.
  pid_t start_controller(const std::string& script, bool resume) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execl("/proc/self/exe", "test", "controller", folder.c_str(), contract_of(made).c_str(),
              script.c_str(), resume ? "resume" : "new", nullptr);
      ::_exit(127);
    }
    return pid;
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  Made made;
  OtherDays clock;
  Silent progress;
  std::string root, folder;
  Decision decision = Decision::not_accepted;
  std::vector<Defect> defects;
};

TEST_F(RunCampaign, AcceptsAHealthyDeviceAndLeavesEvidenceThatVerifies) {
  const Verdict verdict = verdict_of("step_us=5000");
  EXPECT_EQ(verdict.outcome, Outcome::accept) << verdict.detail;
  EXPECT_EQ(decision, Decision::accepted) << (defects.empty() ? "" : defects[0].sentence);
  const auto campaign = read_campaign(folder, true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_TRUE(campaign->evidence.selftest_passed);
  EXPECT_TRUE(campaign->evidence.chain_whole);
  const JournalCounts journal = journal_in(folder);
  EXPECT_EQ(journal.kinds.at("begin"), journal.kinds.at("end"));
  EXPECT_EQ(journal.kinds.at("close"), 1);
  EXPECT_EQ(journal.kinds.at("round"), journal.kinds.at("begin"));
  EXPECT_EQ(progress.kinds.size(), 5U);
}

TEST_F(RunCampaign, FixesTheWorkOfAStepInTheSessionWhereTheCaseKnowsIt) {
  made.params = R"({"work":1000000})";
  EXPECT_EQ(verdict_of("step_us=5000").outcome, Outcome::accept);
  const auto campaign = read_campaign(folder, true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_TRUE(campaign->session.work_per_step ==
              (std::map<std::string, Natural>{{"C-1", 1'000'000}}));
}

TEST_F(RunCampaign, CountsADeviceThatCountsMoreAsCrashedAndKeepsItsJournalWhole) {
  made.params = R"({"work":1000000})";
  EXPECT_NE(verdict_of("step_us=5000 work=2000000").outcome, Outcome::accept);
  EXPECT_EQ(journal_in(folder).endings, std::set<std::string>{"crashed"});
  EXPECT_TRUE(read_campaign(folder, true));
}

TEST_F(RunCampaign, RejectsASlowDevice) {
  made.limit = "0.4 GB/s";
  made.plausible = "1 GB/s";
  const Verdict verdict = verdict_of("step_us=5000");
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_EQ(verdict.reason, Reason::below_limit);
  EXPECT_EQ(decision, Decision::rejected);
}

TEST_F(RunCampaign, RejectsAWrongDeviceAtTheFirstRun) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_wrong fault_at=5");
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_EQ(verdict.reason, Reason::wrong_result);
  EXPECT_EQ(journal_in(folder).kinds.at("begin"), 1);
}

TEST_F(RunCampaign, RunsNothingIfTheSelftestFails) {
  const Verdict verdict = verdict_of("step_us=5000 fault=wrong");
  EXPECT_EQ(verdict.reason, Reason::no_evidence);
  EXPECT_EQ(decision, Decision::not_accepted);
  EXPECT_EQ(journal_in(folder).kinds.count("begin"), 0U);
  EXPECT_TRUE(std::any_of(defects.begin(), defects.end(),
                          [](const Defect& defect) { return defect.name == "selftest"; }));
}

TEST_F(RunCampaign, CountsEveryCrashAsBelow) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_crash fault_at=5");
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_EQ(verdict.reason, Reason::below_limit);
  EXPECT_EQ(journal_in(folder).endings, std::set<std::string>{"crashed"});
}

TEST_F(RunCampaign, DoesNotTakeAnExitWithStatusZeroForARun) {
  EXPECT_EQ(verdict_of("step_us=5000 fault=run_exit fault_at=5").outcome, Outcome::reject);
}

TEST_F(RunCampaign, DoesNotTakeARefusalForAPass) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_refuse");
  EXPECT_EQ(verdict.outcome, Outcome::not_run);
  EXPECT_EQ(verdict.reason, Reason::unsupported);
  EXPECT_EQ(decision, Decision::not_accepted);
  EXPECT_FALSE(defects.empty());
}

TEST_F(RunCampaign, DoesNotTakeAnUncheckedRunForAVerifiedOne) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_unchecked");
  EXPECT_NE(verdict.outcome, Outcome::accept);
  EXPECT_NE(decision, Decision::accepted);
}

TEST_F(RunCampaign, CallsAnImplausiblyFastDeviceInvalid) {
  const Verdict verdict = verdict_of("step_us=200");
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_EQ(verdict.reason, Reason::implausible);
}

TEST_F(RunCampaign, RejectsALostDevice) {
  const Verdict verdict = verdict_of("step_us=5000 fault=run_lose fault_at=5");
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_EQ(verdict.reason, Reason::device_lost);
}

TEST_F(RunCampaign, DoesNotTakeANodeThatNeverAnsweredForAHealthyOne) {
  made.nodes = 2;
  const Verdict verdict = verdict_of("step_us=5000");
  EXPECT_EQ(verdict.outcome, Outcome::accept) << verdict.detail;
  EXPECT_EQ(decision, Decision::not_accepted);
  EXPECT_TRUE(std::any_of(defects.begin(), defects.end(), [](const Defect& defect) {
    return defect.item == "host/00001" && defect.name == "no_evidence";
  }));
}

TEST_F(RunCampaign, DoesNotTakeASentenceThatAllWasCheckedForAResult) {
  const auto outcome = run("garbage");
  ASSERT_FALSE(outcome) << "a campaign ended although no worker ever answered";
  EXPECT_EQ(outcome.error().code, Error::Code::io);
  EXPECT_NE(outcome.error().message.find("go on with --resume"), std::string::npos)
      << outcome.error().message;
  const auto resumed = run("step_us=5000", true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->judgement.decision, Decision::accepted);
}

TEST_F(RunCampaign, SpreadsItsRunsOverTheContractsDays) {
  made.days = 3;
  const auto first = run();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->finish, RunOutcome::Finish::next_day);
  EXPECT_NE(first->sentence.find("not complete: day 1 of 3 is done"), std::string::npos)
      << first->sentence;
  ASSERT_TRUE(first->next_day);
  EXPECT_EQ(first->next_day->day, 2U);
  EXPECT_EQ(first->next_day->days, 3U);
  EXPECT_EQ(first->next_day->not_before,
            time_of_day((clock.utc_ns() / OtherDays::k_day_ns + 1) * k_seconds_per_day));
  EXPECT_EQ(first->judgement.decision, Decision::not_accepted);
  const int begun = journal_in(folder).kinds.at("begin");
  const auto same_day = run("step_us=5000", true);
  ASSERT_TRUE(same_day) << same_day.error().message;
  EXPECT_EQ(same_day->finish, RunOutcome::Finish::next_day);
  EXPECT_EQ(journal_in(folder).kinds.at("begin"), begun);
  clock.days = 1;
  const auto second = run("step_us=5000", true);
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_EQ(second->finish, RunOutcome::Finish::next_day);
  clock.days = 2;
  const auto last = run("step_us=5000", true);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->finish, RunOutcome::Finish::complete);
  EXPECT_FALSE(last->next_day);
  EXPECT_EQ(last->judgement.decision, Decision::accepted);
}

TEST_F(RunCampaign, RefusesAFolderWithACampaignUnlessItResumes) {
  ASSERT_TRUE(run());
  const auto again = run();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Error::Code::bad_input);
  EXPECT_NE(again.error().message.find("holds a campaign"), std::string::npos);
  const auto resumed = run("step_us=5000", true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->judgement.decision, Decision::accepted);
}

TEST_F(RunCampaign, RefusesToResumeUnderAnotherContract) {
  ASSERT_TRUE(run());
  made.limit = "0.07 GB/s";
  made.plausible = "0.2 GB/s";
  EXPECT_FALSE(run("step_us=5000", true));
}

/// Sets the clock back by a day while the first attempt runs.
class SetsTheClockBack final : public Progress {
 public:
  explicit SetsTheClockBack(OtherDays& clock) : clock_(clock) {}
  void event(const ProgressEvent& event) override {
    if (event.kind == ProgressEvent::Kind::attempt) {
      clock_.days = -1;
    }
  }

 private:
  OtherDays& clock_;
};

TEST_F(RunCampaign, StopsWithAReadableJournalWhenTheClockIsSetBack) {
  SetsTheClockBack meddler(clock);
  const RunRequest request{.contract_bytes = contract_of(made), .folder = folder};
  const auto stopped = run_campaign(request, world_with("step_us=5000", clock), meddler);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Error::Code::bad_input);
  EXPECT_NE(stopped.error().message.find("s before the journal's last line"), std::string::npos)
      << stopped.error().message;
  EXPECT_EQ(journal_in(folder).endings, std::set<std::string>{"clock"});
  EXPECT_FALSE(run("step_us=5000", true)) << "the clock is still wrong";
  clock.days = 0;
  const auto resumed = run("step_us=5000", true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->finish, RunOutcome::Finish::complete);
  const auto campaign = read_campaign(folder, true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->evidence.attempts.at(0).ending, Ending::clock);
}

TEST_F(RunCampaign, KeepsAWrongResultWhoseClockWasSetBack) {
  SetsTheClockBack meddler(clock);
  const RunRequest request{.contract_bytes = contract_of(made), .folder = folder};
  const auto outcome =
      run_campaign(request, world_with("step_us=5000 fault=run_wrong fault_at=5", clock), meddler);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->judgement.decision, Decision::rejected);
  const auto campaign = read_campaign(folder, true);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->evidence.attempts.at(0).ending, Ending::wrong_result);
}

TEST_F(RunCampaign, GoesOnOnTheSameMachineOnly) {
  made.days = 2;
  ASSERT_TRUE(run());
  const auto before = read_file(folder + "/journal/00000.jsonl", 1U << 26U);
  clock.days = 1;
  RunWorld elsewhere = world_with("step_us=5000", clock);
  elsewhere.inventory = [](const Device& device) {
    Json::Object other = machine_inventory(device);
    for (auto& [name, value] : other) {
      value = name == "cpu_model" ? Json("a faster one") : value;
    }
    return other;
  };
  const RunRequest request{.contract_bytes = contract_of(made), .folder = folder, .resume = true};
  const auto refused = run_campaign(request, elsewhere, progress);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::bad_input);
  EXPECT_NE(refused.error().message.find("another machine: here cpu_model is \"a faster one\""),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(*read_file(folder + "/journal/00000.jsonl", 1U << 26U), *before);
  const auto here = run("step_us=5000", true);
  ASSERT_TRUE(here) << here.error().message;
  EXPECT_TRUE(read_campaign(folder, true));
}

TEST_F(RunCampaign, RefusesAVariableThatChangesMeaningBeforeAnythingIsWritten) {
  RunWorld world = world_with("", clock);
  world.environment = {{"LD_PRELOAD", "/tmp/faster.so"}};
  const auto outcome =
      run_campaign({.contract_bytes = contract_of(made), .folder = folder}, world, progress);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Error::Code::bad_input);
  EXPECT_NE(outcome.error().message.find("LD_PRELOAD"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(RunCampaign, TakesTheBuyersNonceAndAsksForItAgain) {
  const std::string nonce = root + "/nonce";
  ASSERT_TRUE(write_file(nonce, std::string(64, 'a') + "\n", 0600));
  RunRequest request{.contract_bytes = contract_of(made), .folder = folder, .nonce_file = nonce};
  ASSERT_TRUE(run_campaign(request, world_with("step_us=5000", clock), progress));
  EXPECT_FALSE(std::filesystem::exists(folder + "/keys/nonce"));
  request.resume = true;
  request.nonce_file.clear();
  EXPECT_FALSE(run_campaign(request, world_with("step_us=5000", clock), progress));
}

TEST_F(RunCampaign, RefusesABadNonceBeforeAnythingIsWritten) {
  const std::string nonce = root + "/nonce";
  ASSERT_TRUE(write_file(nonce, "no digest\n", 0600));
  const RunRequest request{
      .contract_bytes = contract_of(made), .folder = folder, .nonce_file = nonce};
  const auto refused = run_campaign(request, world_with("step_us=5000", clock), progress);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("does not hold 64 lower-case hex digits"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(RunCampaign, RefusesASecondController) {
  const pid_t first = start_controller("step_us=5000", false);
  while (!std::filesystem::exists(folder + "/journal/00000.jsonl")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto second = run("step_us=5000", true);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another controller"), std::string::npos);
  EXPECT_EQ(wait_for(first), 0);
}

TEST_F(RunCampaign, LosesNoFinishedRunAndCountsNoneTwiceWhateverMomentItIsKilled) {
  made.two_clauses = true;
  std::mt19937 random(std::random_device{}());
  bool resume = false;
  std::map<std::int64_t, int> ends;
  for (int kill = 0; kill < 12; ++kill) {
    const pid_t pid = start_controller("step_us=5000", resume);
    const auto moment = kill < 4 ? random() % 30 : random() % 4000;
    std::this_thread::sleep_for(std::chrono::milliseconds(moment));
    ::kill(pid, SIGKILL);
    wait_for(pid);
    resume = std::filesystem::exists(folder + "/contract.json");
    const JournalCounts journal = journal_in(folder);
    for (const auto& [attempt, count] : ends) {
      EXPECT_EQ(journal.ends.count(attempt), 1U) << "a finished run was lost";
    }
    ends = journal.ends;
  }
  ASSERT_EQ(wait_for(start_controller("step_us=5000", resume)), 0);
  const JournalCounts journal = journal_in(folder);
  EXPECT_EQ(journal.error, "");
  for (const auto& [attempt, count] : journal.begins) {
    EXPECT_EQ(count, 1);
  }
  for (const auto& [attempt, count] : journal.ends) {
    EXPECT_EQ(count, 1);
    EXPECT_EQ(journal.begins.count(attempt), 1U);
  }
  EXPECT_TRUE(read_campaign(folder, true));
}

/// Processes that have `word` on their command line.
int processes_with(const std::string& word) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string line(std::istreambuf_iterator<char>(file), {});
    count += line.find(word) == std::string::npos ? 0 : 1;
  }
  return count;
}

TEST_F(RunCampaign, LeavesNoWorkerBehindWhenItIsKilled) {
  const std::string mark = "work=" + std::to_string(1'000'000'000 + ::getpid());
  const pid_t pid = start_controller("fault=run_hang fault_at=5 " + mark, false);
  while (journal_in(folder).kinds.count("begin") == 0U) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(processes_with(mark), 2) << "the controller and its worker";
  ::kill(pid, SIGKILL);
  wait_for(pid);
  for (int tries = 0; tries < 200 && processes_with(mark) > 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(RunCampaign, EndsCleanlyWhenItIsInterrupted) {
  const pid_t pid = start_controller("step_us=5000", false);
  while (journal_in(folder).kinds.count("end") == 0U) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  const JournalCounts journal = journal_in(folder);
  EXPECT_EQ(journal.error, "");
  EXPECT_EQ(journal.kinds.at("interrupt"), 1);
  EXPECT_TRUE(read_campaign(folder, true));
  const auto resumed = run("step_us=5000", true);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->finish, RunOutcome::Finish::complete);
}

TEST_F(RunCampaign, EndsWithASentenceAndAWholeJournalOnAFullDisk) {
  const std::string disk = root + "/disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "only root may mount the small disk that this needs";
  }
  folder = disk + "/out";
  const auto outcome = run();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Error::Code::io);
  EXPECT_NE(outcome.error().message.find("No space left"), std::string::npos)
      << outcome.error().message;
  EXPECT_EQ(journal_in(folder).error, "");
  EXPECT_GT(journal_in(folder).kinds["begin"], 0);
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

int be_controller(char** arguments) {
  Silent progress;
  OtherDays clock;
  const RunRequest request{.contract_bytes = arguments[3],
                           .folder = arguments[2],
                           .resume = std::string(arguments[5]) == "resume"};
  const auto outcome = run_campaign(request, world_with(arguments[4], clock), progress);
  if (!outcome) {
    std::cerr << outcome.error().message << '\n';
    return outcome.error().code == Error::Code::io ? 74 : 65;
  }
  return outcome->finish == RunOutcome::Finish::interrupted ? 130 : 0;
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  const std::string role = count > 1 ? arguments[1] : "";
  if (role == "worker") {
    return assay::be_scripted_worker(arguments[2], arguments[3]);
  }
  if (role == "controller") {
    return assay::be_controller(arguments);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
