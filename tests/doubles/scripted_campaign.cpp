#include "tests/doubles/scripted_campaign.h"

#include <iostream>

#include "harness/run/worker.h"
#include "tests/doubles/scripted_backend.h"

namespace assay {

std::string contract_of(const Made& made) {
  const auto clause = [&made](const std::string& id) {
    return R"({"id":")" + id + R"(","title":{"en":"Device"},"case":"test.device",)" +
           R"("population":"host","scope":"each_node","concurrent":"all_items","params":)" +
           made.params + "," + R"("window":")" + made.window + R"(","rule":")" + made.rule +
           R"(","at_least":")" + made.limit + R"(","at_most_plausible":")" + made.plausible +
           R"(","weight":"mandatory","defect_class":1})";
  };
  return R"({"schema":"assay.contract/1","id":"scripted","purpose":"acceptance",)"
         R"("title":{"en":"Scripted"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
         R"("inventory":[{"id":"host","kind":"host","nodes":)" +
         std::to_string(made.nodes) + R"(}],"sessions":{"days":)" + std::to_string(made.days) +
         R"(},"conditions":{"block_gap":"1 %","clock_disagreement":"0.1 %",)"
         R"("session_spread":"1 %","start_skew":"1 ms"},"max_invalid":0,"clauses":[)" +
         clause("C-1") + (made.two_clauses ? "," + clause("C-2") : "") + "]}";
}

RunWorld world_with(const std::string& script, OtherDays& clock) {
  RunWorld world;
  world.cases = scripted_cases();
  world.worker = {"/proc/self/exe", "worker", script, std::to_string(clock.ahead_ns())};
  world.clock = &clock;
  world.prepare_ns = 20'000'000'000;
  world.grace_ns = 2'000'000'000;
  return world;
}

int be_scripted_worker(const std::string& script, const std::string& ahead_ns) {
  if (script == "garbage") {
    std::cout << "all 8 GPUs were checked: PASS\n" << std::flush;
    return 0;
  }
  OtherDays clock;
  clock.shift_ns = std::stoll(ahead_ns);
  WorkerWorld world;
  world.backends.push_back({.backend = make_scripted_backend(script_from(script)), .mark = ""});
  world.cases = scripted_cases();
  world.clock = &clock;
  world.probe = make_host_probe();
  return worker_on_standard_streams(world);
}

}  // namespace assay
