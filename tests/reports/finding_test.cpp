// A finding is what its facts make of it, whoever wrote the journal.
#include <functional>

#include <gtest/gtest.h>

#include "harness/model/judge.h"
#include "reports/campaign.h"
#include "reports/machine_facts.h"
#include "tests/doubles/reports/campaign_builder.h"
#include "tests/doubles/reports/scratch_folder.h"
#include "tests/model/machine_maker.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::readings_of_gpu;
using testing_doubles::ScratchFolder;

constexpr const char* k_node = "b200/00000";

std::string contract() {
  return R"({"schema":"assay.contract/1","id":"found","purpose":"demonstration",
"title":{"en":"Found"},"parties":{"buyer":{"name":"B"},"supplier":{"name":"S"}},
"inventory":[{"id":"b200","kind":"dgx-b200","nodes":1,
"gpus":{"model":"NVIDIA B200","count":2,"memory":"180 GB","power_limit":"1000 W"}}],
"sessions":{"days":1},"conditions":{"block_gap":"1 %","clock_disagreement":"0.01 %"},
"clauses":[
{"id":"I-1","title":{"en":"Inventory"},"case":"system.inventory","population":"b200",
"scope":"each_node","params":{"cpu_cores":112,"ecc":"on","host_memory_gib":2000,"mig":"off",
"nvlinks":2,"pcie_generation":5,"pcie_width":16},"rule":"once","weight":"mandatory"},
{"id":"I-2","title":{"en":"Health"},"case":"system.health","population":"b200",
"scope":"each_node","params":{"nvlink_recoveries":"none","remapped_rows":2,
"thermal_slowdown":"none","xid_counted":1},"rule":"once","weight":"mandatory"}]})";
}

/// Inventory, health, and health again, as a controller writes them.
CampaignBuilder looked_at(const MachineFacts& first, const MachineFacts& last) {
  CampaignBuilder builder(contract());
  builder.open();
  builder.round();
  builder.finding("I-1", k_node, first);
  builder.finding("I-2", k_node, first);
  builder.round();
  builder.finding("I-2", k_node, last, &first);
  builder.close();
  return builder;
}

struct Read {
  std::string refusal;  ///< "" if it was read and judged.
  Judgement judgement;
  [[nodiscard]] Verdict verdict(std::size_t clause) const {
    return judgement.clauses.at(clause).verdicts.at(0);
  }
};

Read read(CampaignBuilder& builder) {
  const ScratchFolder folder;
  const auto written = builder.write(folder.path());
  EXPECT_TRUE(written) << written.error().message;
  const auto campaign = read_campaign(folder.path(), true);
  if (!campaign) {
    return {.refusal = campaign.error().message, .judgement = {}};
  }
  return {.refusal = "",
          .judgement = judge(campaign->contract, campaign->roster, campaign->evidence)};
}

Json::Object& end_line(CampaignBuilder& builder, std::size_t n) {
  for (auto& line : builder.journals[0]) {
    if (line.kind == "end" && n-- == 0) {
      return line.members;
    }
  }
  ADD_FAILURE() << "no such end";
  return builder.journals[0].front().members;
}

void set(Json::Object& object, std::string_view name, Json value) {
  for (auto& [key, old] : object) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  object.emplace_back(name, std::move(value));
}

const Json* member_of(const testing_doubles::Line& line, std::string_view name) {
  for (const auto& [key, value] : line.members) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

TEST(Finding, OfAHealthyMachineIsAccepted) {
  CampaignBuilder builder = looked_at(healthy_machine(), healthy_machine());
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.judgement.decision, Decision::limits_met);
}

TEST(Finding, OfSomethingElseIsRejectedWithItsSentence) {
  MachineFacts other = healthy_machine();
  other.gpus[1].ecc = shown(false);
  CampaignBuilder builder = looked_at(other, healthy_machine());
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(0).reason, Reason::not_as_ordered);
  EXPECT_EQ(result.verdict(0).detail,
            "Attempt 1 found something else than was ordered: gpu1's ECC is off; ordered is on.");
  EXPECT_EQ(result.judgement.decision, Decision::limits_missed);
}

/// As contract(), with a clause that measures the GPUs.
std::string contract_with_load() {
  const std::string clause = R"({"id":"C-1","title":{"en":"Product"},"case":"compute.gemm",
"population":"b200","scope":"each_gpu","concurrent":"one_at_a_time","params":{"input":"bf16",
"accumulate":"f32","output":"bf16","sparsity":"dense","emulation":"forbidden",
"operands":"integers","m":10000,"n":10000,"k":10000},"window":"1 s","rule":"1-5-9",
"at_least":"150 TFLOP/s","at_most_plausible":"400 TFLOP/s","weight":"mandatory"},)";
  std::string text = contract();
  return text.insert(text.find(R"({"id":"I-1")"), clause);
}

