// Drawn rows of every slot, and whole slots, compared on the GPU: the same for both passes of
// attention, which differ in what a row is and how it is compared.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "kernels/cuda/attention_check.h"
#include "kernels/findings.h"
#include "kernels/memory_plan.h"
#include "kernels/product_checks.h"

namespace assay::cuda {

/// What one pass has for it; `Task` is a row of a claim.
template <class Task>
struct SlotChecks {
  using Claim = decltype(Task::claim);
  const AttentionProblem& problem;
  std::function<Claim(const Step&)> claim_of;
  std::function<Result<std::vector<RowFinding>>(const std::vector<Task>&)> rows;
  std::function<Result<std::optional<RowFinding>>(const Claim&)> whole;
  /// None where the finding is none. `row`, `slot`: of what was compared.
  std::function<Result<std::optional<Mismatch>>(const RowFinding&, std::uint64_t row,
                                                std::uint32_t slot)>
      mismatch;

  [[nodiscard]] Result<Done> drawn(std::span<const Step> steps, const Seed& challenge,
                                   std::vector<std::optional<Mismatch>>& found) const {
    std::vector<Task> tasks;
    std::vector<std::uint32_t> step_of;
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      for (const std::uint64_t row : draw_attention_rows(challenge, problem, i)) {
        tasks.push_back({.claim = claim_of(steps[i]), .row = row});
        step_of.push_back(i);
      }
    }
    const auto findings = rows(tasks);
    if (!findings) {
      return findings.error();
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      auto& of_step = found[step_of[i]];
      auto wrong = mismatch((*findings)[i], tasks[i].row, steps[step_of[i]].slot);
      if (!wrong) {
        return wrong.error();
      }
      of_step = of_step ? std::move(of_step) : std::move(*wrong);
    }
    return Done{};
  }

  [[nodiscard]] Result<CheckResult> check(std::span<const Step> steps, const Seed& challenge,
                                          std::span<const std::uint32_t> full) const {
    std::vector<std::optional<Mismatch>> found(steps.size());
    if (auto done = drawn(steps, challenge, found); !done) {
      return done.error();
    }
    for (const std::uint32_t index : full) {
      const auto finding = whole(claim_of(steps[index]));
      if (!finding) {
        return finding.error();
      }
      if (!*finding) {
        continue;
      }
      auto wrong = mismatch(**finding, 0, steps[index].slot);
      if (!wrong) {
        return wrong.error();
      }
      found[index] = std::move(*wrong);  // The first wrong element, not the drawn row's.
    }
    return summed_up(std::move(found), full.size(), memory::k_log2_nothing_missed);
  }
};

}  // namespace assay::cuda
