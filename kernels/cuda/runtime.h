// The one seam between the kernels of this folder and what executes them.
//
// Under nvcc the macros below are CUDA. A compiler without CUDA finds another <cuda_runtime.h> on
// its path, which defines them itself: tests/doubles/cuda runs the same sources, thread by thread,
// on the host.
#pragma once

#include <cuda_runtime.h>

#ifndef ASSAY_LAUNCH
/// Starts kernel(arguments...) on grid x block threads of `stream`.
#define ASSAY_LAUNCH(kernel, grid, block, stream, ...) \
  kernel<<<grid, block, 0, stream>>>(__VA_ARGS__)
/// Before a loop that indexes registers: they have no addresses, so it must be unrolled.
#define ASSAY_UNROLL _Pragma("unroll")
/// An array of `count` elements that the threads of one block share.
#define ASSAY_SHARED(type, name, count) __shared__ type name[count]
#endif

namespace assay::cuda {

/// Of every kernel of this folder.
inline constexpr unsigned k_block = 256;
inline constexpr unsigned k_warp = 32;
inline constexpr unsigned k_every_lane = 0xffff'ffffU;

}  // namespace assay::cuda
