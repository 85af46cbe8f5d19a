#include "tests/doubles/reports/campaign_builder.h"

#include <algorithm>

#include "harness/model/as_ordered.h"
#include "harness/model/step_size.h"
#include "reports/bound_line.h"
#include "reports/contract_json.h"
#include "reports/digest.h"
#include "reports/excuse.h"
#include "reports/files.h"
#include "reports/judge_campaign.h"
#include "reports/jws.h"
#include "reports/machine_facts.h"
#include "reports/node_signature.h"
#include "reports/time_of_day.h"
#include "tests/doubles/reports/must.h"

namespace assay::testing_doubles {
namespace {

constexpr std::uint32_t k_rounds = 40;

std::string digest_of(std::string_view text) {
  return hex(sha256(text));
}

std::string text_of(const Json::Object& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) {
      return value.text() != nullptr ? *value.text() : std::to_string(*value.whole());
    }
  }
  return "";
}

Json::Object end_members(const Json::Object& begun, const SimulatedRun& run) {
  const WindowSums sums = must(sums_of(blocks_of(run)));
  const std::string bytes = encode(blocks_of(run));
  Json::Object members = begun;
  const auto decimal = [](std::int64_t value) { return std::to_string(value); };
  const Natural a_step = run.dimension == "time" ? 1 : run.work_per_step;
  const Natural work = a_step * static_cast<Natural>(sums.steps);
  members.emplace_back("ending", run.ending);
  members.emplace_back("note", "");
  members.emplace_back("dimension", run.dimension);
  members.emplace_back("work", to_decimal(work));
  members.emplace_back("work_per_step", to_decimal(run.work_per_step));
  members.emplace_back("elapsed_ns", decimal(sums.elapsed_ns));
  members.emplace_back("clock_ns", decimal(sums.elapsed_ns + run.clock_ns));
  if (sums.timed_ns) {
    members.emplace_back("timed_ns", decimal(*sums.timed_ns));
  }
  members.emplace_back("checked", sums.tiles);
  members.emplace_back("wrong", sums.wrong);
  members.emplace_back("verification",
                       Json::Object{{"tiles", sums.tiles},
                                    {"full", sums.full},
                                    {"log2_miss", -32.5},
                                    {"share_ppm", sums.check_ns * 1'000'000 / sums.elapsed_ns},
                                    {"first", nullptr}});
  members.emplace_back("blocks", Json::Object{{"sha256", digest_of(bytes)},
                                              {"bytes", static_cast<std::int64_t>(bytes.size())},
                                              {"count", run.blocks},
                                              {"gap_ns", sums.gap_ns},
                                              {"shortest_ns", sums.shortest_ns}});
  members.emplace_back("output_digest",
                       digest_of(run.outputs + text_of(begun, "clause") + text_of(begun, "round")));
  members.emplace_back("serial", run.serial);
  members.emplace_back("ran", Json::Object{{"library", "simulated"},
                                           {"version", "1"},
                                           {"kernel", "none"},
                                           {"isa", "none"},
                                           {"threads", 1}});
  members.emplace_back("telemetry", json_of(run.telemetry));
  return members;
}

Json::Object bound_of_run(const Clause& clause, const SimulatedRun& run) {
  BoundLine bound{.architecture = run.architecture,
                  .multiprocessors = run.multiprocessors,
                  .ops = ops_per_clock(run.architecture, multiplied_by(clause.params)),
                  .clock_khz = mean_clock_khz(blocks_of(run)),
                  .reason = ""};
  bound.reason = bound.ops && bound.clock_khz ? "" : "it is simulated";
  return json_of(bound);
}

}  // namespace

Readings readings_of_gpu(std::int64_t power_limit_mw) {
  Readings readings;
  for (const std::string end : {"_before", "_after"}) {
    readings["gpu_ecc" + end] = {1, ""};
    readings["gpu_mig" + end] = {0, ""};
    readings["gpu_power_limit_mw" + end] = {power_limit_mw, ""};
  }
  return readings;
}

