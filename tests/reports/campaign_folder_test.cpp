// A campaign's folder on the disk: what is missing, cut, doubled or swapped there.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/reports/campaign_support.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::refusal;
using testing_doubles::says;
using testing_doubles::ScratchFolder;
using testing_doubles::slurp;
using testing_doubles::spill;
using testing_doubles::usual;

namespace fs = std::filesystem;

/// A campaign on the disk, spoilt there and put right again.
class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    CampaignBuilder builder = usual(2);
    ASSERT_TRUE(builder.write(folder_.path()));
    ASSERT_EQ(refusal(folder_.path()), "");
  }
  [[nodiscard]] std::string blob() const {
    for (const std::string& name : folder_.files()) {
      if (name.rfind("blobs/", 0) == 0) {
        return name;
      }
    }
    return "none";
  }
  [[nodiscard]] std::vector<std::string> parts() const {
    return {"contract.json",
            "session.json",
            "journal/00000.jsonl",
            "journal/00001.jsonl",
            "nodes/00000.jws",
            "nodes/00001.jws",
            blob()};
  }
  ScratchFolder folder_;
};

TEST_F(OnDisk, MissingIsFoundByName) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    fs::remove(folder_ / name);
    EXPECT_TRUE(says(refusal(folder_.path(), false), name));
    spill(folder_ / name, bytes);
  }
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, CutOrEmptyOrLongerIsFound) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    const bool is_text = name == "contract.json";  // ends with its brace, white space may follow
    for (const std::string& spoilt :
         {bytes.substr(0, bytes.size() - 1), bytes.substr(0, bytes.size() / 2), std::string(),
          bytes + (is_text ? " " : "\n"), bytes + bytes}) {
      spill(folder_ / name, spoilt);
      EXPECT_NE(refusal(folder_.path(), false), "") << name << " of " << spoilt.size();
    }
    spill(folder_ / name, bytes);
  }
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, LinkPipeFolderAndSparseGiantAreRefused) {
  for (const std::string& name : parts()) {
    const std::string path = folder_ / name;
    const std::string bytes = slurp(path);
    spill(folder_ / "elsewhere", bytes);
    fs::remove(path);
    fs::create_symlink(folder_ / "elsewhere", path);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    fs::create_directory(path);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    fs::remove(path);
    spill(path, "");
    fs::resize_file(path, std::uintmax_t{1} << 40);
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
    spill(path, bytes);
  }
  fs::remove(folder_ / "elsewhere");
  EXPECT_EQ(refusal(folder_.path()), "");
}

TEST_F(OnDisk, FoldersAreNoLinks) {
  for (const std::string name : {"journal", "nodes", "blobs"}) {
    fs::rename(folder_ / name, folder_ / "away");
    fs::create_directory_symlink(folder_ / "away", folder_ / name);
    EXPECT_TRUE(says(refusal(folder_.path(), false), name + " is no folder"));
    fs::remove(folder_ / name);
    fs::rename(folder_ / "away", folder_ / name);
  }
}

TEST_F(OnDisk, EvidenceOfAnUnknownNodeIsAnError) {
  fs::copy_file(folder_ / "journal/00000.jsonl", folder_ / "journal/00002.jsonl");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "journal/00002.jsonl belongs to a node"));
  fs::remove(folder_ / "journal/00002.jsonl");
  fs::copy_file(folder_ / "nodes/00000.jws", folder_ / "nodes/00002.jws");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00002.jws belongs to a node"));
}

TEST_F(OnDisk, StrangeFilesAreNamed) {
  spill(folder_ / "notes.txt", "x");
  spill(folder_ / "blobs/sha256/0000", "x");
  spill(folder_ / "policy.json", "{}");
  fs::create_directory(folder_ / "keys");
  const Result<Campaign> campaign = read_campaign(folder_.path(), false);
  ASSERT_TRUE(campaign) << campaign.error().message;
  EXPECT_EQ(campaign->strays,
            (std::vector<std::string>{
                "keys/ still holds the secrets of the campaign: don't hand it over",
                "notes.txt is no part of the campaign", "policy.json is no part of the campaign",
                "blobs/sha256/0000 is no part of the campaign"}));
  EXPECT_TRUE(campaign->remarks.empty()) << "the report must not depend on them";
}

TEST_F(OnDisk, AFileThatLooksOfficialButThatNobodyChecksIsNamed) {
  for (const char* name : {"report.pdf", "report.html", "VERIFY.txt", "session.sig.json",
                           "plan.json", "manifest-sha256.txt"}) {
    spill(folder_ / name, "ACCEPTED");
    const Result<Campaign> campaign = read_campaign(folder_.path(), false);
    ASSERT_TRUE(campaign) << campaign.error().message;
    EXPECT_EQ(campaign->strays,
              std::vector<std::string>{std::string(name) + " is no part of the campaign"});
    fs::remove(folder_ / name);
  }
  const Result<Campaign> clean = read_campaign(folder_.path(), false);
  ASSERT_TRUE(clean) << clean.error().message;
  EXPECT_TRUE(clean->strays.empty());
}

TEST_F(OnDisk, SwappedOrDoubledEvidenceIsFound) {
  const auto swap = [this](const std::string& a, const std::string& b) {
    fs::rename(folder_ / a, folder_ / "away");
    fs::rename(folder_ / b, folder_ / a);
    fs::rename(folder_ / "away", folder_ / b);
  };
  swap("journal/00000.jsonl", "journal/00001.jsonl");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "journal/00000.jsonl has"));
  swap("nodes/00000.jws", "nodes/00001.jws");
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00000.jws: the signature is not"));
  swap("journal/00000.jsonl", "journal/00001.jsonl");
  swap("nodes/00000.jws", "nodes/00001.jws");
  ASSERT_EQ(refusal(folder_.path(), false), "");
  spill(folder_ / "nodes/00001.jws", slurp(folder_ / "nodes/00000.jws"));
  EXPECT_TRUE(says(refusal(folder_.path(), false), "nodes/00001.jws"));
}

TEST_F(OnDisk, AnotherSessionsEvidenceIsFound) {
  const ScratchFolder other;
  CampaignBuilder builder;
  builder.session.id = "S-2";
  builder.open();
  builder.usual_runs(2);
  builder.close();
  ASSERT_TRUE(builder.write(other.path()));
  for (const std::string name : {"journal/00000.jsonl", "nodes/00000.jws", "session.json"}) {
    spill(folder_ / name, slurp(other / name));
    EXPECT_NE(refusal(folder_.path(), false), "") << name;
  }
}

TEST_F(OnDisk, EveryFlippedBitIsFound) {
  for (const std::string& name : parts()) {
    const std::string bytes = slurp(folder_ / name);
    const std::size_t step = bytes.size() / 40 + 1;
    for (std::size_t place = 0; place < bytes.size(); place += step) {
      std::string spoilt = bytes;
      spoilt[place] = static_cast<char>(spoilt[place] ^ (1 << (place % 8)));
      spill(folder_ / name, spoilt);
      EXPECT_NE(refusal(folder_.path(), false), "") << name << " at " << place;
    }
    spill(folder_ / name, bytes);
  }
}

}  // namespace
}  // namespace assay
