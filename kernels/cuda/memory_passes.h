// What fills and moves the memory of the device, 16 bytes an access.
#pragma once

#include <cstdint>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/memory_plan.h"

namespace assay::cuda {

/// 64 bits of memory that the device sees.
using DeviceWord = unsigned long long;

/// Elements that one block of threads sums up in a read: each part's sum is a word of the output.
inline constexpr std::uint64_t k_part = 8192;

/// One pass. Arrays are aligned to 64 bytes, `elements` is a multiple of 8.
struct DevicePass {
  MemoryProblem::Op op = MemoryProblem::Op::triad;
  bool non_temporal = true;
  std::uint64_t elements = 0;
  DeviceWord* to = nullptr;
  std::uint64_t to_words = 0;     ///< `elements`, or the parts of a read.
  const DeviceWord* b = nullptr;  ///< Doubles for triad, words else.
  const DeviceWord* c = nullptr;  ///< triad.
  double scalar = 0;              ///< triad: to = b + scalar c.
  DeviceWord key = 0;             ///< read: sum of b ^ key modulo 2^64.
};

/// The bytes given, or where they are 0 four times the L2 of the current device.
[[nodiscard]] Result<std::uint64_t> array_bytes_or_caches(std::uint64_t array_bytes);

/// Queues it on the stream. All of these fail as check() does.
[[nodiscard]] Result<Done> move_memory(const DevicePass& pass, cudaStream_t stream);

/// Queues the writing of a source's words 0 .. words-1, an even number.
[[nodiscard]] Result<Done> fill_source(const memory::Pattern& pattern, const Keyed& draw,
                                       DeviceWord* to, std::uint64_t words, cudaStream_t stream);

/// How many words of each part of source b have bit i set: 64 counts of 32 bits a part, computed
/// from the pattern and not from memory.
[[nodiscard]] Result<DeviceBuffer> count_ones(const memory::Pattern& pattern,
                                              std::uint64_t elements, cudaStream_t stream);

}  // namespace assay::cuda
