// The loops that move memory, for one thread's part.
#pragma once

#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Part of a pass. Pointers are aligned to 64 bytes and `elements` is a multiple of 8.
struct Pass {
  MemoryProblem::Op op = MemoryProblem::Op::triad;
  bool non_temporal = true;
  std::uint64_t elements = 0;
  std::uint64_t* to = nullptr;       ///< copy and triad.
  const std::uint64_t* b = nullptr;  ///< Doubles for triad, words else.
  const std::uint64_t* c = nullptr;  ///< triad.
  double scalar = 0;                 ///< triad: to = b + scalar c.
  std::uint64_t key = 0;             ///< read: sum of b ^ key modulo 2^64.
};

/// Does it with the widest vectors of this CPU. Returns the sum of a read, else 0.
std::uint64_t move_memory(const Pass& pass);

}  // namespace assay
