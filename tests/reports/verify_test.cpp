#include "reports/verify.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "reports/json.h"
#include "reports/time_of_day.h"
#include "tests/doubles/reports/scratch_folder.h"
#include "tests/doubles/reports/signed_campaign.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing_doubles::CampaignBuilder;
using testing_doubles::ScratchFolder;
using testing_doubles::SignedCampaign;
using testing_doubles::slurp;
using testing_doubles::spill;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// `text` with its first `from` exchanged.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  if (place == std::string::npos) {
    ADD_FAILURE() << "no " << from;
    return text;
  }
  return text.replace(place, from.size(), to);
}

class Verify : public testing::Test {
 protected:
  Verify() : campaign_(folder_.path()) {}

  void make(int rounds = 10) {
    CampaignBuilder builder;
    builder.open();
    builder.usual_runs(rounds);
    builder.close();
    campaign_.write(builder);
  }
  [[nodiscard]] Verification verify(bool deep = true) const {
    return verify_campaign({.folder = campaign_.out(),
                            .policy_path = campaign_.policy(),
                            .deep = deep,
                            .at_s = campaign_.at_s()});
  }
  [[nodiscard]] int code(bool deep = true) const { return exit_code_of(verify(deep)); }
  [[nodiscard]] std::string report() const { return slurp(campaign_.out() + "/report.json"); }
  /// What verify says after the signer signs the report with `from` exchanged.
  Verification after_lie(const std::string& from, const std::string& to) {
    const std::string honest = report();
    campaign_.sign_instead(with(honest, from, to));
    Verification answer = verify();
    campaign_.sign_instead(honest);
    return answer;
  }

  ScratchFolder folder_;
  SignedCampaign campaign_;
};

TEST_F(Verify, AcceptsAHealthyCampaign) {
  make();
  for (const bool deep : {false, true}) {
    const Verification answer = verify(deep);
    EXPECT_EQ(answer.indication, Indication::total_passed) << answer.sentence;
    EXPECT_EQ(answer.decision, Decision::limits_met);
    EXPECT_TRUE(answer.policy_met);
    EXPECT_EQ(answer.signers.size(), 1U);
    EXPECT_EQ(exit_code_of(answer), 0);
    const std::vector<std::string>& list = deep ? answer.checked : answer.not_checked;
    EXPECT_TRUE(std::any_of(list.begin(), list.end(), [](const std::string& line) {
      return has(line, "recomputed from its blocks");
    }));
  }
}

TEST_F(Verify, SaysValidButNotAcceptedByFive) {
  make(3);
  EXPECT_EQ(verify().decision, Decision::not_accepted);
  EXPECT_EQ(code(), 5);
}

TEST_F(Verify, SaysValidButRejectedByFive) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.ending = "wrong_result", .wrong = 1});
  builder.close();
  campaign_.write(builder);
  EXPECT_EQ(verify().decision, Decision::limits_missed);
  EXPECT_EQ(code(), 5);
}

TEST_F(Verify, HoldsTheCampaignAgainstTheContractThatThePolicyNames) {
  make(10);
  EXPECT_EQ(code(), 0);
  const std::string open_policy = slurp(campaign_.policy());
  const auto named = [&open_policy](const std::string& digest) {
    return "{\"contract_sha256\":\"" + digest + "\"," + open_policy.substr(1);
  };
  spill(campaign_.policy(), named(hex(sha256(slurp(campaign_.out() + "/contract.json")))));
  EXPECT_EQ(code(), 0);
  spill(campaign_.policy(), named(std::string(64, 'a')));
  EXPECT_EQ(code(), 4);
  EXPECT_TRUE(has(verify().sentence, "is not the contract that the policy names"));
  spill(campaign_.policy(), named("none"));
  EXPECT_EQ(code(), 3);
}

TEST_F(Verify, CountsExcusesOfAnAcceptanceOnlyByTheBuyersKeyThatThePolicyNames) {
  CampaignBuilder builder(with(testing_doubles::two_node_contract(), "demonstration", "acceptance"),
                          {});
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.steps = 1});
  builder.excuse(0, 1, *builder.buyer);
  builder.usual_runs(10);
  builder.close();
  campaign_.write(builder);
  EXPECT_EQ(verify().decision, Decision::accepted) << verify().sentence;
  EXPECT_EQ(code(), 4);
  EXPECT_EQ(verify().sentence,
            "session.json: its buyer_key excused 1 attempt, but the policy names none "
            "(buyer_key)");
  const std::string silent = slurp(campaign_.policy());
  const auto naming = [&silent](const std::string& key) {
    return "{\"buyer_key\":\"" + key + "\"," + silent.substr(1);
  };
  spill(campaign_.policy(), naming(base64(builder.node_keys[0].public_key())));
  EXPECT_EQ(code(), 4);
  EXPECT_TRUE(has(verify().sentence, "which is not the one that the policy names"));
  spill(campaign_.policy(), naming(builder.session.buyer_key));
  EXPECT_EQ(code(), 0) << verify().sentence;
}