std::string two_node_contract() {
  return R"({"schema":"assay.contract/1","id":"two-nodes","purpose":"demonstration",
"title":{"en":"Two nodes"},"parties":{"buyer":{"name":"B"},"supplier":{"name":"S"}},
"inventory":[{"id":"box","kind":"simulated","nodes":2,"gpus":{"model":"Simulated","count":2,"power_limit":"100 W"}}],
"sessions":{"days":1},"conditions":{"block_gap":"1 %","clock_disagreement":"0.01 %"},
"max_invalid":1,
"clauses":[
{"id":"C-1","title":{"en":"Product"},"case":"compute.gemm","population":"box","scope":"each_gpu",
"concurrent":"all_items","params":{"input":"bf16","accumulate":"f32","output":"bf16",
"sparsity":"dense","emulation":"forbidden","operands":"integers","m":10000,"n":10000,"k":10000},
"window":"1 s","rule":"1-5-9","at_least":"150 TFLOP/s","at_most_plausible":"400 TFLOP/s",
"weight":"mandatory","defect_class":2},
{"id":"C-2","title":{"en":"Memory"},"case":"compute.memory","population":"box",
"scope":"each_node","concurrent":"one_at_a_time","params":{"op":"triad"},"window":"1 s",
"rule":"1-5-9","at_least":"100 GB/s","at_most_plausible":"300 GB/s","weight":"advisory",
"defect_class":3}]})";
}

std::string chained(const std::vector<Line>& lines) {
  std::string bytes;
  std::string prev(64, '0');
  std::int64_t seq = 0;
  for (const Line& line : lines) {
    Json::Object members = line.members;
    members.emplace_back("kind", line.kind);
    members.emplace_back("seq", seq++);
    members.emplace_back("prev", prev);
    const std::string text = canonical_json(members);
    prev = digest_of(text);
    bytes += text + "\n";
  }
  return bytes;
}

Blocks blocks_of(const SimulatedRun& run) {
  Blocks blocks;
  std::int64_t start = 0;
  for (std::int64_t i = 0; i < run.blocks; ++i) {
    blocks.start_ns.push_back(start);
    blocks.end_ns.push_back(start + run.block_ns);
    blocks.steps.push_back(run.steps);
    blocks.tiles.push_back(run.steps - (i == 0 ? run.unchecked : 0));
    blocks.full.push_back(1);
    blocks.wrong.push_back(i == 0 ? run.wrong : 0);
    blocks.check_ns.push_back(run.block_ns / 200 + (i == 0 ? run.number : 0));
    blocks.clock_khz.push_back(run.clock_khz);
    if (run.timed_ns > 0) {
      blocks.timed_ns.push_back(run.timed_ns);
    }
    blocks.power_mw.push_back(-1);
    start += run.block_ns + run.gap_ns;
  }
  return blocks;
}

CampaignBuilder::CampaignBuilder(std::string contract, std::vector<std::string> marks)
    : contract_text(std::move(contract)), last_link_(sha256("the buyer's nonce")) {
  contract_ = must(read_contract(contract_text));
  roster_ = roster_of(contract_);
  session.id = "S-1";
  session.contract_sha256 = digest_of(contract_text);
  session.plan_sha256 = digest_of("plan");
  session.tool_sha256 = digest_of("tool");
  session.created = time_of_day(now_s);
  session.purpose = contract_.purpose;
  session.days = contract_.days;
  session.nonce = {.anchor = nonce_link(last_link_, k_rounds, 0), .rounds = k_rounds};
  session.marks = std::move(marks);
  for (const Clause& clause : contract_.clauses) {
    if (const auto step = step_size(clause.case_id, clause.params)) {
      session.work_per_step.emplace(clause.id, *step);
    }
  }
  std::uint32_t nodes = 0;
  for (const Item& item : roster_) {
    session.items.push_back(item.id);
    nodes = std::max(nodes, item.kind == Scope::system ? 0 : item.node + 1);
  }
  for (std::uint32_t node = 0; node < nodes; ++node) {
    node_keys.push_back(must(PrivateKey::generate()));
    session.nodes.push_back({.node = node, .key = base64(node_keys.back().public_key())});
  }
  buyer = must(PrivateKey::generate());
  session.buyer_key = base64(buyer->public_key());
  journals.resize(nodes);
  attempts_.resize(nodes);
}

