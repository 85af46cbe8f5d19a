// The end of an attempt: what became of its worker, as a journal line and as evidence.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/model/as_ordered.h"
#include "harness/model/evidence.h"
#include "harness/model/ordered_gpu.h"
#include "harness/run/classify.h"
#include "harness/run/journal_clock.h"
#include "harness/run/launch.h"
#include "reports/json.h"

namespace assay {

struct AttemptBegin {
  Attempt attempt;  ///< number, clause, item, round and day.
  std::string item;
  Dimension dimension = Dimension::count;  ///< Of the case, for attempts without a window.
  std::optional<Order> order;              ///< Of a case that finds,
  std::optional<MachineFacts> before;      ///< and the item's first look, if there was one.
  std::int64_t begun_ns = 0;               ///< UTC, as its line says.
};

struct AttemptEnd {
  Attempt attempt;
  Json::Object line;  ///< Members of `end` but for the chain's.
  std::string blob;   ///< Encoded blocks; "" without a window.
  WallWindow window;  ///< Length 0 without a window.
};

struct EndRules {
  EndRules() = default;
  /// What the contract says of windows on these items.
  EndRules(const Contract& contract, const std::vector<Item>& roster);

  /// Those of a `machine` line that was read back may be mapped.
  void know_objects_of(const Json& machine);

  Tolerances tolerances;
  std::vector<OrderedGpu> ordered;       ///< By item.
  std::set<ObjectDigest> known_objects;  ///< What may be mapped: as at the campaign's start.
  std::vector<std::string> marks;        ///< Of the session.
  JournalClock clock;                    ///< As the journal stands.
};

/// At `utc_ns`. Where the clock was set while the attempt ran, so that its window contradicts the
/// journal, it ends as `clock` without one; a window with wrong slots stays, laid where it could
/// have been, since it counts whenever it was.
[[nodiscard]] AttemptEnd end_of(const AttemptBegin& begin, const Job& job, const Launched& launched,
                                const EndRules& rules, std::int64_t utc_ns);

}  // namespace assay
