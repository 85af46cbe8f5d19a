// Whether rows of attention's output are right, to the bit: see kernels/attention_plan.h.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/attention_plan.h"
#include "kernels/host/attention_operands.h"

namespace assay {

struct AttentionClaim {
  const AttentionProblem* problem = nullptr;
  const AttentionPattern* pattern = nullptr;
  AttentionTuple place;
  AttentionViews operands;
  const std::byte* o = nullptr;
};

/// One row by the definition: every score is the product of the row of Q with that of a key, in
/// doubles, as they stand in memory. The first element that differs.
[[nodiscard]] std::optional<Mismatch> check_attention_row(const AttentionClaim& claim,
                                                          std::uint64_t row);

/// All rows, with weights that were never in memory: worked out from the seed. On all threads.
[[nodiscard]] std::optional<Mismatch> check_attention(const AttentionClaim& claim);

}  // namespace assay