TEST(Finding, ComesBeforeTheLoadThatCouldChangeIt) {
  const auto refusal = [](bool load_first) {
    CampaignBuilder builder(contract_with_load());
    builder.open();
    builder.round();
    if (load_first) {
      builder.attempt("C-1", "b200/00000/gpu1",
                      {.serial = "B", .telemetry = readings_of_gpu(1'000'000)});
    }
    builder.finding("I-2", k_node, healthy_machine());
    builder.attempt("C-1", "b200/00000/gpu1",
                    {.serial = "B", .telemetry = readings_of_gpu(1'000'000)});
    return read(builder).refusal;
  };
  EXPECT_EQ(refusal(false), "");
  EXPECT_EQ(refusal(true),
            "journal/00000.jsonl:7: clause: I-2 looks at 'b200/00000' for the first time, but "
            "attempt 1 has measured it already");
}

TEST(Finding, OrdersTheStateThatEveryWindowMustShow) {
  const auto refusal = [](const std::string& reading, std::int64_t value) {
    Readings readings = readings_of_gpu(1'000'000);
    readings[reading] = {value, ""};
    CampaignBuilder builder(contract_with_load());
    builder.open();
    builder.round();
    builder.finding("I-1", k_node, healthy_machine());
    builder.attempt("C-1", "b200/00000/gpu1", {.serial = "B", .telemetry = readings});
    return read(builder).refusal;
  };
  EXPECT_EQ(refusal("gpu_ecc_after", 1), "");
  EXPECT_EQ(
      refusal("gpu_ecc_after", 0),
      "journal/00000.jsonl:8: ending: is measured, but the GPU's ECC is off, and the contract "
      "orders it on");
  EXPECT_EQ(refusal("gpu_power_limit_mw_before", 1'200'000),
            "journal/00000.jsonl:8: ending: is measured, but the GPU's enforced power limit is "
            "1.200 kW, and the contract states 1000 W");
}

TEST(Finding, OfSeveralClausesMustBeOfOneMachine) {
  MachineFacts other = healthy_machine();
  const std::string uuid = *other.gpus[0].uuid.value;
  other.gpus[0].uuid = shown<std::string>("GPU-of-another");
  MachineFacts unlike = healthy_machine();
  unlike.gpus[1].mig = shown(true);
  for (const auto& [facts, sentence] :
       {std::pair(other, "gpu0's UUID as '" + uuid + "', another as 'GPU-of-another'."),
        std::pair(unlike, std::string("gpu1's MIG mode as off, another as on."))}) {
    CampaignBuilder builder(contract());
    builder.open();
    builder.round();
    builder.finding("I-1", k_node, healthy_machine());
    builder.finding("I-2", k_node, facts);
    const Read result = read(builder);
    EXPECT_EQ(result.refusal, "");
    for (const std::size_t clause : {0U, 1U}) {
      EXPECT_EQ(result.verdict(clause).outcome, Outcome::invalid);
      EXPECT_EQ(result.verdict(clause).reason, Reason::device_changed);
      EXPECT_EQ(result.verdict(clause).detail,
                "Looks at b200/00000 contradict each other. One look shows " + sentence);
    }
  }
}

TEST(Finding, IsNotMadeWhileItsItemIsMeasured) {
  CampaignBuilder builder(contract_with_load());
  builder.open();
  builder.round();
  builder.finding("I-2", k_node, healthy_machine());
  builder.attempt("C-1", "b200/00000/gpu1",
                  {.serial = "B", .telemetry = readings_of_gpu(1'000'000)});
  const MachineFacts first = healthy_machine();
  builder.round();
  builder.finding("I-2", k_node, healthy_machine(), &first);
  auto& lines = builder.journals[0];
  const auto is_end_of_load = [](const auto& line) {
    return line.kind == "end" && *member_of(line, "attempt")->whole() == 2;
  };
  const auto end = std::find_if(lines.begin(), lines.end(), is_end_of_load);
  std::rotate(end, end + 1, lines.end() - 1);  // within the last look
  EXPECT_EQ(read(builder).refusal,
            "journal/00000.jsonl:9: item: 'b200/00000' is looked at while attempt 2 measures "
            "'b200/00000/gpu1'");
}

