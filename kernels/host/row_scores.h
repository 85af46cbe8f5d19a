// Scores by the definition: inner products of rows as they stand in memory, in doubles.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Scores q k of one row with `keys` rows of `columns`, a multiple of 8.
struct ScoreRequest {
  const std::byte* q = nullptr;
  const std::byte* k = nullptr;
  std::uint64_t keys = 0, columns = 0;
  double* scores = nullptr;
};
/// Of f32 or bf16.
void score_rows(NumberType type, const ScoreRequest& request);

}  // namespace assay
