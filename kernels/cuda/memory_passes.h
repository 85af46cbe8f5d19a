// What fills and moves the memory of the device, 16 bytes an access.
#pragma once

#include <cstdint>

#include "kernels/backend.h"
#include "kernels/cuda/device_buffer.h"
#include "kernels/cuda/least_work.h"
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

/// Copy: 16 bytes an element of 8, triad 24, read 8, and one sum of 8 for each part. Half an
/// access, half an address; triad a multiply-add, read a 64-bit xor and sum.
[[nodiscard]] constexpr LeastWork least_of_pass(MemoryProblem::Op op, double elements) {
  using enum MemoryProblem::Op;
  const double sums = op == read ? 8 * elements / double{k_part} : 0;
  const double arrays = op == read ? 1 : op == copy ? 2 : 3;
  return {.bytes = 8 * arrays * elements + sums,
          .instructions = (arrays + (op == copy   ? 0
                                     : op == read ? 4
                                                  : 1)) *
                          elements,
          .doubles = op == triad ? elements : 0,
          .rounds = op == read ? double{k_part} / 2048 : 1};
}

/// 8 bytes written and one number drawn a word.
[[nodiscard]] constexpr LeastWork least_of_fill(double words) {
  return {.bytes = 8 * words, .instructions = k_draw_instructions * words};
}

/// One number drawn a word, each of its 64 bits loaded from shared memory, shifted, cut off and
/// added; 256 bytes written a part.
[[nodiscard]] constexpr LeastWork least_of_count(double words) {
  return {.bytes = 256 * words / double{k_part},
          .instructions = (k_draw_instructions + 4 * 64) * words};
}

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