TEST_F(Verify, SaysWhoseKeyExcusedWhereNoAcceptanceHangsOnIt) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempt("C-1", "box/00000/gpu0", {.steps = 1});
  builder.excuse(0, 1, *builder.buyer);
  builder.usual_runs(10);
  builder.close();
  campaign_.write(builder);
  EXPECT_EQ(code(), 0) << verify().sentence;
  const std::vector<std::string> left = verify().not_checked;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const std::string& line) {
    return has(line, "whose key excused 1 attempt");
  }));
  EXPECT_TRUE(has(report(), "Whose key excused 1 attempt:"));
}

TEST_F(Verify, NeedsASignatureAndAReport) {
  make(1);
  fs::rename(campaign_.out() + "/report.sig.json", folder_ / "away");
  EXPECT_EQ(code(), 1);
  EXPECT_TRUE(has(verify().sentence, "report.sig.json"));
  fs::rename(folder_ / "away", campaign_.out() + "/report.sig.json");
  fs::rename(campaign_.out() + "/report.json", folder_ / "away");
  EXPECT_EQ(code(), 1);
  EXPECT_TRUE(has(verify().sentence, "report.json"));
}

TEST_F(Verify, DoesNotCallACampaignInvalidThatItCouldNotRead) {
  make(1);
  const auto verify_in = [this](const std::string& folder) {
    return verify_campaign({.folder = folder,
                            .policy_path = campaign_.policy(),
                            .deep = false,
                            .at_s = campaign_.at_s()});
  };
  for (const std::string& folder :
       {campaign_.out() + "-mistyped", campaign_.out() + "/report.json"}) {
    const Verification answer = verify_in(folder);
    EXPECT_EQ(exit_code_of(answer), 3) << folder;
    EXPECT_EQ(answer.sub_indication, "SIGNED_DATA_NOT_FOUND");
    EXPECT_TRUE(has(answer.sentence, folder)) << answer.sentence;
  }
  fs::remove(campaign_.out() + "/journal/00000.jsonl");
  EXPECT_EQ(exit_code_of(verify_in(campaign_.out())), 1) << "missing evidence is no reading error";
}

TEST_F(Verify, HoldsTheCampaignAgainstTheSessionThatThePolicyNames) {
  make();
  const std::string session = hex(sha256(slurp(campaign_.out() + "/session.json")));
  const std::string policy = slurp(campaign_.policy());
  const auto naming = [&](const std::string& digest) {
    std::string text = policy;
    text.insert(1, R"("session_sha256":")" + digest + R"(",)");
    spill(folder_ / "own.json", text);
    return verify_campaign({.folder = campaign_.out(),
                            .policy_path = folder_ / "own.json",
                            .deep = false,
                            .at_s = campaign_.at_s()});
  };
  EXPECT_EQ(exit_code_of(naming(session)), 0);
  const Verification other = naming(std::string(64, 'a'));
  EXPECT_EQ(exit_code_of(other), 4);
  EXPECT_TRUE(has(other.sentence, "is not the session that the policy names")) << other.sentence;
}

TEST_F(Verify, TellsTheMarksOfTheEvidence) {
  make();
  EXPECT_EQ(verify().marks, std::vector<std::string>{"simulated"});
}

TEST_F(Verify, NeedsAPolicyFromElsewhere) {
  make(1);
  const std::string inside = campaign_.out() + "/policy.json";
  fs::copy_file(campaign_.policy(), inside);
  EXPECT_EQ(code(), 5) << "a policy in the folder is ignored";
  const Verification answer = verify_campaign(
      {.folder = campaign_.out(), .policy_path = inside, .deep = false, .at_s = campaign_.at_s()});
  EXPECT_EQ(exit_code_of(answer), 3);
  EXPECT_TRUE(has(answer.sentence, "must be the verifier's own"));
  const Verification none = verify_campaign({.folder = campaign_.out(),
                                             .policy_path = folder_ / "none.json",
                                             .deep = false,
                                             .at_s = campaign_.at_s()});
  EXPECT_EQ(exit_code_of(none), 3);
}

