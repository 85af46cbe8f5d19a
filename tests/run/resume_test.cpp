// Going on with a campaign: what it writes, and where there is none to go on with.
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "harness/run/campaign_run.h"
#include "reports/campaign.h"
#include "reports/files.h"
#include "reports/jades.h"
#include "reports/time_of_day.h"
#include "tests/doubles/scripted_campaign.h"
#include "tests/run/journal_counts.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t k_any_size = std::size_t{1} << 26U;

class Resume : public testing::Test {
 protected:
  Resume() {
    std::string name = "/tmp/assay-test-XXXXXX";
    root = ::mkdtemp(name.data());
    folder = root + "/out";
    made.days = 2;
    clock.begin_at_noon();
  }
  ~Resume() override { fs::remove_all(root); }

  Result<RunOutcome> run(bool resume) {
    const RunRequest request{
        .contract_bytes = contract_of(made), .folder = folder, .resume = resume};
    return run_campaign(request, world_with("step_us=5000", clock), progress);
  }
  /// Every file of the campaign, by name.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) {
        all.emplace(entry.path().string(), *read_file(entry.path().string(), k_any_size));
      }
    }
    return all;
  }
  void sign() const {
    const PrivateKey key = PrivateKey::generate().value();
    const std::int64_t now_s = system_clock().utc_ns() / k_ns_per_second;
    const auto certificate =
        make_pilot_certificate(key, {.subject = {"Signer", "Supplier AG", ""},
                                     .not_before_s = now_s - 60,
                                     .not_after_s = now_s + k_seconds_per_day});
    const auto envelope = add_signature("", *read_file(folder + "/report.json", k_any_size),
                                        {key, {*certificate}, Role::supplier}, now_s);
    ASSERT_TRUE(envelope) << envelope.error().message;
    ASSERT_TRUE(write_file(folder + "/report.sig.json", *envelope));
  }
  static std::string refusal(const Result<RunOutcome>& outcome) {
    EXPECT_FALSE(outcome) << "it ran";
    return outcome ? "" : outcome.error().message;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Made made;
  OtherDays clock;
  Silent progress;
  std::string root, folder;
};

TEST_F(Resume, ThatHasToWaitForAnotherDayWritesNothing) {
  ASSERT_TRUE(run(false));
  sign();
  const auto before = files();
  const auto waited = run(true);
  ASSERT_TRUE(waited) << waited.error().message;
  EXPECT_EQ(waited->finish, RunOutcome::Finish::next_day);
  EXPECT_TRUE(has(waited->sentence, "day 1 of 2 is done")) << waited->sentence;
  EXPECT_FALSE(has(waited->sentence, "no longer fits")) << waited->sentence;
  ASSERT_TRUE(waited->next_day);
  EXPECT_EQ(waited->next_day->day, 2U);
  EXPECT_EQ(files(), before);
}

TEST_F(Resume, ThatHasToWaitWritesTheReportThatAKillPrevented) {
  ASSERT_TRUE(run(false));
  const auto before = files();
  fs::remove(folder + "/report.json");
  const auto waited = run(true);
  ASSERT_TRUE(waited) << waited.error().message;
  EXPECT_EQ(waited->finish, RunOutcome::Finish::next_day);
  EXPECT_TRUE(read_campaign(folder, true));
  const auto after = files();
  EXPECT_EQ(after.count(folder + "/report.json"), 1U);
  EXPECT_EQ(after.at(folder + "/journal/00000.jsonl"), before.at(folder + "/journal/00000.jsonl"));
}

TEST_F(Resume, SaysThatASignatureOverTheEarlierReportNoLongerFits) {
  ASSERT_TRUE(run(false));
  sign();
  clock.days = 1;
  const auto last = run(true);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(last->finish, RunOutcome::Finish::complete);
  EXPECT_TRUE(has(last->sentence, "report.sig.json no longer fits")) << last->sentence;
  const JournalCounts journal = journal_in(folder);
  EXPECT_EQ(journal.error, "");
  EXPECT_EQ(journal.kinds.at("resume"), 1);
  sign();
  EXPECT_FALSE(has(run(true)->sentence, "no longer fits"));
}

TEST_F(Resume, NeedsACampaign) {
  EXPECT_EQ(refusal(run(true)), folder + " holds no campaign to go on with");
  EXPECT_FALSE(fs::exists(folder));
  fs::create_directory(folder);
  EXPECT_EQ(refusal(run(true)), folder + " holds no campaign to go on with");
  EXPECT_TRUE(fs::is_empty(folder));
  fs::create_directory(folder + "/keys");
  std::ofstream(folder + "/keys/lock").put('x');
  EXPECT_EQ(refusal(run(true)), folder + " holds no campaign to go on with");
}

TEST_F(Resume, IsNotNeededWhereTheContractWasNeverWritten) {
  fs::create_directories(folder + "/keys");
  EXPECT_TRUE(std::ofstream(folder + "/keys/lock").good());
  std::ofstream(folder + "/contract.json.part12").put('{');
  const auto begun = run(false);
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_TRUE(read_campaign(folder, true));
}

TEST_F(Resume, IsNotReplacedByBeginningAmongOtherFiles) {
  for (const char* stray : {"/keys/00000.pem", "/notes.txt", "/locks/lock"}) {
    fs::create_directories(fs::path(folder + stray).parent_path());
    std::ofstream(folder + stray).put('x');
    EXPECT_EQ(refusal(run(false)), folder + " is not empty") << stray;
    fs::remove_all(folder);
  }
  fs::create_directories(root + "/elsewhere");
  fs::create_directory(folder);
  fs::create_directory_symlink(root + "/elsewhere", folder + "/keys");
  EXPECT_EQ(refusal(run(false)), folder + " is not empty");
}

TEST_F(Resume, IsNotBegunBehindALinkToNowhere) {
  fs::create_symlink(root + "/nowhere", folder);
  EXPECT_EQ(refusal(run(false)), folder + " is a link to what is not there");
  EXPECT_FALSE(fs::exists(root + "/nowhere"));
}

TEST_F(Resume, BeginsAnewWhatBrokeOffBeforeItsSession) {
  ASSERT_TRUE(run(false));
  for (const char* later : {"/session.json", "/journal", "/nodes", "/blobs", "/report.json"}) {
    fs::remove_all(folder + later);
  }
  const auto again = run(true);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(read_campaign(folder, true));
}

TEST_F(Resume, WithoutItsKeysIsRefusedAndMakesNone) {
  ASSERT_TRUE(run(false));
  fs::remove_all(folder + "/keys");
  clock.days = 1;
  EXPECT_EQ(refusal(run(true)), folder +
                                    "/keys/00000.pem is missing: a campaign goes on with the keys "
                                    "that it was begun with");
  EXPECT_FALSE(fs::exists(folder + "/keys"));
}

TEST_F(Resume, IsNotNeededAfterADiskThatWasFullAtTheStart) {
  const std::string disk = root + "/disk";
  folder = disk + "/out";
  fs::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=16m") != 0) {
    GTEST_SKIP() << "only root may mount the small disk that this needs";
  }
  std::ofstream(disk + "/full") << std::string(std::size_t{1} << 25U, 'x');
  EXPECT_TRUE(has(refusal(run(false)), "No space left"));
  EXPECT_TRUE(fs::exists(folder + "/keys/lock"));
  fs::remove(disk + "/full");
  const auto begun = run(false);
  EXPECT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace assay

int main(int count, char** arguments) {
  if (count > 1 && std::string(arguments[1]) == "worker") {
    return assay::be_scripted_worker(arguments[2], arguments[3]);
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
