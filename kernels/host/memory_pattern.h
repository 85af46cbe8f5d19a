// What the arrays of a memory pass hold: a function of seed and index, kept nowhere.
#pragma once

#include <cstdint>

#include "kernels/keyed.h"

namespace assay {

/// The sources b and c, and what a pass makes of them.
struct MemoryPattern {
  Keyed b, c;
  bool adds = true;  ///< to = b + scalar c in whole doubles; else to = b, all 64 bits drawn.
};

/// Where a pass begins in the sources, and its factor.
struct MemoryShift {
  std::uint64_t b = 0, c = 0, scalar = 0;
};

/// What stands at `index` of a source: for sums a whole number below 2^20, as a double.
[[nodiscard]] std::uint64_t source_word(const MemoryPattern& pattern, const Keyed& draw,
                                        std::uint64_t index);

/// What a pass must have written at `index`.
[[nodiscard]] std::uint64_t pattern_word(const MemoryPattern& pattern, const MemoryShift& shift,
                                         std::uint64_t index);

/// The first index in first .. last-1 at which `to` differs from the pattern; `last` if none.
[[nodiscard]] std::uint64_t first_difference(const MemoryPattern& pattern, const MemoryShift& shift,
                                             const std::uint64_t* to, std::uint64_t first,
                                             std::uint64_t last);

}  // namespace assay
