// The first wrong step of an attempt, done again: on its item, and on a neighbour.
#pragma once

#include <functional>
#include <vector>

#include "harness/run/attempt_end.h"
#include "harness/run/launch.h"
#include "harness/run/rounds.h"
#include "reports/repeat_line.h"

namespace assay {

/// What doing it again touches.
struct RepeatWorld {
  const LaunchPlan& launch;
  ObjectDigests& digests;
  const Rounds& rounds;  ///< Holds the attempts and how they ended.
  std::function<Result<Done>(const RepeatLine& line)> write;
};

/// Those of the attempts that ran together. Each is journalled before it is done again, so that
/// nothing that happens then can take the wrong result away.
class WrongSteps {
 public:
  explicit WrongSteps(std::size_t clause) : clause_(clause) {}

  /// An attempt whose end is journalled; kept if a step of it was wrong.
  void take(const AttemptBegin& begin, const Job& job, const Launched& launched);

  /// Does them again, one after the other, each in a process of its own. False if interrupted.
  [[nodiscard]] Result<bool> repeat(const RepeatWorld& world) const;

 private:
  struct Wrong {
    std::uint64_t attempt = 0;
    Job job;
  };
  [[nodiscard]] static Result<bool> repeat_on(const RepeatWorld& world, const Wrong& wrong,
                                              std::optional<ItemIndex> item);

  std::size_t clause_;
  std::vector<Wrong> wrong_;
};

}  // namespace assay
