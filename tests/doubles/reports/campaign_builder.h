// Writes a whole synthetic campaign, signed and consistent, so that tests can then spoil it. It is
// marked "simulated" unless told otherwise: it can never become an acceptance.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/gpu_facts.h"
#include "harness/model/roster.h"
#include "reports/blocks.h"
#include "reports/campaign.h"
#include "reports/json.h"
#include "reports/keys.h"
#include "reports/readings.h"
#include "reports/session.h"

namespace assay::testing_doubles {

/// A demonstration with two nodes of two GPUs and a matrix product and a bandwidth clause.
[[nodiscard]] std::string two_node_contract();

/// The state of a GPU, the same before and after a window: ECC on, MIG off.
[[nodiscard]] Readings readings_of_gpu(std::int64_t power_limit_mw);

/// What a simulated run shows.
struct SimulatedRun {
  std::uint64_t work_per_step = 2'000'000'000'000;  ///< 10 blocks x 10 steps in 1 s: 200 TFLOP/s
  std::string dimension = "flop_rate";
  std::string ending = "measured";
  std::int64_t blocks = 10, steps = 10, block_ns = 100'000'000;
  std::int64_t gap_ns = 0;     ///< Before each block but the first.
  std::int64_t clock_ns = 0;   ///< By how much the second clock differs.
  std::int64_t wrong = 0;      ///< Wrong slots, in block 0.
  std::int64_t unchecked = 0;  ///< Slots of block 0 without a drawn tile.
  std::string serial;
  std::string outputs = "outputs";  ///< What its output digest is made of, with clause and round.
  std::string architecture;         ///< Of a device whose clock bounds matrix products.
  std::uint32_t multiprocessors = 0;
  std::int64_t clock_khz = -1;  ///< Of each block.
  std::int64_t timed_ns = 0;    ///< Of each block's steps alone; 0: the case doesn't time them.
  Readings telemetry = readings_of_gpu(100'000);  ///< As the contract of simulated runs orders.
  std::int64_t number = 0;  ///< Given by the builder: makes the blob this run's own.
};

struct Line {
  std::string kind;
  Json::Object members;
};

class CampaignBuilder {
 public:
  explicit CampaignBuilder(std::string contract = two_node_contract(),
                           std::vector<std::string> marks = {"simulated"});

  /// open, machine and selftest on every node. Comes first.
  void open();
  /// Reveals the next link on every node, and lets time pass.
  void round();
  /// One attempt in the present round, begun and ended.
  void attempt(const std::string& clause, const std::string& item, const SimulatedRun& run = {});
  /// One on each item, in one common window.
  void attempts_together(const std::string& clause,
                         const std::vector<std::pair<std::string, SimulatedRun>>& runs);
  /// One finding in the present round, with what its facts make of it. `before`: the first look.
  void finding(const std::string& clause, const std::string& item, const MachineFacts& found,
               const MachineFacts* before = nullptr);
  /// An attempt that never ended.
  void begin(const std::string& clause, const std::string& item);
  /// `rounds` rounds of both clauses of two_node_contract() on all its items.
  void usual_runs(int rounds);
  void excuse(std::uint32_t node, std::uint64_t attempt, const PrivateKey& key);
  void close();

  /// Writes contract, session, journals, blobs and node signatures.
  [[nodiscard]] Result<Done> write(const std::string& folder);
  /// As write(), then judges and writes report.json.
  [[nodiscard]] Result<Done> write_judged(const std::string& folder);

  // Open to tests that lie consistently: chain and signatures are made over what stands here.
  std::string contract_text;
  Session session;
  std::vector<std::vector<Line>> journals;
  std::map<std::string, std::string> blobs;  ///< Digest to bytes.
  std::vector<PrivateKey> node_keys;
  std::optional<PrivateKey> buyer;
  std::int64_t now_s = 1'772'352'000;  ///< 2026-03-01T08:00:00Z

 private:
  [[nodiscard]] std::uint32_t node_of(const std::string& item) const;
  [[nodiscard]] const Clause& clause_of(const std::string& id) const;
  Json::Object begin_members(const std::string& clause, const std::string& item);

  Contract contract_;
  std::vector<Item> roster_;
  Digest last_link_{};
  std::uint32_t round_ = 0;
  std::int64_t runs_ = 0;
  std::vector<std::uint64_t> attempts_;
};

/// The bytes of a journal with these lines.
[[nodiscard]] std::string chained(const std::vector<Line>& lines);

/// The blocks of a simulated run.
[[nodiscard]] Blocks blocks_of(const SimulatedRun& run);

}  // namespace assay::testing_doubles
