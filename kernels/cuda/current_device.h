// Another device of the node, for a while.
#pragma once

#include "harness/model/result.h"
#include "kernels/cuda/error.h"

namespace assay::cuda {

/// What `work` says, done with device `ordinal` as the current one; afterwards the one before is
/// the current one again. Fails as check() does where no device can be made current.
template <class Work>
[[nodiscard]] auto on_device(int ordinal, Work work) -> decltype(work()) {
  int before = 0;
  if (auto done = check(cudaGetDevice(&before), "cudaGetDevice"); !done) {
    return done.error();
  }
  if (auto done = check(cudaSetDevice(ordinal), "cudaSetDevice"); !done) {
    return done.error();
  }
  auto said = work();
  if (auto back = check(cudaSetDevice(before), "cudaSetDevice"); !back) {
    return back.error();
  }
  return said;
}

}  // namespace assay::cuda
