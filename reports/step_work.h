// What one step of a clause is: a larger one would make the same machine faster.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "reports/run_lines.h"
#include "reports/session.h"

namespace assay {

/// Over the windows of one journal: what the contract or the session states for the clause (the
/// frame's session has both), or else what the item's
/// first window states. Refers to the session, which must outlive it.
class StepWork {
 public:
  explicit StepWork(const Session& session) : stated_(session.work_per_step) {}

  /// Fails with bad_input, naming the member and both values.
  [[nodiscard]] Result<Done> check(const EndLine& end);
  /// The item was replaced, with all in it: another machine may have other caches.
  void forget(const std::string& item);

 private:
  const std::map<std::string, Natural>& stated_;
  std::map<std::pair<std::string, std::string>, Natural> first_;  // by clause and item
};

}  // namespace assay
