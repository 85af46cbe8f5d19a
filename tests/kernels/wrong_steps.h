// How many steps of an attention kernel are found wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/attention_kernel.h"

namespace assay {

inline Seed seed_of(std::uint8_t value) {
  Seed seed{};
  seed.fill(value);
  return seed;
}

struct FoundWrong {
  std::uint64_t in_rows = 0, in_full = 0;
};

/// Of 8 steps: in their drawn rows, and as a whole.
inline FoundWrong wrong_in_steps(const AttentionProblem& problem,
                                 Result<std::unique_ptr<AttentionWork>> work) {
  EXPECT_TRUE(work);
  auto kernel = AttentionKernel::prepare_with(problem, std::move(*work));
  EXPECT_TRUE(kernel);
  std::vector<Step> steps;
  std::vector<std::uint32_t> all(8);
  std::iota(all.begin(), all.end(), 0U);
  for (const std::uint32_t i : all) {
    steps.push_back({.tuple = 100 + 31 * std::uint64_t{i}, .slot = i});
  }
  EXPECT_TRUE((*kernel)->poison(steps));
  EXPECT_TRUE((*kernel)->run(steps));
  return {(*kernel)->check(steps, seed_of(9), {})->wrong,
          (*kernel)->check(steps, seed_of(9), all)->wrong};
}

}  // namespace assay
