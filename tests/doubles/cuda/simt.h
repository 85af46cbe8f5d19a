// Grids, blocks and warps on the host: what a kernel sees of the device it runs on.
//
// Threads are fibers. Blocks run one after the other in an order drawn from a seed, and the warps
// of a block take turns in an order drawn anew each time, so that what depends on an order shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

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

/// Runs every thread of the grid. A barrier that not all threads of a block reach, a shuffle that
/// not all of its lanes join, and a write beyond a shared array end the process with a sentence.
void launch(dim3 grid, dim3 block, const std::function<void()>& kernel);
/// Of all launches from now on.
void draw_orders_from(std::uint64_t seed);

/// __syncthreads(); `line` tells call sites apart, since all threads must be at the same one.
void barrier(int line);

/// Every lane of `mask` gives a word and gets that of lane `from` of its warp.
[[nodiscard]] std::uint64_t exchange(unsigned mask, std::uint64_t word, unsigned from);

/// The shared array of this block known by `key`: garbage at first, guarded on both sides.
[[nodiscard]] void* shared_array(int key, std::size_t bytes);

}  // namespace assay::emulated
