// Sums over the threads of a block, in device code.
#pragma once

#include "kernels/cuda/memory_passes.h"
#include "kernels/cuda/runtime.h"

namespace assay::cuda {

/// The sum over a block of k_block threads, all of which call it once; every one has it.
__device__ inline DeviceWord sum_of_block(DeviceWord value) {
  ASSAY_SHARED(DeviceWord, of_warps, k_block / k_warp);
  for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(k_every_lane, value, static_cast<int>(distance));
  }
  if (threadIdx.x % k_warp == 0) {
    of_warps[threadIdx.x / k_warp] = value;
  }
  __syncthreads();
  DeviceWord sum = 0;
  for (unsigned warp = 0; warp < k_block / k_warp; ++warp) {
    sum += of_warps[warp];
  }
  return sum;
}

}  // namespace assay::cuda
