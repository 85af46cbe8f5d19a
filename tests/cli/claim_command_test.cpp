// assay claim as a person and a script call it, on the claims that were made in public.
#include <algorithm>

#include <gtest/gtest.h>

#include "reports/json.h"
#include "tests/cli/program.h"

namespace assay {
namespace {

const std::string k_source = std::string(ASSAY_SOURCE_DIR) + "/";
const std::string k_munich = k_source + "contracts/industrial-ai-cloud.json";
const std::string k_dgx = k_source + "contracts/dgx-b200-node.json";

std::string inventory(const std::string& name) {
  return k_source + "tests/data/inventories/" + name + ".json";
}

Json claim_json(const std::string& claim, const std::string& path) {
  const Ended ended = assay_program({"claim", claim, "--inventory", path, "--json"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto json = read_json(ended.out.substr(0, ended.out.size() - 1));
  EXPECT_TRUE(json) << ended.out;
  return json ? *json : Json();
}

/// "FP4 sparse 100.0 %, ...": the readings that match.
std::string matches(const Json& json) {
  std::string text;
  for (const Json& reading : *json.find("readings")->array()) {
    if (*reading.find("matches")->boolean()) {
      text += (text.empty() ? "" : ", ") + *reading.find("precision")->text() + " " +
              *reading.find("sparsity")->text() + " " + *reading.find("of_claim")->text();
    }
  }
  return text;
}

TEST(ClaimCommand, FindsWhatPublicClaimsMean) {
  EXPECT_EQ(matches(claim_json("3000 EFLOP/s", inventory("europe-gb200"))), "FP4 sparse 100.0 %");
  EXPECT_EQ(matches(claim_json("3000 EFLOP/s", inventory("europe-b200"))), "FP4 sparse 100.0 %");
  EXPECT_EQ(matches(claim_json("144 PFLOP/s", k_dgx)), "FP4 sparse 100.0 %");
  EXPECT_EQ(matches(claim_json("72 PFLOP/s", k_dgx)),
            "FP8 sparse 100.0 %, FP6 sparse 100.0 %, FP4 dense 100.0 %");
  EXPECT_EQ(matches(claim_json("21 EFLOP/s", inventory("isambard-ai"))), "FP8 sparse 102.6 %");
}

TEST(ClaimCommand, SaysThatHalfAnExaflopForMunichCannotBeReproduced) {
  for (const std::string& path : {k_munich, inventory("munich-b200")}) {
    const Json json = claim_json("0.5 EFLOP/s", path);
    EXPECT_FALSE(*json.find("reproducible")->boolean());
    EXPECT_EQ(*json.find("gpus")->text(), "10000");
    EXPECT_EQ(*json.find("each")->text(), "50.00 TFLOP/s");
    EXPECT_TRUE(json.find("verdict")->text()->starts_with(
        "Not reproducible: the buyer must fix the definition."));
    const Ended people = assay_program({"claim", "0.5 EFLOP/s", "--inventory", path});
    EXPECT_EQ(people.exit_code, 0);
    EXPECT_NE(people.out.find("Not reproducible: the buyer must fix the definition."),
              std::string::npos)
        << people.out;
  }
}

TEST(ClaimCommand, ShowsTheEquivalentsOfAMatchWithTheirSource) {
  const Ended ended = assay_program({"claim", "144 PFLOP/s", "--inventory", k_dgx});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* part :
       {"8 GPUs, 18.00 PFLOP/s each", "8 x NVIDIA B200 (b200)",
        "* FP4          sparse    144.0 PFLOP/s    100.0 %", "Reproducible as FP4 sparse only",
        "\n  dense                        72.00 PFLOP/s\n",
        "\n  matrix products              54.00 to 54.72 PFLOP/s\n", "copied: NVIDIA's HGX",
        "confidence medium (published for a sibling)"}) {
    EXPECT_NE(ended.out.find(part), std::string::npos) << part << "\n" << ended.out;
  }
}

TEST(ClaimCommand, SaysInJsonWhatIsProvisionalAndWhereFiguresComeFrom) {
  const Json json = claim_json("0.5 EFLOP/s", k_munich);
  int ranges = 0;
  int figures = 0;
  for (const Json& reading : *json.find("readings")->array()) {
    for (const Json& range : *reading.find("sustained")->array()) {
      EXPECT_TRUE(*range.find("provisional")->boolean()) << "nobody measured the RTX PRO's";
      EXPECT_FALSE(range.find("sources")->array()->empty());
      ++ranges;
    }
    for (const Json& figure : *reading.find("figures")->array()) {
      EXPECT_FALSE(figure.find("source")->text()->empty());
      ++figures;
    }
  }
  EXPECT_EQ(ranges, 12) << "six of dense readings, each again for the sparse one";
  EXPECT_GT(figures, 20);
}

TEST(ClaimCommand, FitsEightyColumns) {
  for (const std::string& path : {k_munich, k_dgx, inventory("isambard-ai")}) {
    std::size_t column = 0;
    for (const char c : assay_program({"claim", "21 EFLOP/s", "--inventory", path}).out) {
      column = c == '\n' ? 0 : column + 1;
      ASSERT_LE(column, 80U) << path;
    }
  }
}

TEST(ClaimCommand, RefusesAClaimThatIsNoneAsAUsageErrorInOneSentence) {
  for (const char* claim : {"0.5", "0.5 exaflops", "0.5 TB/s", "0 EFLOP/s", "3,000 EFLOP/s"}) {
    const Ended ended = assay_program({"claim", claim, "--inventory", k_dgx});
    EXPECT_EQ(ended.exit_code, 64) << claim;
    EXPECT_TRUE(ended.err.starts_with("assay: CLAIM: '" + std::string(claim) + "' ")) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

TEST(ClaimCommand, RefusesAnInventoryItCannotCountInOneSentenceWithItsPlace) {
  const ScratchFolder folder;
  const std::string path = folder.file("contract.json");
  std::string text = whole_file(inventory("isambard-ai"));
  text.replace(text.find("NVIDIA GH200 120GB"), 18, "AMD Instinct MI300");
  std::ofstream(path, std::ios::binary) << text;
  for (const auto& [file, sentence] : std::vector<std::pair<std::string, std::string>>{
           {path, "inventory[0].gpus.model: no nameplate of 'AMD Instinct MI300' is known"},
           {k_source + "contracts/this-host.json", "inventory: no line has GPUs"},
           {k_source + "CHANGELOG.md", ""},
           {folder.file("nothing.json"), ""}}) {
    const Ended ended = assay_program({"claim", "21 EFLOP/s", "--inventory", file});
    EXPECT_EQ(ended.exit_code, 65) << file;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(file), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find(sentence), std::string::npos) << ended.err;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
}

}  // namespace
}  // namespace assay
