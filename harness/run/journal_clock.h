// The wall clock as a journal may be written by it: never so that no reader takes the journal.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/result.h"
#include "reports/json.h"

namespace assay {

/// A window as the wall clock has it; ns since 1970, UTC.
struct WallWindow {
  ItemIndex item = 0;
  std::int64_t begun_ns = 0;  ///< Of the attempt's `begin`.
  std::int64_t start_ns = 0, elapsed_ns = 0;
};

/// Holds each time against those before by the reader's own rules (docs/report_format.md).
class JournalClock {
 public:
  /// Takes over what a journal holds already.
  void take(const std::vector<Json>& lines, const std::vector<Attempt>& attempts);
  /// The journal's last time: of its lines, or of the session's opening.
  void take(std::int64_t utc_ns);

  /// Fails with bad_input if the clock was set back, so that nothing more can be begun.
  [[nodiscard]] Result<Done> check(std::int64_t utc_ns) const;
  /// The time to write, in whole seconds, and remembers it: never before the last one.
  std::int64_t next_s(std::int64_t utc_ns);

  /// Why no reader would take this window in an `end` line of now; "" if it does.
  [[nodiscard]] std::string fault_of(const WallWindow& window, std::int64_t utc_ns) const;
  /// The earliest start at or after the attempt's begin that a reader takes.
  [[nodiscard]] std::int64_t start_for(const WallWindow& window) const;
  /// The window stands in the journal.
  void busy(const WallWindow& window);

 private:
  std::int64_t latest_ns_ = 0;
  std::map<ItemIndex, std::int64_t> busy_until_ns_;  ///< End of the item's latest window.
};

}  // namespace assay
