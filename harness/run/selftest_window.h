// The part of the self-test that runs windows: lying kernels, clocks and blocks.
#pragma once

#include <memory>
#include <vector>

#include "harness/run/selftest.h"

namespace assay {

/// A small problem on `device` that this backend has an exact kernel for: a matrix product, or a
/// copy where it has none. Fails with unsupported where it has neither.
[[nodiscard]] Result<std::unique_ptr<Kernel>> selftest_kernel(Backend& backend,
                                                              const Device& device,
                                                              const Digest& seed);

/// The healthy control first, then each fault of a window.
[[nodiscard]] std::vector<SelftestCheck> check_windows(Kernel& kernel, const SelftestPlan& plan);

}  // namespace assay