TEST(Finding, OfAReplacedPartComesBeforeItsOwnLoad) {
  CampaignBuilder builder(contract_with_load());
  builder.open();
  builder.round();
  builder.finding("I-2", k_node, healthy_machine());
  builder.attempt("C-1", "b200/00000/gpu0",
                  {.serial = "A", .telemetry = readings_of_gpu(1'000'000)});
  builder.attempt("C-1", "b200/00000/gpu1",
                  {.serial = "B", .telemetry = readings_of_gpu(1'000'000)});
  builder.journals[0].push_back(
      {"replacement",
       {{"item", "b200/00000/gpu1"}, {"after", 3}, {"old_serial", "B"}, {"new_serial", "C"}}});
  builder.round();
  builder.finding("I-2", k_node, healthy_machine());
  EXPECT_EQ(read(builder).refusal, "");
}

TEST(Finding, OfTheLastLookIsComparedWithTheFirst) {
  MachineFacts worse = healthy_machine();
  worse.gpus[0].ecc_uncorrected_aggregate = shown<std::int64_t>(1);
  CampaignBuilder builder = looked_at(healthy_machine(), worse);
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(1).detail,
            "Attempt 3 found something else than was ordered: gpu0's count of uncorrectable memory "
            "errors went from 0 to 1.");
}

TEST(Finding, OfAPowerLimitThatWasRaisedAfterTheFirstLookIsRejected) {
  MachineFacts raised = healthy_machine();
  raised.gpus[0].power_limit_mw = shown<std::int64_t>(1'200'000);
  CampaignBuilder builder = looked_at(healthy_machine(), raised);
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(0).outcome, Outcome::accept);
  EXPECT_EQ(result.verdict(1).detail,
            "Attempt 3 found something else than was ordered: gpu0's enforced power limit was "
            "1000000 mW at the first look and is 1200000 mW now.");
}

TEST(Finding, OfAMachineThatWasStartedAgainBetweenTheLooksIsInconclusive) {
  MachineFacts again = healthy_machine();
  again.host.boot_id = shown<std::string>("another");
  again.xids.last_record = 5;
  CampaignBuilder builder = looked_at(healthy_machine(), again);
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(1).outcome, Outcome::inconclusive);
  EXPECT_EQ(result.judgement.decision, Decision::not_accepted);
}

TEST(Finding, ThatIsNotAllShownIsInconclusive) {
  MachineFacts silent = healthy_machine();
  silent.gpus[0].power_limit_mw = hidden<std::int64_t>();
  CampaignBuilder builder = looked_at(silent, healthy_machine());
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(0).outcome, Outcome::inconclusive);
  EXPECT_EQ(result.judgement.decision, Decision::not_accepted);
}

