// What the worker and the ranks of a collective say to each other: one canonical JSON object a
// line. A rank says hello, gets what to prepare, and then answers every command. It may be started
// again, with another problem for as many ranks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/rank_clock.h"
#include "harness/run/transport_counters.h"
#include "kernels/backend.h"

namespace assay {

/// What the ranks of a job do: one collective, or a decoder layer's step, whose exchange of
/// gradients `problem` then is.
struct RankWork {
  CollectiveProblem problem;
  std::optional<TransformerProblem> layer;
};

/// To all ranks alike.
struct RankCommand {
  enum class Kind { start, prepare, run, check, witness, flip, join, look };
  Kind kind = Kind::start;
  RankWork work;  ///< start
  /// start: of the operands, and of the order of the ranks; check: what places are drawn from.
  Seed seed{};
  bool yields = false;              ///< start: there are more ranks than cores.
  std::vector<Step> steps;          ///< prepare, run, check, witness
  std::vector<std::uint32_t> full;  ///< check: indices of the steps that are checked as a whole.
  std::int64_t lead_ns = 0;         ///< run: how far ahead the common start of a call is agreed on.
  bool measures = false;            ///< look: of a layer, how fast its largest product is, too.
  std::uint32_t slot = 0;           ///< flip
  std::uint64_t bit = 0;            ///< flip
  std::vector<std::uint8_t> ticket;  ///< join, of ranks on GPUs: the first one's.
  std::int64_t limit_ns = 0;         ///< join, run: who waits longer for others gives up; 0: never.
};

/// From one rank.
struct RankRecord {
  enum class Kind { hello, done, failed, ended, alive };
  Kind kind = Kind::done;
  std::uint32_t rank = 0, ranks = 0;  ///< start
  std::uint32_t place = 0;            ///< start: as its launcher laid it out; of its device.
  std::string software;               ///< start: what MPI or NCCL calls itself.
  std::string layer;                  ///< start: what computes its layer; "" of a collective.
  /// run: end of each call, or of each of its rounds, after the common start,
  std::vector<std::int64_t> end_ns;
  std::vector<std::int64_t> late_ns;    ///< and how long after it this rank began.
  std::vector<std::int64_t> device_ns;  ///< run, on GPUs: of each call by the device's events.
  std::vector<std::uint32_t> wrong;     ///< check: indices of the steps that differ.
  std::optional<Mismatch> first;        ///< check
  std::vector<std::uint8_t> bytes;      ///< witness
  /// look: at most 2^53 - 1 ns; none where all ranks read their worker's clock.
  std::optional<ClockOffset> clock;
  TransportCounters transport;       ///< look
  std::int64_t product_rate = 0;     ///< look that measures: FLOP/s of it; else 0.
  std::vector<std::uint8_t> ticket;  ///< start, of the first rank, if others need one to join.
  std::string settings;              ///< join: what the library was told.
  bool unsupported = false;          ///< failed: nothing was tried,
  bool lost_device = false;          ///< or the device broke,
  bool gave_up = false;              ///< or others were waited for in vain.
  std::string note;                  ///< failed
};

[[nodiscard]] std::string write_rank_command(const RankCommand& command);
[[nodiscard]] Result<RankCommand> read_rank_command(std::string_view line);
[[nodiscard]] std::string write_rank_record(const RankRecord& record);
[[nodiscard]] Result<RankRecord> read_rank_record(std::string_view line);

/// What a rank says between two calls if it has said nothing for a while.
inline constexpr std::string_view k_rank_alive = R"({"kind":"alive"})";

/// What a rank that is told to end says last, from a handler of signals.
inline constexpr std::string_view k_rank_ended = "{\"kind\":\"ended\"}\n";

}  // namespace assay
