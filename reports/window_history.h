// What each window of an item is held against: the ones before it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "reports/run_lines.h"
#include "reports/session.h"

namespace assay {

/// Over the windows of one journal. Refers to the session, which must outlive it.
class WindowHistory {
 public:
  explicit WindowHistory(const Session& session) : stated_(session.work_per_step) {}

  /// Fails with bad_input, naming the member, where the step of a clause is not the one that the
  /// contract or the session states (the frame's session has both), or else the item's first window
  /// (a larger one would make the same machine faster); where the item's device has other units
  /// than in the first window that shows some; and where the window begins before the one before it
  /// has ended: one item does one thing at a time.
  [[nodiscard]] Result<Done> check(const EndLine& end);
  /// The item was replaced, with all in it: another machine may have other caches and units.
  void forget(const std::string& item);

 private:
  [[nodiscard]] Result<Done> check_step(const EndLine& end);
  [[nodiscard]] Result<Done> check_units(const EndLine& end);
  [[nodiscard]] Result<Done> check_time(const EndLine& end);

  using Units = std::pair<std::string, std::uint32_t>;  // architecture and multiprocessors

  const std::map<std::string, Natural>& stated_;
  std::map<std::pair<std::string, std::string>, Natural> first_step_;  // by clause and item
  std::map<std::string, Units> first_units_;                           // by item
  std::map<std::string, std::int64_t> busy_until_ns_;  // by item: end of its latest window
};

}  // namespace assay