TEST_F(Verify, FollowsTheVerifiersLinkButNoneThatComesWithTheCampaign) {
  make();
  const auto code_with = [this](const std::string& policy) {
    return exit_code_of(verify_campaign({.folder = campaign_.out(),
                                         .policy_path = policy,
                                         .deep = false,
                                         .at_s = campaign_.at_s()}));
  };
  const std::string own = folder_ / "own.json";
  fs::create_symlink(campaign_.policy(), own);
  EXPECT_EQ(code_with(own), 0);
  const std::string inside = campaign_.out() + "/policy.json";
  fs::create_symlink(campaign_.policy(), inside);
  EXPECT_EQ(code_with(inside), 3) << "a link that comes with the campaign leads out of it";
  fs::create_symlink(inside, folder_ / "over.json");
  EXPECT_EQ(code_with(folder_ / "over.json"), 3) << "a link of one's own leads over one of theirs";
  fs::create_directory_symlink(folder_.path(), campaign_.out() + "/away");
  EXPECT_EQ(code_with(campaign_.out() + "/away/own.json"), 3);
  fs::remove(inside);
  fs::copy_file(campaign_.policy(), inside);
  fs::create_symlink(inside, folder_ / "into.json");
  EXPECT_EQ(code_with(folder_ / "into.json"), 3) << "a link of one's own leads into the campaign";
}

TEST_F(Verify, FollowsNoFolderLinkThatComesWithTheCampaign) {
  make();
  const auto code_with = [this](const std::string& policy) {
    return exit_code_of(verify_campaign({.folder = campaign_.out(),
                                         .policy_path = policy,
                                         .deep = false,
                                         .at_s = campaign_.at_s()}));
  };
  fs::create_directory(folder_ / "own");
  fs::copy_file(campaign_.policy(), folder_ / "own/p.json");
  fs::create_directory_symlink(folder_ / "own", folder_ / "sym");
  EXPECT_EQ(code_with(folder_ / "sym/p.json"), 0);
  fs::create_directory_symlink(folder_ / "own", campaign_.out() + "/inner");
  fs::create_directory_symlink(campaign_.out() + "/inner", folder_ / "over");
  EXPECT_EQ(code_with(folder_ / "over/p.json"), 3) << "one's own link leads over theirs";
  EXPECT_EQ(code_with(campaign_.out() + "/inner/../own/p.json"), 3);
  EXPECT_EQ(code_with(campaign_.out() + "/journal/../../own/p.json"), 3);
  EXPECT_EQ(code_with(campaign_.out() + "/../own/p.json"), 0) << "the folder itself is named";
  fs::create_directory_symlink(campaign_.out(), folder_ / "whole");
  EXPECT_EQ(code_with(folder_ / "whole/inner/p.json"), 3);
  EXPECT_EQ(code_with(folder_ / "whole/../own/p.json"), 0);
}

