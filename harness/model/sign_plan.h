// The looks of the sign-count rules: how many runs below the limit accept or reject, and when.
#pragma once

#include <cstdint>
#include <span>

#include "harness/model/contract.h"

namespace assay {

struct Look {
  std::uint32_t runs = 0;
  std::uint32_t accept = 0;  ///< Accept if at most so many of the first `runs` are below.
  std::uint32_t reject = 0;  ///< Reject if at least so many are.
};

/// The looks of `rule` in order; empty for rules that count no runs.
[[nodiscard]] std::span<const Look> looks_of(Rule rule);

}  // namespace assay
