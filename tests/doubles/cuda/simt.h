// Grids, blocks and warps on the host: what a kernel sees of the device it runs on.
//
// Threads are fibers. Blocks run one after the other in an order drawn from a seed, and the warps
// of a block take turns in an order drawn anew each time, so that what depends on an order shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

struct dim3 {  // NOLINT(readability-identifier-naming): CUDA's name
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned ax = 1, unsigned ay = 1, unsigned az = 1) : x(ax), y(ay), z(az) {}
};

namespace assay::emulated {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

/// Where a thread is.
struct Here {
  Index thread, block;
  dim3 block_size, grid_size;
};
/// Of the thread that runs. Precondition: one does.
[[nodiscard]] const Here& here();

/// Runs every thread of the grid. A barrier that not all threads of a block reach, what a warp does
/// together and not all of its lanes join, a copy that nobody waits for, and a write beyond a
/// shared array end the process with a sentence.
void launch(dim3 grid, dim3 block, const std::function<void()>& kernel);
/// Of all launches from now on.
void draw_orders_from(std::uint64_t seed);

/// __syncthreads(); `line` tells call sites apart, since all threads must be at the same one.
void barrier(int line);

/// Every lane of `mask` gives a word and gets that of lane `from` of its warp.
[[nodiscard]] std::uint64_t exchange(unsigned mask, std::uint64_t word, unsigned from);

/// Every lane of a full warp gives something; the last one to come does `work` with all 32, and
/// then all go on. What they gave may be on their stacks.
using WarpWork = void (*)(void* const* lanes);
void together(void* given, WarpWork work);

/// A copy of this thread that is done in finish_copies(); zeros if `from` is null. Every thread
/// must finish those that it began.
struct AsyncCopy {
  void* to = nullptr;
  const void* from = nullptr;
  std::size_t bytes = 0;
};
void copy_later(const AsyncCopy& copy);
void finish_copies();

/// Whether all of these bytes lie in one shared array of this block.
[[nodiscard]] bool is_shared(const void* data, std::size_t bytes);

/// Ends the process with a sentence that names the block.
[[noreturn]] void fail(const std::string& what);

/// The shared array of this block known by `key`: garbage at first, guarded on both sides.
[[nodiscard]] void* shared_array(int key, std::size_t bytes);

}  // namespace assay::emulated