TEST_F(Verify, TrustsNobodyElse) {
  make(1);
  const ScratchFolder other;
  const SignedCampaign stranger(other.path());
  const Verification answer = verify_campaign({.folder = campaign_.out(),
                                               .policy_path = stranger.policy(),
                                               .deep = false,
                                               .at_s = campaign_.at_s()});
  EXPECT_EQ(exit_code_of(answer), 3);
  EXPECT_EQ(answer.sub_indication, "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(Verify, HoldsThePolicysThreshold) {
  make();
  spill(campaign_.policy(),
        with(slurp(campaign_.policy()), R"("threshold":1)", R"("threshold":2)"));
  EXPECT_EQ(code(), 4) << verify().sentence;
}

TEST_F(Verify, WorksInAnyYear) {
  make();
  for (const std::int64_t at_s : {std::int64_t{0}, std::int64_t{2'208'988'800}}) {
    const Verification answer = verify_campaign({.folder = campaign_.out(),
                                                 .policy_path = campaign_.policy(),
                                                 .deep = false,
                                                 .at_s = at_s});
    EXPECT_EQ(exit_code_of(answer), 3) << "outside the certificate's life nothing is proven";
  }
}

TEST_F(Verify, FindsASignersLiesByPlace) {
  make(3);
  struct Lie {
    std::string from, to, answer;
  };
  for (const Lie& lie : std::vector<Lie>{
           {R"("verdict":"INCONCLUSIVE")", R"("verdict":"ACCEPT")",
            R"(clauses[0].verdicts[0].verdict is "ACCEPT", but the evidence makes it )"
            R"("INCONCLUSIVE")"},
           {R"("decision":"not_accepted")", R"("decision":"limits_met")", "decision is"},
           {R"("tree_size":2)", R"("tree_size":1)", "evidence.tree_size is 1"},
           {R"("tree_size":2)", R"("tree_size":3)", "evidence.tree_size is 3"},
           {R"("limit":"150 TFLOP/s")", R"("limit":"140 TFLOP/s")", "clauses[0].promise.limit"},
           {R"("marks":["simulated"])", R"("marks":[])", "marks[0] is nothing"},
           {R"("remarks":[])", R"("remarks":["all well"])", R"(remarks[0] is "all well")"},
           {R"("expected":4)", R"("expected":3)", "clauses[0].counts.expected"}}) {
    const Verification answer = after_lie(lie.from, lie.to);
    EXPECT_EQ(exit_code_of(answer), 1);
    EXPECT_TRUE(has(answer.sentence, lie.answer)) << answer.sentence;
  }
}

TEST_F(Verify, FindsAReportThatCallsAnotherItemTheOddOne) {
  CampaignBuilder builder;
  builder.open();
  builder.round();
  builder.attempts_together("C-1", {{"box/00000/gpu0", {}},
                                    {"box/00000/gpu1", {.outputs = "others"}},
                                    {"box/00001/gpu0", {}},
                                    {"box/00001/gpu1", {}}});
  builder.close();
  campaign_.write(builder);
  const Verification answer = after_lie("gpu1 is the odd one.", "gpu0 is the odd one.");
  EXPECT_TRUE(has(answer.sentence, "clauses[0].verdicts[1].detail")) << answer.sentence;
}

TEST_F(Verify, WantsTheReportInItsOneForm) {
  make(1);
  EXPECT_EQ(exit_code_of(after_lie("{", "{ ")), 1);
  EXPECT_EQ(exit_code_of(after_lie(R"("tree_size":2)", R"("tree_size":2.0)")), 1);
  EXPECT_EQ(exit_code_of(after_lie(R"("tree_size":2)", R"("tree_size":2,"tree_size":2)")), 1);
  EXPECT_EQ(exit_code_of(after_lie(R"("tree_size":2})", R"("tree_size":2,"z":1})")), 1);
  EXPECT_EQ(exit_code_of(after_lie("{", "\xef\xbb\xbf{")), 1);
}

TEST_F(Verify, DoesNotJudgeByRulesItDoesNotKnow) {
  make(1);
  const Verification answer = after_lie("assay.report/1", "assay.report/2");
  EXPECT_EQ(exit_code_of(answer), 3) << answer.sentence;
  EXPECT_NE(exit_code_of(after_lie("assay.report/1", "other.report/1")), 0);
}

TEST_F(Verify, NeverAcceptsMarkedEvidence) {
  const std::string text =
      with(with(with(testing_doubles::two_node_contract(), "demonstration", "acceptance"),
                R"("at_least":"100 GB/s")", R"("at_least":"120 GB/s")"),
           R"("weight":"advisory")", R"("weight":"mandatory")");
  CampaignBuilder builder(text, {"emulated"});
  builder.open();
  builder.usual_runs(10);
  builder.close();
  campaign_.write(builder);
  const Verification answer = verify();
  EXPECT_EQ(exit_code_of(answer), 1);
  EXPECT_TRUE(has(answer.sentence, "marked 'emulated'")) << answer.sentence;
}

TEST_F(Verify, AcceptsTheSameCampaignWithoutMarks) {
  CampaignBuilder builder(with(testing_doubles::two_node_contract(), "demonstration", "acceptance"),
                          {});
  builder.open();
  builder.usual_runs(10);
  builder.close();
  campaign_.write(builder);
  const Verification answer = verify();
  EXPECT_EQ(answer.decision, Decision::accepted) << answer.sentence;
  EXPECT_EQ(exit_code_of(answer), 0);
}

TEST_F(Verify, NamesWhatItDidNotCheck) {
  make(1);
  spill(campaign_.out() + "/notes.txt", "x");
  const Verification answer = verify();
  EXPECT_EQ(exit_code_of(answer), 5) << "a stray file is no part of the evidence";
  EXPECT_TRUE(has(answer.not_checked.back(), "notes.txt is no part of the campaign"));
}

TEST_F(Verify, SaysWhereNothingTiesTheWorkOfAStepToTheContract) {
  CampaignBuilder builder;
  builder.open();
  builder.usual_runs(1);
  builder.close();
  campaign_.write(builder);
  const std::vector<std::string> left = verify().not_checked;
  const auto named = [&left](const std::string& clause) {
    return std::any_of(left.begin(), left.end(), [&clause](const std::string& line) {
      return has(line, "what a step of clause " + clause + " is");
    });
  };
  EXPECT_FALSE(named("C-1"));
  EXPECT_TRUE(named("C-2"));
  EXPECT_FALSE(has(report(), "What one step of clause C-1"));
  EXPECT_TRUE(has(report(), "What one step of clause C-2"));
}

TEST_F(Verify, SaysThatTheHolderOfTheNonceCouldComputeAhead) {
  make(1);
  const std::vector<std::string> left = verify().not_checked;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(), [](const std::string& line) {
    return has(line, "no link of the nonce was known before its round");
  }));
  EXPECT_TRUE(has(report(), "Whoever holds the last link of the nonce chain"));
}

TEST_F(Verify, DoesNotTakeACampaignFromTheFuture) {
  const auto opened_ahead = [this](std::int64_t seconds) {
    CampaignBuilder builder;
    builder.session.created = time_of_day(campaign_.at_s() + seconds);
    builder.open();
    builder.close();
    campaign_.write(builder);
  };
  constexpr std::int64_t k_signed = -60;  // the test's campaigns, before they are verified
  constexpr std::int64_t k_skew = 300;    // what the policy allows a clock to be ahead
  opened_ahead(k_signed + k_skew);
  EXPECT_EQ(code(), 5) << verify().sentence;
  opened_ahead(k_signed + k_skew + 1);
  EXPECT_EQ(code(), 3);
  EXPECT_TRUE(has(verify().sentence, "after a signature over it says it was made"));
  const auto verified = [this](std::int64_t seconds) {
    return verify_campaign({.folder = campaign_.out(),
                            .policy_path = campaign_.policy(),
                            .deep = true,
                            .at_s = campaign_.at_s() + seconds});
  };
  EXPECT_EQ(exit_code_of(verified(3600)), 3) << "no time makes it right";
  opened_ahead(k_signed + k_skew);
  const Verification early = verified(k_signed - 1);
  EXPECT_EQ(exit_code_of(early), 3);
  EXPECT_TRUE(has(early.sentence, "after the time of verification")) << early.sentence;
}

TEST_F(Verify, OldReportOverNewEvidenceIsFound) {
  make(1);
  const std::string old_report = report();
  make(2);
  campaign_.sign_instead(old_report);
  EXPECT_EQ(code(false), 1);
}

TEST_F(Verify, AnotherReportsSignatureIsFound) {
  make(1);
  const std::string other = slurp(campaign_.out() + "/report.sig.json");
  make(2);
  spill(campaign_.out() + "/report.sig.json", other);
  const Verification answer = verify(false);
  EXPECT_EQ(exit_code_of(answer), 1);
  EXPECT_EQ(answer.sub_indication, "SIG_CRYPTO_FAILURE");
}

TEST_F(Verify, ReportsNoHostName) {
  make(1);
  EXPECT_FALSE(has(report(), "must-not-be-reported"));
  EXPECT_TRUE(has(report(), R"("cpu_model":"Simulated")"));
}

TEST_F(Verify, FindsAnyFlippedBitInAnyFile) {
  make(10);
  ASSERT_EQ(code(), 0);
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(campaign_.out())) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path().string());
    }
  }
  std::mt19937 random(20260301);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same places each time
  for (int i = 0; i < 600; ++i) {
    const std::string& name = files[random() % files.size()];
    const std::string bytes = slurp(name);
    std::string spoilt = bytes;
    const std::size_t place = random() % bytes.size();
    spoilt[place] = static_cast<char>(spoilt[place] ^ static_cast<char>(1 << (random() % 8)));
    spill(name, spoilt);
    const Verification answer = verify(false);
    EXPECT_NE(exit_code_of(answer), 0) << name << " at " << place;
    EXPECT_FALSE(answer.sentence.empty());
    spill(name, bytes);
  }
  EXPECT_EQ(code(), 0);
}

}  // namespace
}  // namespace assay