TEST(Finding, IsRefusedWhereTheVerdictIsNotThatOfTheFacts) {
  MachineFacts weak = healthy_machine();
  weak.gpus[1].power_limit_mw = shown<std::int64_t>(700'000);
  CampaignBuilder builder = looked_at(weak, healthy_machine());
  set(end_line(builder, 0), "matching", 1);
  set(end_line(builder, 0), "note", "");
  EXPECT_NE(read(builder).refusal.find("matching: is 1, but what was found makes it 0: gpu1's "
                                       "enforced power limit is 700.0 W"),
            std::string::npos)
      << read(builder).refusal;
}

TEST(Finding, IsRefusedWhereTheFactsAreNotThoseOfTheVerdict) {
  CampaignBuilder builder = looked_at(healthy_machine(), healthy_machine());
  MachineFacts seven = healthy_machine();
  seven.gpus.pop_back();
  set(end_line(builder, 0), "found", json_of(seven));
  EXPECT_NE(read(builder).refusal.find("gpu1 is missing."), std::string::npos)
      << read(builder).refusal;
}

struct Lie {
  std::string name;
  std::function<void(Json::Object& end)> tell;
  std::string refusal;
};

TEST(Finding, IsRefusedWithAnyOtherLie) {
  const std::vector<Lie> lies{
      {"no facts",
       [](Json::Object& end) {
         std::erase_if(end, [](const auto& each) { return each.first == "found"; });
       },
       "found: is missing, but the ending is measured"},
      {"another note", [](Json::Object& end) { set(end, "note", "All 8 GPUs were checked."); },
       "note: is not what was found"},
      {"another serial number", [](Json::Object& end) { set(end, "serial", "GPU-00"); },
       "serial: is 'GPU-00'"},
      {"another ending", [](Json::Object& end) { set(end, "ending", "no_telemetry"); },
       "ending: is no_telemetry, but what was found makes it measured"},
      {"a recording that is not marked",
       [](Json::Object& end) {
         for (auto& [name, value] : end) {
           if (name == "found") {
             set(*value.object(), "source", "replay");
           }
         }
       },
       "found: is a recording"},
      {"a fact left out",
       [](Json::Object& end) {
         for (auto& [name, value] : end) {
           if (name == "found") {
             std::erase_if(*value.object(),
                           [](const auto& each) { return each.first == "driver"; });
           }
         }
       },
       "found.driver: is missing"}};
  for (const Lie& lie : lies) {
    CampaignBuilder builder = looked_at(healthy_machine(), healthy_machine());
    lie.tell(end_line(builder, 0));
    EXPECT_NE(read(builder).refusal.find(lie.refusal), std::string::npos)
        << lie.name << ": " << read(builder).refusal;
  }
}

TEST(Finding, OfHealthThatWasNotRepeatedAfterTheLoadIsRefused) {
  CampaignBuilder builder(contract());
  builder.open();
  builder.round();
  builder.finding("I-1", k_node, healthy_machine());
  builder.finding("I-2", k_node, healthy_machine());
  builder.close();
  EXPECT_NE(read(builder).refusal.find("clause I-2 did not look at 'b200/00000' again"),
            std::string::npos)
      << read(builder).refusal;
}

TEST(Finding, OfHealthThatWasRepeatedBeforeTheLoadWasOverIsRefused) {
  const MachineFacts machine = healthy_machine();
  CampaignBuilder builder(contract());
  builder.open();
  builder.round();
  builder.finding("I-2", k_node, machine);
  builder.round();
  builder.finding("I-2", k_node, machine, &machine);
  builder.finding("I-1", k_node, machine);
  builder.close();
  EXPECT_NE(read(builder).refusal.find("again after attempt 3"), std::string::npos)
      << read(builder).refusal;
}

TEST(Finding, OfHealthWhoseLastLookNeverEndedIsNoPass) {
  CampaignBuilder builder(contract());
  builder.open();
  builder.round();
  builder.finding("I-1", k_node, healthy_machine());
  builder.finding("I-2", k_node, healthy_machine());
  builder.round();
  builder.begin("I-2", k_node);
  builder.journals[0].push_back({"resume", {{"at", "2026-03-01T08:10:00Z"}}});
  builder.close();
  const Read result = read(builder);
  EXPECT_EQ(result.refusal, "");
  EXPECT_EQ(result.verdict(1).outcome, Outcome::inconclusive);
}

TEST(MachineFacts, SurviveTheirWayThroughJson) {
  MachineFacts facts = healthy_machine();
  facts.gpus[1] = {.index = 1, .lost = "GPU is lost"};
  facts.xids.lines = {{7, "NVRM: Xid (PCI:0000:19:00): 79, x"}};
  facts.xids.first_record = 3;
  facts.xids.left_out_counting = 2;
  facts.xids.left_out_failing = 1;
  facts.xids.left_out_recorded = 4;
  const std::string text = canonical_json(json_of(facts));
  const auto json = read_canonical_json(text);
  ASSERT_TRUE(json) << json.error().message;
  const auto again = read_machine_facts(*json, "found");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(canonical_json(json_of(*again)), text);
}

TEST(MachineFacts, AreRefusedWithALogThatContradictsItself) {
  const auto refusal = [](const std::function<void(XidLog & log)>& spoil) {
    MachineFacts facts = healthy_machine();
    facts.xids.lines = {{7, "NVRM: Xid (PCI:0000:19:00): 63, x"},
                        {8, "NVRM: Xid (PCI:0000:19:00): 63, x"}};
    spoil(facts.xids);
    const auto read = read_machine_facts(json_of(facts), "found");
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(refusal([](XidLog&) {}), "");
  EXPECT_EQ(refusal([](XidLog& log) { log.last_record = 7; }),
            "found.xids: lines: has record 8 out of order or after last_record");
  EXPECT_EQ(refusal([](XidLog& log) { log.lines[1].record = 7; }),
            "found.xids: lines: has record 7 out of order or after last_record");
  EXPECT_EQ(refusal([](XidLog& log) { log.first_record = 1001; }),
            "found.xids: last_record: is before first_record");
  EXPECT_EQ(refusal([](XidLog& log) { log.last_record = -1; }),
            "found.xids: last_record: must be a whole number from 0");
  EXPECT_EQ(refusal([](XidLog& log) { log.lines[1].text = "usb 1-1: new device"; }),
            "found.xids: lines: [1].text: is no Xid");
  EXPECT_EQ(refusal([](XidLog& log) {
              for (int i = 8; i < 208; ++i) {
                log.lines.push_back({i + 1, log.lines[0].text});
              }
            }),
            "found.xids: lines: has more than 200");
}

TEST(MachineFacts, AreRefusedWithAFactBothShownAndNot) {
  MachineFacts facts = healthy_machine();
  Json::Object json = json_of(facts);
  set(json, "not_shown", Json::Object{{"driver", "hidden"}});
  EXPECT_FALSE(read_machine_facts(json, "found"));
  set(json, "not_shown", Json::Object{{"colour", "hidden"}});
  EXPECT_FALSE(read_machine_facts(json, "found"));
}

}  // namespace
}  // namespace assay
