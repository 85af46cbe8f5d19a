// Collectives of real ranks, which the test's own program is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/collective_kernel.h"
#include "tests/doubles/mpi/own_ranks.h"

namespace assay::testing_doubles {

inline std::vector<Step> steps_to(std::uint32_t count) {
  std::vector<Step> steps(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    steps[i] = {.tuple = 7 * i, .slot = i};
  }
  return steps;
}

/// Ranks that are started once and take one problem after the other.
class RanksHere {
 public:
  explicit RanksHere(const RankLaunch& launch, std::uint32_t count = 3)
      : job_(RankJob::start(
            launch, {{.op = CollectiveProblem::Op::all_reduce, .bytes = 4, .ranks = count}, {}},
            Seed{})) {}

  std::unique_ptr<CollectiveKernel> take(const CollectiveProblem& problem) {
    if (!job_) {
      ADD_FAILURE() << job_.error().message;
      return nullptr;
    }
    shared_ = shared_ ? shared_ : std::shared_ptr<RankJob>(std::move(*job_));
    const auto begun = shared_->begin({problem, {}}, Seed{1, 2, 3});
    EXPECT_TRUE(begun) << begun.error().message;
    return begun ? std::make_unique<CollectiveKernel>(problem, shared_) : nullptr;
  }

 private:
  Result<std::unique_ptr<RankJob>> job_;
  std::shared_ptr<RankJob> shared_;
};

/// A window of a few calls, all of which must be right, and what was noted of it.
inline Readings noted(RanksHere& ranks, const CollectiveProblem& problem, std::uint32_t most = 4) {
  Readings readings;
  const auto kernel = ranks.take(problem);
  if (kernel == nullptr) {
    return readings;
  }
  const auto steps = steps_to(std::min(kernel->slots(), most));
  EXPECT_TRUE(kernel->run(steps));  // a soak, which the notes leave out
  kernel->begin_window();
  EXPECT_TRUE(kernel->poison(steps));
  EXPECT_TRUE(kernel->run(steps));
  const auto checked = kernel->check(steps, {}, {});
  EXPECT_TRUE(checked && checked->wrong == 0);
  const auto notes = kernel->notes();
  EXPECT_TRUE(notes) << notes.error().message;
  for (const Noted& note : *notes) {
    readings[note.name] = {.value = note.value, .reason = note.reason};
  }
  EXPECT_EQ(readings["calls_count"].value, static_cast<std::int64_t>(steps.size()));
  return readings;
}

}  // namespace assay::testing_doubles
