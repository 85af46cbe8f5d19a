// A GPU of an emulated machine, for tests of the CUDA module.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "kernels/module.h"

namespace assay {

/// The first GPU of an emulated machine.
struct EmulatedGpu {
  std::unique_ptr<Backend> backend;
  Device device{.id = "gpu0"};

  explicit EmulatedGpu(const std::string& settings) {
    auto loaded = load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = settings});
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    if (loaded) {
      backend = std::move(loaded->backend);
    }
  }

  [[nodiscard]] Result<std::unique_ptr<Kernel>> prepare(NumberType input, NumberType sums,
                                                        NumberType output) const {
    return backend->prepare(
        GemmProblem{
            .input = input, .accumulate = sums, .output = output, .m = 32, .n = 64, .k = 96},
        device, Seed{1});
  }

  /// Why it has no such product; "" if it has.
  [[nodiscard]] std::string refusal(const GemmProblem& problem) const {
    const auto supported = backend->supports(problem, device);
    return supported ? "" : supported.error().message;
  }
};

}  // namespace assay
