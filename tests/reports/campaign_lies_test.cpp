// Lies that hold together: everything is chained and signed after the edit.
#include <algorithm>
#include <functional>
#include <ostream>

#include <gtest/gtest.h>

#include "tests/reports/campaign_support.h"

namespace assay {
namespace {

using testing_doubles::CampaignBuilder;
using testing_doubles::end_of;
using testing_doubles::in;
using testing_doubles::line;
using testing_doubles::Line;
using testing_doubles::member;
using testing_doubles::refusal_of;
using testing_doubles::says;
using testing_doubles::usual;

/// What is told, and the answer.
struct Lie {
  std::string name;
  std::function<void(CampaignBuilder&)> tell;
  std::string answer;
};

std::ostream& operator<<(std::ostream& out, const Lie& lie) {
  return out << lie.name;
}

class ConsistentLie : public testing::TestWithParam<Lie> {};

TEST_P(ConsistentLie, IsFoundByName) {
  CampaignBuilder builder = usual(2);
  ASSERT_EQ(refusal_of(builder), "");
  GetParam().tell(builder);
  EXPECT_TRUE(says(refusal_of(builder), GetParam().answer));
}

/// Journal 0 with an edit of one line's member.
auto edit(const std::string& kind, std::string_view name, Json value, std::size_t n = 0) {
  return [=](CampaignBuilder& b) { *member(line(b.journals[0], kind, n).members, name) = value; };
}

INSTANTIATE_TEST_SUITE_P(
    OfLines, ConsistentLie,
    testing::Values(
        Lie{"Session", edit("open", "session", std::string(64, 'a')), "00000.jsonl:1: session"},
        Lie{"Node", edit("open", "node", 1), "00000.jsonl:1: node"},
        Lie{"Tool", edit("open", "tool", std::string(64, 'a')), "00000.jsonl:1: tool"},
        Lie{"Selftest", edit("selftest", "passed", false), "passed: is not what its checks say"},
        Lie{"Link", edit("round", "link", std::string(64, 'a')), "00000.jsonl:4: link"},
        Lie{"ZeroLink", edit("round", "link", std::string(64, '0')), "00000.jsonl:4: link"},
        Lie{"RoundTwice", edit("round", "round", 1, 1), "round: must be 2"},
        Lie{"Gap", edit("begin", "attempt", 7, 1), "attempt: must be 2"},
        Lie{"FromZero", edit("begin", "attempt", 0), "attempt: must be 1"},
        Lie{"EarlyRound", edit("begin", "round", 2), "round: is 2, but link 1 was revealed last"},
        Lie{"Clause", edit("begin", "clause", "C-9"), "'C-9' is not in the contract"},
        Lie{"Item", edit("begin", "item", "box/00000/gpu9"), "is not in the inventory"},
        Lie{"OtherNode", edit("begin", "item", "box/00001/gpu0"), "belongs to node 1"},
        Lie{"Unbound", edit("begin", "item", "box/00000"), "doesn't bind"},
        Lie{"TimeBack", edit("begin", "at", "2026-03-01T07:00:00Z"), "at: is before"},
        Lie{"NoTime", edit("begin", "at", "2026-02-30T07:00:00Z"), "no time of day"},
        Lie{"EndClause", edit("end", "clause", "C-2"), "differ from those"},
        Lie{"EndItem", edit("end", "item", "box/00000/gpu1"), "differ from those"},
        Lie{"EndRound", edit("end", "round", 2), "differ from those"},
        Lie{"EndAttempt", edit("end", "attempt", 9), "attempt 9 is not running"},
        Lie{"Ending", edit("end", "ending", "splendid"), "ending"},
        Lie{"NoEnd", edit("end", "ending", "no_end"), "ending"},
        Lie{"Unit", edit("end", "dimension", "TFLOP"), "dimension"},
        Lie{"WorkAsNumber", edit("end", "work", 5), "work"},
        Lie{"Wrong", edit("end", "wrong", 1), "ending: is measured, but 1 slots were wrong"},
        Lie{"MoreWrong", edit("end", "wrong", 1000), "1000 wrong slots of 100"},
        Lie{"NotWrong", edit("end", "ending", "wrong_result"), "no slot was wrong"},
        Lie{"NoGap", edit("end", "ending", "gap"), "ending: is gap"},
        Lie{"NoClock", edit("end", "ending", "clock"), "ending: is clock"},
        Lie{"Clock", edit("end", "clock_ns", "1000200000"), "clocks disagree by 200000 ns"},
        Lie{"Start", edit("end", "start_ns", "5"), "start_ns: the window is not between"},
        Lie{"Work", edit("end", "work", "400000000000000"),
            "checked: is 100, but work is that of 200 steps, each of which is checked"},
        Lie{"WorkPerStep", edit("end", "work_per_step", "1"),
            "work_per_step: is 1, but a step of clause C-1 is 2000000000000"},
        Lie{"OneLargerStep", edit("end", "work_per_step", "4000000000000", 3),
            "work_per_step: is 4000000000000, but a step of clause C-1 is"},
        Lie{"BrokenStep", edit("end", "work", "400000000000001"),
            "work: is 400000000000001, no multiple of work_per_step, 2000000000000"},
        Lie{"Elapsed", edit("end", "elapsed_ns", "1000000001"),
            "elapsed_ns: the line says 1000000001"},
        Lie{"Timed",
            [](CampaignBuilder& b) {
              line(b.journals[0], "end", 0).members.emplace_back("timed_ns", "500000000");
            },
            "timed_ns: compute.gemm does not time each step"},
        Lie{"Close", edit("close", "attempts", 5), "attempts: is not 6"}),
    [](const auto& chosen) { return chosen.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OfParts, ConsistentLie,
    testing::Values(
        Lie{"Checked", [](CampaignBuilder& b) { *member(end_of(b), "checked") = 101; },
            "checked: is 101, but verification.tiles is 100"},
        Lie{"CheckedAndTiles",
            [](CampaignBuilder& b) {
              *member(end_of(b), "checked") = 101;
              *in(end_of(b), "verification", "tiles") = 101;
            },
            "checked: is 101, but work is that of 100 steps, each of which is checked"},
        Lie{"Full", [](CampaignBuilder& b) { *in(end_of(b), "verification", "full") = 100; },
            "verification.full: the line says 100"},
        Lie{"NothingInFull", [](CampaignBuilder& b) { *in(end_of(b), "verification", "full") = 0; },
            "verification.full: is 0, but every window has a slot that is checked as a whole"},
        Lie{"HalfAMismatch",
            [](CampaignBuilder& b) {
              *in(end_of(b), "verification", "first") = Json::Object{{"block", 0}};
            },
            "verification.first.step: is missing"},
        Lie{"RanMore",
            [](CampaignBuilder& b) { member(end_of(b), "ran")->object()->emplace_back("x", 1); },
            "ran.x: is not a known member"},
        Lie{"RanOnHalfAThread", [](CampaignBuilder& b) { *in(end_of(b), "ran", "threads") = 0.5; },
            "ran.threads: must be a whole number"},
        Lie{"TelemetryOfWords",
            [](CampaignBuilder& b) {
              *member(end_of(b), "telemetry") =
                  Json::Object{{"temperature_mc", Json::Object{{"value", "hot"}}}};
            },
            "telemetry.temperature_mc.value: is neither a whole number nor null"},
        Lie{"TelemetryNullWithoutAReason",
            [](CampaignBuilder& b) {
              *member(end_of(b), "telemetry") =
                  Json::Object{{"temperature_mc", Json::Object{{"value", nullptr}}}};
            },
            "telemetry.temperature_mc.reason: is missing"},
        Lie{"Preloaded",
            edit("machine", "environment", Json::Object{{"LD_PRELOAD", "/tmp/fast.so"}}),
            "environment: 'LD_PRELOAD' is no variable that a worker is given"},
        Lie{"NamedMismatch",
            [](CampaignBuilder& b) {
              *in(end_of(b), "verification", "first") =
                  Json::Object{{"actual", "2"}, {"block", 0},  {"expected", "1"},
                               {"index", "7"},  {"slot", 0},   {"seed", std::string(64, 'a')},
                               {"step", 3},     {"tuple", "5"}};
            },
            "verification.first: names a wrong element, but no slot was wrong"},
        Lie{"Share", [](CampaignBuilder& b) { *in(end_of(b), "verification", "share_ppm") = 1; },
            "verification.share_ppm"},
        Lie{"Count", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "count") = 9; },
            "blocks.count"},
        Lie{"GapNs", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "gap_ns") = 1; },
            "blocks.gap_ns: the line says 1, but its blocks say 0"},
        Lie{"Shortest", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "shortest_ns") = 1; },
            "blocks.shortest_ns"},
        Lie{"Bytes", [](CampaignBuilder& b) { *in(end_of(b), "blocks", "bytes") = 1; },
            "not written: blobs/sha256/"},
        Lie{"UpperCaseDigest",
            [](CampaignBuilder& b) { *in(end_of(b), "blocks", "sha256") = std::string(64, 'A'); },
            "not written"},
        Lie{"Blocks",
            [](CampaignBuilder& b) {
              std::erase_if(end_of(b), [](const auto& each) { return each.first == "blocks"; });
            },
            "blocks: is missing"},
        Lie{"OtherBlob",
            [](CampaignBuilder& b) {
              *in(end_of(b, 2), "blocks", "sha256") =
                  *in(end_of(b), "blocks", "sha256");  // of the other clause
            },
            " is the window of attempt 1, too"},
        Lie{"BlobOfAnotherNode",
            [](CampaignBuilder& b) {
              *in(line(b.journals[1], "end").members, "blocks", "sha256") =
                  *in(end_of(b), "blocks", "sha256");
            },
            "nodes/00001.jws: names blobs/sha256/"},
        Lie{"OutputsOfAnEarlierRound",
            [](CampaignBuilder& b) {
              *member(end_of(b, 3), "output_digest") = *member(end_of(b), "output_digest");
            },
            "journal/00000.jsonl: output_digest: attempt 4 of C-1 in round 2 has the outputs of "
            "C-1 in round 1"},
        Lie{"NoOutputs", [](CampaignBuilder& b) { *member(end_of(b), "output_digest") = ""; },
            "output_digest: is missing"},
        Lie{"OutputsAsWords",
            [](CampaignBuilder& b) { *member(end_of(b), "output_digest") = "fine"; },
            "output_digest: must be a SHA-256"},
        Lie{"Unknown", [](CampaignBuilder& b) { end_of(b).emplace_back("verdict", "ACCEPT"); },
            "verdict: is not a known member"},
        Lie{"EndTwice",
            [](CampaignBuilder& b) {
              const Line end = line(b.journals[0], "end");
              b.journals[0].insert(b.journals[0].end() - 1, end);
            },
            "attempt 1 is not running"},
        Lie{"EndBeforeBegin",
            [](CampaignBuilder& b) {
              std::swap(line(b.journals[0], "begin"), line(b.journals[0], "end"));
            },
            "attempt 1 is not running"},
        Lie{"AttemptRemoved",
            [](CampaignBuilder& b) {
              std::vector<Line>& journal = b.journals[0];
              std::erase_if(journal, [](Line& each) {
                return (each.kind == "begin" || each.kind == "end") &&
                       *member(each.members, "attempt")->whole() == 2;
              });
            },
            "attempt: must be 2"},
        Lie{"NotLastLine",
            [](CampaignBuilder& b) { b.journals[0].push_back(line(b.journals[0], "round")); },
            "a line after 'close'"},
        Lie{"NoOpen", [](CampaignBuilder& b) { b.journals[0].erase(b.journals[0].begin()); },
            "the first line is no 'open'"},
        Lie{"NoMachine", [](CampaignBuilder& b) { b.journals[0].erase(b.journals[0].begin() + 1); },
            "before a 'machine' line"},
        Lie{"NewKind",
            [](CampaignBuilder& b) {
              b.journals[0].insert(b.journals[0].end() - 1, {"improvement", {}});
            },
            "kind: 'improvement' is unknown"},
        Lie{"JournalsSwapped", [](CampaignBuilder& b) { std::swap(b.journals[0], b.journals[1]); },
            "00000.jsonl:1: node"},
        Lie{"KeysSwapped", [](CampaignBuilder& b) { std::swap(b.node_keys[0], b.node_keys[1]); },
            "nodes/00000.jws: the signature is not that of the expected key"},
        Lie{"ContractEdited",
            [](CampaignBuilder& b) {
              b.contract_text.replace(b.contract_text.find("150 TFLOP/s"), 3, "140");
            },
            "contract.json: its digest is"},
        Lie{"ItemsEdited", [](CampaignBuilder& b) { b.session.items.pop_back(); },
            "session.json: lists 6 items"},
        Lie{"ItemRenamed", [](CampaignBuilder& b) { b.session.items[1] = "box/00000/gpu7"; },
            "session.json: items[1]"},
        Lie{"NodeLeftOut",
            [](CampaignBuilder& b) {
              b.session.nodes.pop_back();
              b.journals.pop_back();
            },
            "session.json: lists 1 nodes"},
        Lie{"Purpose", [](CampaignBuilder& b) { b.session.purpose = Purpose::acceptance; },
            "session.json: its purpose"},
        Lie{"Days", [](CampaignBuilder& b) { b.session.days = 2; }, "session.json: it has 2 days"},
        Lie{"MarkTakenOff", [](CampaignBuilder& b) { b.session.marks.clear(); },
            "00000.jsonl:1: session"}),
    [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace assay
