// Which way messages went, in the telemetry and in a journal.
#include "reports/path_witness.h"

#include "reports/judge_campaign.h"
#include "reports/slow_link.h"
#include "tests/reports/campaign_support.h"

namespace assay::testing_doubles {
namespace {

constexpr std::int64_t k_sent = 2 * 1000 * 100;  // two ranks, 1000 bytes, 100 calls of the window

Readings counted(std::int64_t tcp, std::optional<std::int64_t> verbs = {}) {
  return {{"transport_tcp_bytes", {tcp, ""}},
          {"transport_verbs_bytes", {verbs, verbs ? "" : "this host has no verbs device"}}};
}

std::string fault(const std::string& path, const Readings& telemetry) {
  return path_fault_of({{"path", path}, {"bytes", "1000"}, {"ranks", "2"}}, telemetry, 100);
}

TEST(PathWitness, OfSharedMemoryCountsNothing) {
  EXPECT_EQ(fault("shared_memory", counted(0)), "");
  EXPECT_EQ(fault("shared_memory", counted(k_sent / 100)), "");
  EXPECT_EQ(fault("shared_memory", counted(k_sent / 100 + 1)),
            "of 200000 bytes sent the kernel's counters of TCP have 2001, so they did not go by "
            "shared memory alone");
  EXPECT_TRUE(says(fault("shared_memory", counted(0, k_sent)), "the verbs devices' counters have"));
}

TEST(PathWitness, OfTcpCountsNearlyAllByTheKernel) {
  EXPECT_EQ(fault("tcp", counted(k_sent)), "");
  EXPECT_EQ(fault("tcp", counted(k_sent / 50 * 49)), "");
  EXPECT_EQ(fault("tcp", counted(k_sent / 50 * 49 - 1)),
            "of 200000 bytes sent the kernel's counters of TCP have 195999, so they did not go by "
            "tcp");
  EXPECT_TRUE(says(fault("tcp", counted(k_sent, k_sent)), "did not go by tcp alone"));
}

TEST(PathWitness, OfVerbsCountsNearlyAllByTheDevices) {
  EXPECT_EQ(fault("verbs", counted(0, k_sent)), "");
  EXPECT_TRUE(says(fault("verbs", counted(0, 0)), "so they did not go by verbs"));
  EXPECT_TRUE(says(fault("verbs", counted(k_sent, k_sent)), "TCP have 200000"));
  EXPECT_EQ(fault("verbs", counted(0)),
            "the telemetry doesn't show transport_verbs_bytes: this host has no verbs device");
}

TEST(PathWitness, OfNvlinkCountsNearlyAllByTheGpus) {
  Readings seen = counted(0);
  EXPECT_EQ(fault("nvlink", seen), "the telemetry doesn't show transport_nvlink_bytes");
  seen["transport_nvlink_bytes"] = {k_sent, ""};
  EXPECT_EQ(fault("nvlink", seen), "");
  EXPECT_EQ(fault("tcp", seen).find("of 200000 bytes sent the kernel's counters of TCP"), 0U);
  EXPECT_EQ(fault("shared_memory", seen),
            "what GPUs send each other over PCIe or shared memory is counted nowhere");
  seen["transport_nvlink_bytes"] = {k_sent / 50 * 49 - 1, ""};
  EXPECT_EQ(fault("nvlink", seen),
            "of 200000 bytes sent the GPUs' counters of NVLink have 195999, so they did not go by "
            "nvlink");
  seen = counted(k_sent);
  seen["transport_nvlink_bytes"] = {k_sent, ""};
  EXPECT_TRUE(says(fault("nvlink", seen), "TCP have 200000, so they did not go by nvlink alone"));
  EXPECT_TRUE(says(fault("tcp", seen), "NVLink have 200000, so they did not go by tcp alone"));
  seen["transport_nvlink_bytes"] = {std::nullopt, "field 138: Not Supported"};
  EXPECT_EQ(fault("tcp", seen), "") << "GPUs without NVLink may use sockets";
  EXPECT_EQ(fault("nvlink", seen),
            "of 200000 bytes sent the kernel's counters of TCP have 200000, so they did not go by "
            "nvlink alone");
  seen["transport_tcp_bytes"] = {0, ""};
  EXPECT_EQ(fault("nvlink", seen),
            "the telemetry doesn't show transport_nvlink_bytes: field 138: Not Supported");
}

TEST(PathWitness, IsMissingWhereNothingIsShownOrStated) {
  for (const char* path : {"shared_memory", "tcp", "verbs"}) {
    EXPECT_TRUE(says(fault(path, {}), "the telemetry doesn't show transport_tcp_bytes"));
  }
  Readings hidden = counted(0);
  hidden["transport_tcp_bytes"] = {std::nullopt, "nobody may look"};
  for (const char* path : {"shared_memory", "tcp", "verbs"}) {
    EXPECT_EQ(fault(path, hidden),
              "the telemetry doesn't show transport_tcp_bytes: nobody may look");
  }
  for (const char* path : {"shared_memory", "tcp", "verbs"}) {
    hidden = counted(std::string_view(path) == "tcp" ? k_sent : 0);
    hidden["transport_verbs_bytes"] = {std::nullopt, "verbs devices can't be looked for: no"};
    EXPECT_EQ(fault(path, hidden),
              "the telemetry doesn't show transport_verbs_bytes: verbs devices can't be looked "
              "for: no")
        << path;
  }
  Readings only_tcp = counted(0);
  only_tcp.erase("transport_verbs_bytes");
  EXPECT_TRUE(says(fault("shared_memory", only_tcp), "doesn't show transport_verbs_bytes"));
  EXPECT_TRUE(says(path_fault_of({{"bytes", "1000"}, {"ranks", "2"}}, counted(0), 100), "no path"));
  EXPECT_TRUE(
      says(path_fault_of({{"path", "tcp"}, {"bytes", "1000"}, {"ranks", "2"}}, counted(0), 0),
           "no calls"));
}

std::string contract_of(const std::string& case_id, const std::string& param) {
  return R"({"schema":"assay.contract/1","id":"messages","purpose":"demonstration",)"
         R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
         R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.01 %"},"clauses":[{"id":"C",)"
         R"("case":")" +
         case_id +
         R"(","population":"host","scope":"each_node","concurrent":"all_items","params":{)" +
         param +
         R"(,"value":"algbw","type":"f32","bytes":1000,"ranks":2},"window":"1 s",)"
         R"("rule":"1-5-9","at_least":"1 GB/s","at_most_plausible":"3 GB/s",)"
         R"("weight":"mandatory","defect_class":1}]})";
}

SimulatedRun run_with(const std::string& ending, const Readings& telemetry) {
  SimulatedRun run{.work_per_step = 1000, .dimension = "byte_rate", .timed_ns = 50'000'000};
  run.ending = ending;
  run.telemetry = telemetry;
  return run;
}

/// Clause C has `runs` windows.
CampaignBuilder with(const std::string& contract, const SimulatedRun& run, int runs = 1) {
  CampaignBuilder builder(contract);
  builder.open();
  for (int i = 0; i < runs; ++i) {
    builder.round();
    builder.attempt("C", "host/00000", run);
  }
  builder.close();
  return builder;
}

TEST(PathWitness, DecidesWhetherAJournalsWindowIsMeasured) {
  const std::string contract = contract_of("network.transport", R"("path":"tcp")");
  const auto refusal = [&](const std::string& ending, std::int64_t tcp) {
    CampaignBuilder builder = with(contract, run_with(ending, counted(tcp)));
    return refusal_of(builder);
  };
  EXPECT_EQ(refusal("measured", k_sent), "");
  EXPECT_EQ(refusal("unwitnessed", 0), "");
  EXPECT_TRUE(says(refusal("measured", 0), "ending: is measured, but of 200000 bytes sent"));
  EXPECT_TRUE(says(refusal("unwitnessed", k_sent),
                   "ending: is unwitnessed, but the telemetry shows that messages went as stated"));
}

TEST(PathWitness, OfAnotherWayMakesAClauseInvalidAndNotSlow) {
  const ScratchFolder folder;
  CampaignBuilder builder = with(contract_of("network.transport", R"("path":"tcp")"),
                                 run_with("unwitnessed", counted(0)), 10);
  ASSERT_TRUE(builder.write(folder.path()));
  const auto judged = judge_campaign(folder.path(), true);
  ASSERT_TRUE(judged) << judged.error().message;
  const Verdict& verdict = judged->judgement.clauses[0].verdicts[0];
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_EQ(verdict.reason, Reason::unwitnessed);
}

Readings links() {
  return {{"links_count", {3, ""}},
          {"links_fastest_ns", {100, ""}},
          {"links_slowest_ns", {1250, ""}},
          {"links_slowest_low_rank", {0, ""}},
          {"links_slowest_high_rank", {2, ""}},
          {"links_slowest_rank", {2, ""}},
          {"links_slowest_rank_ns", {700, ""}}};
}

constexpr const char* k_slow =
    "the slowest of 3 links is that between ranks 0 and 2, 12.5 times the fastest one's time; "
    "every "
    "link of rank 2 takes at least 7.0 times that";

TEST(SlowLink, IsNamedInTheNoteOfAMeasuredWindowAndInTheVerdictThatRejectsIt) {
  const std::string contract = contract_of("network.links", R"("pattern":"pairs")");
  CampaignBuilder unnamed = with(contract, run_with("measured", links()));
  EXPECT_TRUE(says(refusal_of(unnamed),
                   "note: does not name the link that telemetry shows as the slowest"));
  CampaignBuilder builder = with(contract, run_with("measured", links()), 10);
  for (Line& line : builder.journals[0]) {
    if (line.kind == "end") {
      *member(line.members, "note") = Json(k_slow);
    }
  }
  const ScratchFolder folder;
  ASSERT_TRUE(builder.write(folder.path()));
  const auto judged = judge_campaign(folder.path(), true);
  ASSERT_TRUE(judged) << judged.error().message;
  const Verdict& verdict = judged->judgement.clauses[0].verdicts[0];
  EXPECT_EQ(verdict.outcome, Outcome::reject);
  EXPECT_TRUE(says(verdict.detail, k_slow)) << verdict.detail;
}

}  // namespace
}  // namespace assay::testing_doubles
