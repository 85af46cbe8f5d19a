// What is missing or goes wrong before and around an emulated GPU is a sentence, and loses no
// device.
#include <string>

#include <gtest/gtest.h>

#include "tests/kernels/emulated_gpu.h"

namespace assay {
namespace {

using Gpu = EmulatedGpu;

constexpr NumberType k_f32 = NumberType::f32;
constexpr NumberType k_bf16 = NumberType::bf16;

struct Missing {
  const char *fault, *sentence;
  friend std::ostream& operator<<(std::ostream& out, const Missing& missing) {
    return out << missing.fault;
  }
};
class MissingSoftware : public testing::TestWithParam<Missing> {};

TEST_P(MissingSoftware, IsASentence) {
  const Gpu gpu("fault=" + std::string(GetParam().fault));
  const auto supported = gpu.backend->supports(
      GemmProblem{.input = k_bf16, .accumulate = k_f32, .output = k_f32, .m = 8, .n = 8, .k = 8},
      gpu.device);
  ASSERT_FALSE(supported);
  EXPECT_EQ(supported.error().code, Error::Code::unsupported);
  EXPECT_EQ(supported.error().message, GetParam().sentence);
}
INSTANTIATE_TEST_SUITE_P(
    All, MissingSoftware,
    testing::Values(
        Missing{"no_driver", "no NVIDIA driver: libcuda.so.1 is not there"},
        Missing{"no_library", "libcublasLt.so.13 is not there"},
        Missing{"old_library", "libcublasLt.so.13 is version 12.3.0; at least 12.8 is needed"},
        // In the run-time library's own words, which name the toolkit's stand-in for a driver.
        Missing{"stub_driver",
                "cudaGetDeviceCount (driver 13000) failed: CUDA driver is a stub "
                "library (34)"},
        Missing{"other_driver",
                "cudaGetDeviceCount (driver 13000) failed: system has unsupported "
                "display driver / cuda driver combination (803)"},
        Missing{"broken_driver", "cudaGetDeviceCount (driver 13000) failed: unknown error (999)"},
        Missing{"busy_device",
                "cudaSetDevice failed: CUDA-capable device(s) is/are busy or "
                "unavailable (46)"}),
    [](const auto& tested) { return std::string(tested.param.fault); });

struct Trouble {
  const char* fault;
  Error::Code code;
  const char* sentence;
  friend std::ostream& operator<<(std::ostream& out, const Trouble& trouble) {
    return out << trouble.fault;
  }
};
class Troubles : public testing::TestWithParam<Trouble> {};

// One attempt with a lost device rejects the machine: only a device that says so itself is lost.
TEST_P(Troubles, OfOursOrOfALibraryLoseNoDevice) {
  const Gpu gpu("fault=" + std::string(GetParam().fault));
  const auto kernel = gpu.prepare(k_bf16, k_f32, k_f32);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, GetParam().code);
  EXPECT_EQ(kernel.error().message, GetParam().sentence);
}
INSTANTIATE_TEST_SUITE_P(
    All, Troubles,
    testing::Values(
        Trouble{"no_code", Error::Code::unsupported,
                "launch of fill failed: no kernel image is available for execution on the device "
                "(209)"},
        Trouble{"bad_call", Error::Code::io, "cudaStreamCreate failed: invalid argument (1)"},
        Trouble{"other_arch", Error::Code::unsupported,
                "cublasLtMatmulAlgoGetHeuristic failed: cuBLASLt status 8"},
        Trouble{"broken_library", Error::Code::io, "cublasLtMatmul failed: cuBLASLt status 14"},
        Trouble{"broken_both", Error::Code::device,
                "cublasLtMatmul failed: unspecified launch failure (719)"}),
    [](const auto& tested) { return std::string(tested.param.fault); });

TEST(CudaTroubles, AGpuOlderThanTheModulesCodeIsRefusedByName) {
  const Gpu gpu("model=a100");
  EXPECT_EQ(gpu.refusal({.input = k_bf16, .m = 8, .n = 8, .k = 8}),
            "the cuda module has no code for sm_80, only for sm_90 and what came after");
}

TEST(CudaTroubles, AMachineWithoutGpusHasAnEmptyList) {
  const Gpu gpu("gpus=0");
  const auto devices = gpu.backend->devices();
  ASSERT_TRUE(devices);
  EXPECT_TRUE(devices->empty());
}

}  // namespace
}  // namespace assay