void CampaignBuilder::open() {
  const std::string digest = digest_of(write_session(session));
  for (std::uint32_t node = 0; node < journals.size(); ++node) {
    journals[node].push_back({"open",
                              {{"schema", "assay.run/1"},
                               {"session", digest},
                               {"node", node},
                               {"tool", session.tool_sha256}}});
    const Json::Array objects{Json::Object{{"name", "assay"}, {"sha256", session.tool_sha256}}};
    journals[node].push_back({"machine",
                              {{"inventory", Json::Object{{"cpu_model", "Simulated"},
                                                          {"hostname", "must-not-be-reported"}}},
                               {"environment", Json::Object{{"OMP_NUM_THREADS", "1"}}},
                               {"objects", objects}}});
    Json::Array checks{Json::Object{{"name", "healthy"}, {"caught", false}, {"by", ""}}};
    for (const char* fault :
         {"flipped_bit", "skipped_step", "cached_result", "slow_worker", "slowed_clock",
          "dropped_block", "reordered_journal", "truncated_journal", "edited_verdict"}) {
      checks.emplace_back(Json::Object{{"name", fault}, {"caught", true}, {"by", "a check"}});
    }
    journals[node].push_back({"selftest", {{"passed", true}, {"checks", checks}}});
  }
}

void CampaignBuilder::round() {
  ++round_;
  now_s += 10;
  const std::string link = hex(nonce_link(last_link_, session.nonce.rounds, round_));
  for (std::vector<Line>& journal : journals) {
    journal.push_back({"round", {{"round", round_}, {"link", link}}});
  }
}

/// One that the contract doesn't have has no case.
const Clause& CampaignBuilder::clause_of(const std::string& id) const {
  static const Clause none;
  const auto found = std::find_if(contract_.clauses.begin(), contract_.clauses.end(),
                                  [&id](const Clause& each) { return each.id == id; });
  return found == contract_.clauses.end() ? none : *found;
}

std::uint32_t CampaignBuilder::node_of(const std::string& item) const {
  for (const Item& each : roster_) {
    if (each.id == item) {
      return each.node;
    }
  }
  return 0;
}

Json::Object CampaignBuilder::begin_members(const std::string& clause, const std::string& item) {
  const std::uint64_t number = ++attempts_[node_of(item)];
  return {{"attempt", static_cast<std::int64_t>(number)},
          {"clause", clause},
          {"item", item},
          {"round", round_}};
}

void CampaignBuilder::attempt(const std::string& clause, const std::string& item,
                              const SimulatedRun& run) {
  attempts_together(clause, {{item, run}});
}

void CampaignBuilder::attempts_together(
    const std::string& clause, const std::vector<std::pair<std::string, SimulatedRun>>& runs) {
  const Clause& asked = clause_of(clause);
  std::vector<Json::Object> keys;
  for (const auto& [item, run] : runs) {
    keys.push_back(begin_members(clause, item));
    Json::Object begun = keys.back();
    begun.emplace_back("at", time_of_day(now_s));
    journals[node_of(item)].push_back({"begin", std::move(begun)});
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    SimulatedRun own = runs[i].second;
    own.number = ++runs_;
    const std::string bytes = encode(blocks_of(own));
    blobs.emplace(digest_of(bytes), bytes);
    Json::Object ended = end_members(keys[i], own);
    if (states_bound(asked)) {
      ended.emplace_back("bound", bound_of_run(asked, own));
    }
    ended.emplace_back("start_ns", std::to_string(now_s * k_ns_per_second));
    ended.emplace_back("at", time_of_day(now_s + 2));
    journals[node_of(runs[i].first)].push_back({"end", std::move(ended)});
  }
  now_s += 2;
}

