// What a run costs beside its window: from the start of a worker to its first block, and from the
// end of the window to the line in the journal that is on the disk. Medians over a campaign.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/campaign_run.h"
#include "harness/run/worker.h"
#include "kernels/host/host_backend.h"
#include "reports/campaign.h"

namespace assay::bench {
namespace {

constexpr const char* k_contract =
    R"({"schema":"assay.contract/1","id":"latency","purpose":"demonstration",)"
    R"("title":{"en":"Latency"},"parties":{"buyer":{"name":"b"},"supplier":{"name":"s"}},)"
    R"("inventory":[{"id":"host","kind":"host","nodes":1}],"sessions":{"days":1},)"
    R"("conditions":{"block_gap":"1 %","clock_disagreement":"1 %"},"max_invalid":0,"clauses":[)"
    R"({"id":"L-1","title":{"en":"Product"},"case":"compute.gemm","population":"host",)"
    R"("scope":"each_node","concurrent":"all_items","params":{"input":"f32","accumulate":"f32",)"
    R"("output":"f32","sparsity":"dense","emulation":"forbidden","operands":"integers",)"
    R"("m":192,"n":192,"k":192},"window":"0.2 s","rule":"1-5-9","at_least":"0.001 GFLOP/s",)"
    R"("at_most_plausible":"1000 TFLOP/s","weight":"mandatory","defect_class":1}]})";

/// When each attempt began and ended, as the controller saw it.
class Times final : public Progress {
 public:
  void event(const ProgressEvent& event) override {
    if (event.kind == ProgressEvent::Kind::attempt) {
      begun_ns = system_clock().utc_ns();
    } else if (event.kind == ProgressEvent::Kind::attempt_done) {
      begins_ns.push_back(begun_ns);
      ends_ns.push_back(system_clock().utc_ns());
    }
  }
  std::int64_t begun_ns = 0;
  std::vector<std::int64_t> begins_ns, ends_ns;
};

double median_ms(std::vector<std::int64_t> nanoseconds) {
  const auto middle = nanoseconds.begin() + static_cast<std::ptrdiff_t>(nanoseconds.size() / 2);
  std::nth_element(nanoseconds.begin(), middle, nanoseconds.end());
  return static_cast<double>(*middle) / 1e6;
}

int give_up(const std::string& why) {
  std::fprintf(stderr, "latency_bench: %s\n", why.c_str());
  return 1;
}

int measure(const std::string& folder) {
  RunWorld world;
  world.cases = all_cases();
  world.clock = &system_clock();
  Times times;
  const auto outcome = run_campaign({.contract_bytes = k_contract, .folder = folder}, world, times);
  if (!outcome) {
    return give_up(outcome.error().message);
  }
  const auto campaign = read_campaign(folder, true);
  if (!campaign) {
    return give_up(campaign.error().message);
  }
  std::vector<std::int64_t> to_block;
  std::vector<std::int64_t> to_line;
  for (std::size_t i = 0; i < times.ends_ns.size(); ++i) {
    const Attempt& attempt = campaign->evidence.attempts[i];
    if (attempt.ending != Ending::measured) {
      return give_up("an attempt was not measured: " + attempt.note);
    }
    const auto window_ns = static_cast<std::int64_t>(attempt.elapsed_ns);
    to_block.push_back(attempt.start_ns - times.begins_ns[i]);
    to_line.push_back(times.ends_ns[i] - attempt.start_ns - window_ns);
  }
  std::printf("| of %zu runs | median |\n|---|---|\n", to_block.size());
  std::printf("| start of a worker to its first block | %.1f ms |\n", median_ms(to_block));
  std::printf("| end of the window to the journal line | %.1f ms |\n", median_ms(to_line));
  return 0;
}

int be_worker() {
  WorkerWorld world;
  world.backends.push_back({.backend = make_host_backend(), .mark = ""});
  world.cases = all_cases();
  world.clock = &system_clock();
  world.probe = make_host_probe();
  return worker_on_standard_streams(world);
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "worker") {
    return assay::bench::be_worker();
  }
  std::string root = "/tmp/assay-bench-XXXXXX";
  if (::mkdtemp(root.data()) == nullptr) {
    return assay::bench::give_up("/tmp can't be written");
  }
  const int status = assay::bench::measure(root + "/out");
  std::filesystem::remove_all(root);
  return status;
}
