// Collectives state the time of their calls, and are judged by it.
#include <gtest/gtest.h>

#include "harness/model/judge_value.h"
#include "tests/reports/campaign_support.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::end_of;
using testing_doubles::member;
using testing_doubles::refusal_of;
using testing_doubles::says;
using testing_doubles::SimulatedRun;

constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"timed","purpose":"demonstration",)"
    R"("parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"0.01 %"},"clauses":[{"id":"C",)"
    R"("case":"network.all_reduce","population":"host","scope":"each_node",)"
    R"("concurrent":"all_items","params":{"op":"sum","value":"algbw","type":"f32",)"
    R"("bytes":1000000,"in_place":"no","ranks":2},"window":"1 s","rule":"1-5-9",)"
    R"("at_least":"0.15 GB/s","at_most_plausible":"0.4 GB/s","weight":"mandatory",)"
    R"("defect_class":1}]})";

/// 100 calls of 1 MB in a window of 1 s, of which the calls took half.
CampaignBuilder timed_campaign() {
  CampaignBuilder builder(k_contract);
  builder.open();
  builder.round();
  builder.attempt("C", "host/00000",
                  {.work_per_step = 1'000'000, .dimension = "byte_rate", .timed_ns = 50'000'000});
  builder.close();
  return builder;
}

TEST(TimedSteps, AreWhatTheValueIsOver) {
  Attempt attempt{
      .dimension = Dimension::byte_rate, .work = 100'000'000, .elapsed_ns = 1'000'000'000};
  EXPECT_EQ(to_decimal(ratio_of(*value_of(attempt)).numerator), "100000000");
  attempt.timed_ns = 500'000'000;
  EXPECT_EQ(to_decimal(ratio_of(*value_of(attempt)).numerator), "200000000");
  attempt.dimension = Dimension::time;
  attempt.work = 100;
  EXPECT_EQ(value_of(attempt)->numerator, Natural{500'000'000});
}

TEST(TimedSteps, AreReadFromTheJournalAndTheBlobs) {
  CampaignBuilder builder = timed_campaign();
  EXPECT_EQ(refusal_of(builder), "");
}

TEST(TimedSteps, OfALineThatDoesNotStateThemAreRefused) {
  CampaignBuilder builder = timed_campaign();
  Json::Object& end = end_of(builder);
  std::erase_if(end, [](const Json::Member& each) { return each.first == "timed_ns"; });
  EXPECT_TRUE(says(refusal_of(builder), "timed_ns: is missing of a window of network.all_reduce"));
}

TEST(TimedSteps, ThatTheBlobsDoNotAddUpToAreRefused) {
  CampaignBuilder builder = timed_campaign();
  *member(end_of(builder), "timed_ns") = "400000000";
  EXPECT_TRUE(
      says(refusal_of(builder), "timed_ns: the line says 400000000, but its blocks say 500000000"));
}

TEST(TimedSteps, OfNoTimeOrMoreThanTheWindowAreRefused) {
  for (const char* time : {"0", "1000000001"}) {
    CampaignBuilder builder = timed_campaign();
    *member(end_of(builder), "timed_ns") = time;
    EXPECT_TRUE(says(refusal_of(builder), "timed_ns: is 0 or more than the window, 1000000000"));
  }
}

/// The same case states none where assay itself moves the bytes.
TEST(TimedSteps, AreStatedOfWhatFioMoves) {
  const auto refusal = [](const std::string& engine, std::int64_t timed_ns) {
    std::string contract = k_contract;
    const auto begin = contract.find(R"("network.all_reduce")");
    contract.replace(begin, std::string(R"("network.all_reduce")").size(), R"("storage.read")");
    const auto params = contract.find(R"({"op":"sum")");
    contract.replace(params, contract.find('}', params) + 1 - params,
                     R"({"engine":")" + engine + R"(","file_mib":1,"extent_mib":1})");
    CampaignBuilder builder(contract);
    builder.open();
    builder.round();
    builder.attempt("C", "host/00000",
                    {.work_per_step = 1 << 20, .dimension = "byte_rate", .timed_ns = timed_ns});
    builder.close();
    return refusal_of(builder);
  };
  EXPECT_TRUE(says(refusal("fio", 0), "timed_ns: is missing of a window of storage.read"));
  EXPECT_TRUE(says(refusal("own", 50'000'000), "timed_ns: storage.read does not time each step"));
}

}  // namespace
}  // namespace assay