void CampaignBuilder::finding(const std::string& clause, const std::string& item,
                              const MachineFacts& found, const MachineFacts* before) {
  const Found stated = state_of(
      {.line = contract_.inventory.front(), .clause = clause_of(clause), .gpu = gpu_of_item(item)},
      found, before);
  begin(clause, item);
  Json::Object ended = journals[node_of(item)].back().members;
  std::erase_if(ended, [](const auto& each) { return each.first == "at"; });
  for (auto& member : Json::Object{{"at", time_of_day(now_s + 1)},
                                   {"checked", 0},
                                   {"clock_ns", "0"},
                                   {"dimension", "count"},
                                   {"elapsed_ns", "0"},
                                   {"ending", name_of(stated.ending)},
                                   {"found", json_of(found)},
                                   {"matching", static_cast<std::int64_t>(stated.matching)},
                                   {"note", stated.note},
                                   {"serial", stated.serial},
                                   {"start_ns", "0"},
                                   {"work", "0"},
                                   {"work_per_step", "0"},
                                   {"wrong", 0}}) {
    ended.push_back(std::move(member));
  }
  journals[node_of(item)].push_back({"end", std::move(ended)});
  now_s += 2;
}

void CampaignBuilder::begin(const std::string& clause, const std::string& item) {
  Json::Object begun = begin_members(clause, item);
  begun.emplace_back("at", time_of_day(now_s));
  journals[node_of(item)].push_back({"begin", std::move(begun)});
}

void CampaignBuilder::usual_runs(int rounds) {
  const SimulatedRun memory{.work_per_step = 1'000'000'000, .dimension = "byte_rate", .steps = 15};
  for (int i = 0; i < rounds; ++i) {
    round();
    std::vector<std::pair<std::string, SimulatedRun>> gpus;
    for (const Item& item : roster_) {
      if (item.kind == Scope::each_gpu) {
        gpus.emplace_back(item.id, SimulatedRun{});
      }
    }
    attempts_together("C-1", gpus);
    for (const Item& item : roster_) {
      if (item.kind == Scope::each_node) {
        attempt("C-2", item.id, memory);
      }
    }
  }
}

void CampaignBuilder::excuse(std::uint32_t node, std::uint64_t attempt, const PrivateKey& key) {
  const ExcuseFrame frame{.buyer_key = session.buyer_key,
                          .session_sha256 = digest_of(write_session(session)),
                          .node = node};
  const std::string sentence = "The buyer cut the power.";
  const std::string jws =
      must(sign_compact(key, k_excuse_type, excuse_payload(frame, attempt, sentence)));
  journals[node].push_back(
      {"excuse",
       {{"attempt", static_cast<std::int64_t>(attempt)}, {"sentence", sentence}, {"jws", jws}}});
}

void CampaignBuilder::close() {
  for (std::size_t node = 0; node < journals.size(); ++node) {
    journals[node].push_back({"close", {{"attempts", static_cast<std::int64_t>(attempts_[node])}}});
  }
}

Result<Done> CampaignBuilder::write(const std::string& folder) {
  const CampaignPaths paths{folder};
  for (const char* sub : {"/journal", "/nodes", "/blobs/sha256"}) {
    must(make_folder(folder + sub));
  }
  must(write_file(paths.contract(), contract_text));
  must(write_file(paths.session(), write_session(session)));
  for (const auto& [digest, bytes] : blobs) {
    must(write_file(paths.blob(digest), bytes));
  }
  for (std::uint32_t node = 0; node < journals.size(); ++node) {
    must(write_file(paths.journal(node), chained(journals[node])));
    Result<Done> is_signed =
        sign_node(paths, digest_of(write_session(session)), node, node_keys[node]);
    if (!is_signed) {
      return is_signed;
    }
  }
  return Done{};
}

Result<Done> CampaignBuilder::write_judged(const std::string& folder) {
  if (Result<Done> written = write(folder); !written) {
    return written;
  }
  const Result<JudgedCampaign> judged = judge_campaign(folder, true);
  if (!judged) {
    return judged.error();
  }
  return write_file(CampaignPaths{folder}.report(), judged->report);
}

}  // namespace assay::testing_doubles
