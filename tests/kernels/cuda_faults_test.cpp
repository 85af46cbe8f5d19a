// What is wrong with an emulated GPU or its libraries is found, and named, by the CUDA module.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/emulated_gpu.h"
#include "tests/kernels/printed.h"

namespace assay {
namespace {

using Gpu = EmulatedGpu;

/// Products, checked as a whole, every one or only those that the kernel checks so by itself: of
/// every hundred one is spoiled.
Result<CheckResult> check_many(Kernel& kernel, std::uint64_t products = 110, bool whole = true) {
  CheckResult all;
  const std::uint64_t batch = std::min(10U, kernel.slots());
  for (std::uint64_t first = 0; first < products; first += batch) {
    std::vector<Step> steps;
    for (std::uint32_t slot = 0; slot < std::min(batch, products - first); ++slot) {
      steps.push_back({.tuple = first + slot, .slot = slot});
    }
    std::vector<std::uint32_t> full(whole ? steps.size() : 0);
    std::iota(full.begin(), full.end(), 0U);
    if (auto done = kernel.poison(steps); !done) {
      return done.error();
    }
    if (auto done = kernel.run(steps); !done) {
      return done.error();
    }
    auto checked = kernel.check(steps, Seed{2}, full);
    if (!checked) {
      return checked.error();
    }
    all.wrong += checked->wrong;
    all.full += checked->full;
  }
  return all;
}

constexpr NumberType k_f32 = NumberType::f32;
constexpr NumberType k_bf16 = NumberType::bf16;

class SpoiledProducts : public testing::TestWithParam<const char*> {};

TEST_P(SpoiledProducts, AreFoundOneInAHundred) {
  const Gpu gpu("fault=" + std::string(GetParam()));
  auto kernel = gpu.prepare(k_bf16, k_f32, k_f32);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->full, 110U);
  EXPECT_EQ(result->wrong, 1U);
}
INSTANTIATE_TEST_SUITE_P(All, SpoiledProducts, testing::Values("wrong_bit", "skipped", "cached"),
                         [](const auto& tested) { return std::string(tested.param); });

struct SpoiledPass {
  const char* fault;
  MemoryProblem::Op op;
  friend std::ostream& operator<<(std::ostream& out, const SpoiledPass& spoiled) {
    return out << spoiled.fault << " in " << name_of(spoiled.op);
  }
};
class SpoiledPasses : public testing::TestWithParam<SpoiledPass> {};

TEST_P(SpoiledPasses, OverMemoryAreFoundOneInAHundred) {
  const Gpu gpu("gpus=1,fault=" + std::string(GetParam().fault));
  auto kernel = gpu.backend->prepare(MemoryProblem{.op = GetParam().op, .array_bytes = 200'000},
                                     gpu.device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->full, 110U);
  EXPECT_EQ(result->wrong, GetParam().fault == std::string("none") ? 0U : 1U);
}
std::vector<SpoiledPass> spoiled_passes() {
  using Op = MemoryProblem::Op;
  std::vector<SpoiledPass> all;
  for (const char* fault : {"none", "wrong_bit", "skipped", "cached"}) {
    for (const Op op : {Op::read, Op::copy, Op::triad}) {
      all.push_back({fault, op});
    }
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, SpoiledPasses, testing::ValuesIn(spoiled_passes()),
                         [](const auto& tested) {
                           return std::string(name_of(tested.param.op)) + "_" + tested.param.fault;
                         });

class SpoiledCopies : public testing::TestWithParam<const char*> {};

TEST_P(SpoiledCopies, OverLinksAreFoundOneInAHundred) {
  using Path = LinkProblem::Path;
  using Direction = LinkProblem::Direction;
  for (const Path path : {Path::near_host, Path::far_host, Path::peer}) {
    for (const Direction direction : {Direction::to_device, Direction::from_device}) {
      const Gpu gpu("gpus=2,fault=" + std::string(GetParam()));
      auto kernel = gpu.backend->prepare(
          LinkProblem{.path = path, .direction = direction, .bytes = 100'000}, gpu.device, Seed{1});
      ASSERT_TRUE(kernel) << kernel.error().message;
      const auto result = check_many(**kernel);
      ASSERT_TRUE(result) << result.error().message;
      EXPECT_EQ(result->full, 110U);
      EXPECT_EQ(result->wrong, GetParam() == std::string("none") ? 0U : 1U);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, SpoiledCopies,
                         testing::Values("none", "wrong_bit", "skipped", "cached"),
                         [](const auto& tested) { return std::string(tested.param); });

// Drawn lines are 4 of 100 KB: the wrong bit is found since all is compared, beside the copies.
TEST(CudaFaults, ADestinationInAGpusMemoryIsComparedAsAWholeUnasked) {
  using Path = LinkProblem::Path;
  using Direction = LinkProblem::Direction;
  for (const auto& [path, direction] : {std::pair{Path::near_host, Direction::to_device},
                                        {Path::far_host, Direction::to_device},
                                        {Path::peer, Direction::to_device},
                                        {Path::peer, Direction::from_device}}) {
    for (const char* const fault : {"none", "wrong_bit", "skipped", "cached"}) {
      const Gpu gpu("gpus=2,fault=" + std::string(fault));
      auto kernel = gpu.backend->prepare(
          LinkProblem{.path = path, .direction = direction, .bytes = 100'000}, gpu.device, Seed{1});
      ASSERT_TRUE(kernel) << kernel.error().message;
      const auto result = check_many(**kernel, 110, false);
      ASSERT_TRUE(result) << result.error().message;
      EXPECT_EQ(result->full, 110U);
      EXPECT_EQ(result->wrong, fault == std::string("none") ? 0U : 1U) << fault;
    }
  }
}

// Of both directions between GPUs, too; where one goes to the host, only what is asked for.
TEST(CudaFaults, BothDirectionsAreComparedAsAWholeWhereBothEndsAreGpus) {
  using Path = LinkProblem::Path;
  for (const Path path : {Path::peer, Path::near_host}) {
    const Gpu gpu("gpus=2,fault=wrong_bit,every=7");
    auto kernel = gpu.backend->prepare(
        LinkProblem{.path = path, .direction = LinkProblem::Direction::both, .bytes = 100'000},
        gpu.device, Seed{1});
    ASSERT_TRUE(kernel) << kernel.error().message;
    const std::vector<Step> steps{
        {.tuple = 1, .slot = 0}, {.tuple = 2, .slot = 1}, {.tuple = 3, .slot = 2}};
    ASSERT_TRUE((*kernel)->poison(steps));
    ASSERT_TRUE((*kernel)->run(steps));  // Six copies: none is spoiled.
    auto checked = (*kernel)->check(steps, Seed{3}, {});
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_EQ(checked->full, path == Path::peer ? 3U : 0U);
    EXPECT_EQ(checked->wrong, 0U);
    ASSERT_TRUE((*kernel)->poison(steps));
    ASSERT_TRUE((*kernel)->run(steps));  // The first copy, inward, is spoiled.
    checked = (*kernel)->check(steps, Seed{3}, {});
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_EQ(checked->wrong, 1U);
    ASSERT_TRUE(checked->first);
    EXPECT_EQ(checked->first->step, 0U);
    EXPECT_EQ(checked->first->index, 100'000U / 64 * 8 / 2);
  }
}

// What was seen beside a run is said of the steps of that run only.
TEST(CudaFaults, StepsThatWereNotRunLastOrShareASlotAreNotSaidToBeComparedAsAWhole) {
  const Gpu gpu("gpus=1");
  auto kernel = gpu.backend->prepare(LinkProblem{.bytes = 100'000}, gpu.device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto full_of = [&kernel](const std::vector<Step>& steps) {
    const auto checked = (*kernel)->check(steps, Seed{3}, {});
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().message);
    return checked ? checked->full : 99U;
  };
  const std::vector<Step> first{{.tuple = 1, .slot = 0}, {.tuple = 2, .slot = 1}};
  const std::vector<Step> second{{.tuple = 3, .slot = 0}};
  ASSERT_TRUE((*kernel)->run(first));  // Without poisoning, as while soaking.
  EXPECT_EQ(full_of(first), 2U);
  ASSERT_TRUE((*kernel)->run(second));
  EXPECT_EQ(full_of(second), 1U);
  EXPECT_EQ(full_of({first[1]}), 0U);
  ASSERT_TRUE((*kernel)->run(std::vector<Step>{first[0], second[0]}));
  EXPECT_EQ(full_of(second), 0U);
}

class SpoiledChains : public testing::TestWithParam<const char*> {};

TEST_P(SpoiledChains, OfLoadsAreFoundOneInAHundred) {
  const Gpu gpu("gpus=1,fault=" + std::string(GetParam()));
  auto kernel = gpu.backend->prepare(LatencyProblem{.array_bytes = 1U << 20U, .loads = 1000},
                                     gpu.device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->wrong, GetParam() == std::string("none") ? 0U : 1U);
}
INSTANTIATE_TEST_SUITE_P(All, SpoiledChains,
                         testing::Values("none", "wrong_bit", "skipped", "cached"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(CudaFaults, ACopySaysFromWhereToWhere) {
  const auto kernel_on = [](const char* gpu_id, LinkProblem problem) -> std::string {
    const Gpu gpu("gpus=4,numa_nodes=2");
    problem.bytes = 64;
    auto kernel = gpu.backend->prepare(problem, {.id = gpu_id}, Seed{1});
    return kernel ? (*kernel)->ran().kernel : kernel.error().message;
  };
  using Path = LinkProblem::Path;
  using Direction = LinkProblem::Direction;
  EXPECT_EQ(kernel_on("gpu1", {.path = Path::near_host}),
            "cudaMemcpyAsync from pinned memory of NUMA node 0");
  EXPECT_EQ(kernel_on("gpu1", {.path = Path::far_host, .direction = Direction::from_device}),
            "cudaMemcpyAsync to pinned memory of NUMA node 1");
  EXPECT_EQ(kernel_on("gpu3", {.path = Path::near_host}),
            "cudaMemcpyAsync from pinned memory of NUMA node 1");
  EXPECT_EQ(kernel_on("gpu3", {.path = Path::peer, .direction = Direction::both}),
            "cudaMemcpyAsync from and to gpu0");
  EXPECT_EQ(kernel_on("gpu3", {.path = Path::peer, .peer_distance = 2}),
            "cudaMemcpyAsync from gpu1");
}

TEST(CudaFaults, ALinkThatIsNotThereIsASentence) {
  const auto refusal = [](const std::string& settings, LinkProblem problem) -> std::string {
    const Gpu gpu(settings);
    problem.bytes = std::uint64_t{1} << 30U;
    const auto supported = gpu.backend->supports(problem, gpu.device);
    if (!supported) {
      EXPECT_EQ(supported.error().code, Error::Code::unsupported);
    }
    return supported ? "accepted" : supported.error().message;
  };
  using Path = LinkProblem::Path;
  EXPECT_EQ(refusal("", {.path = Path::far_host}), "accepted");
  EXPECT_EQ(refusal("numa_nodes=1", {.path = Path::far_host}),
            "network.host_copy: there is no far NUMA node here");
  EXPECT_EQ(refusal("gpus=1", {.path = Path::peer}),
            "network.peer_copy: peer 1 of gpu0 is itself: this node has 1 GPU");
  EXPECT_EQ(refusal("gpus=8", {.path = Path::peer, .peer_distance = 8}),
            "network.peer_copy: peer 8 of gpu0 is itself: this node has 8 GPUs");
  EXPECT_EQ(refusal("peers=no", {.path = Path::peer}),
            "network.peer_copy: gpu0 can't access the memory of gpu1");
  EXPECT_EQ(
      refusal("model=h100,host_mib=1000", {.path = Path::near_host}),
      "network.host_copy: it needs 1024 MiB on the GPU and 1024 MiB at the other end, and 76293 "
      "and 1000 MiB are available");
}

TEST(CudaFaults, AnEccErrorUnderAPassIsALostDevice) {
  const Gpu gpu("fault=ecc");
  auto kernel = gpu.backend->prepare(MemoryProblem{.array_bytes = 4096}, gpu.device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Error::Code::device);
}

TEST(CudaFaults, ArraysBeyondTheMemoryAreRefusedWithBothFigures) {
  const Gpu gpu("model=h100");
  const auto refusal = [&gpu](std::uint64_t mib) {
    const auto supported =
        gpu.backend->supports(MemoryProblem{.array_bytes = mib << 20U}, gpu.device);
    return supported ? "accepted" : supported.error().message;
  };
  EXPECT_EQ(refusal(25'000), "accepted");
  EXPECT_EQ(refusal(25'500),
            "memory triad needs 76500 MiB, and 76293 MiB of device memory are available");
  EXPECT_EQ(refusal(std::uint64_t{1} << 24U),
            "memory triad needs 50331648 MiB, and 76293 MiB of device memory are available");
}

TEST(CudaFaults, WithoutASizeAnArrayIsFourTimesTheL2) {
  const Gpu gpu("l2_mib=1");
  const auto kernel =
      gpu.backend->prepare(MemoryProblem{.op = MemoryProblem::Op::read}, gpu.device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ(to_decimal((*kernel)->work_per_step()), std::to_string(4U << 20U));
}

TEST(CudaFaults, AHealthyDeviceHasNone) {
  for (const char* model : {"b200", "rtx_pro_6000", "h100"}) {
    for (const NumberType type : {NumberType::fp8_e4m3, NumberType::fp8_e5m2_e4m3,
                                  NumberType::mxfp8_e4m3, NumberType::nvfp4}) {
      const bool scaled = type == NumberType::mxfp8_e4m3 || type == NumberType::nvfp4;
      if (scaled && std::string(model) == "h100") {
        continue;  // Refused: see below.
      }
      const Gpu gpu("model=" + std::string(model));
      auto kernel = gpu.prepare(type, k_f32, k_bf16);
      ASSERT_TRUE(kernel) << kernel.error().message;
      const auto result = check_many(**kernel, 20);
      ASSERT_TRUE(result) << result.error().message;
      EXPECT_EQ(result->wrong, 0U) << model << ' ' << name_of(type);
    }
  }
}

struct Types {
  NumberType input, sums, output;
  friend std::ostream& operator<<(std::ostream& out, const Types& types) {
    return out << name_of(types.input) << "_" << name_of(types.output);
  }
};
class CheaperType : public testing::TestWithParam<Types> {};

TEST_P(CheaperType, IsFoundInEveryProduct) {
  const Gpu gpu("fault=cheaper");
  auto kernel = gpu.prepare(GetParam().input, GetParam().sums, GetParam().output);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel, 20);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->wrong, 20U);
}
INSTANTIATE_TEST_SUITE_P(
    All, CheaperType,
    testing::Values(Types{NumberType::f64, NumberType::f64, NumberType::f64},
                    Types{k_f32, k_f32, k_f32}, Types{NumberType::tf32, k_f32, k_f32},
                    Types{k_bf16, k_f32, k_f32}, Types{NumberType::f16, k_f32, k_f32},
                    Types{NumberType::fp8_e4m3, k_f32, k_f32},
                    Types{NumberType::fp8_e5m2_e4m3, k_f32, k_f32},
                    Types{NumberType::mxfp8_e4m3, k_f32, k_f32},
                    Types{NumberType::nvfp4, k_f32, k_f32},
                    Types{NumberType::s8, NumberType::s32, NumberType::s32}),
    [](const auto& tested) { return std::string(name_of(tested.param.input)); });

class SparseProducts : public testing::TestWithParam<NumberType> {};

TEST_P(SparseProducts, AreFoundWhereDenseOnesWereOrdered) {
  const Gpu gpu("fault=sparse");
  auto kernel = gpu.prepare(GetParam(), k_f32, k_bf16);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel, 20);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->wrong, 20U);
}
INSTANTIATE_TEST_SUITE_P(All, SparseProducts,
                         testing::Values(k_bf16, NumberType::fp8_e4m3, NumberType::fp8_e5m2_e4m3,
                                         NumberType::mxfp8_e4m3, NumberType::nvfp4),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

TEST(CudaFaults, FixedPointInThePlaceOfF64IsFoundInEveryProduct) {
  const Gpu gpu("fault=emulated");
  auto kernel = gpu.prepare(NumberType::f64, NumberType::f64, NumberType::f64);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel, 20);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->wrong, 20U);
}

// No integers that f32 sums up exactly show it (docs/decisions/0010-emulation.md): if this fails,
// the page says less than is found.
TEST(CudaFaults, ThreeBf16InThePlaceOfF32HaveTheRightBits) {
  const Gpu gpu("fault=emulated");
  auto kernel = gpu.prepare(k_f32, k_f32, k_f32);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel, 20);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->wrong, 0U);
}

// 68, 70, 72 and 77 of cublas_api.h: none of those that emulate (78, 79).
TEST(CudaFaults, TheComputeTypeThatWasAskedForIsNamed) {
  const Gpu gpu("");
  const auto asked_for = [&gpu](NumberType input, NumberType sums) {
    auto kernel = gpu.prepare(input, sums, sums);
    EXPECT_TRUE(kernel) << (kernel ? "" : kernel.error().message);
    const std::string text = kernel ? (*kernel)->ran().kernel : "";
    return text.substr(0, text.find(','));
  };
  EXPECT_EQ(asked_for(k_f32, k_f32), "compute 68");
  EXPECT_EQ(asked_for(k_bf16, k_f32), "compute 68");
  EXPECT_EQ(asked_for(NumberType::f64, NumberType::f64), "compute 70");
  EXPECT_EQ(asked_for(NumberType::s8, NumberType::s32), "compute 72");
  EXPECT_EQ(asked_for(NumberType::tf32, k_f32), "compute 77");
}

TEST(CudaFaults, HopperHasNoBlockScales) {
  const Gpu gpu("model=h100");
  for (const NumberType type : {NumberType::mxfp8_e4m3, NumberType::nvfp4}) {
    EXPECT_EQ(gpu.refusal({.input = type, .m = 64, .n = 64, .k = 64}),
              "the tensor cores of sm_90 have no " + std::string(name_of(type)) +
                  " product: block scales came with Blackwell");
  }
}

TEST(CudaFaults, TwoE5m2MatricesAreRefusedByName) {
  const Gpu gpu("");
  EXPECT_EQ(gpu.refusal({.input = NumberType::fp8_e5m2, .m = 64, .n = 64, .k = 64}),
            "no exact fp8_e5m2 product with sums in f32 and output in f32 is known");
  EXPECT_EQ(gpu.refusal({.input = NumberType::nvfp4, .m = 64, .n = 64, .k = 48}),
            "cuBLASLt has no nvfp4 to f32 product where m, n and k are not multiples of 32");
}

TEST(CudaFaults, AnEccErrorIsALostDevice) {
  const Gpu gpu("fault=ecc");
  auto kernel = gpu.prepare(k_bf16, k_f32, k_f32);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto result = check_many(**kernel);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Error::Code::device);
  EXPECT_NE(result.error().message.find("uncorrectable ECC error"), std::string::npos);
}

TEST(CudaFaults, SumsSplitInTheOutputsTypeAreNotUsed) {
  const Gpu gpu("fault=output_type_split");
  const auto kernel = gpu.prepare(k_bf16, k_f32, k_bf16);
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().code, Error::Code::unsupported);
  EXPECT_EQ(kernel.error().message,
            "cuBLASLt 13.1.0 has no bf16 product for this shape on this device");
}

TEST(CudaFaults, TheAlgorithmThatWasChosenIsNamed) {
  const Gpu gpu("");
  auto kernel = gpu.prepare(k_bf16, k_f32, k_bf16);
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_EQ((*kernel)->ran().software, "cuBLASLt");
  EXPECT_EQ((*kernel)->ran().isa, "sm_100");
  EXPECT_NE((*kernel)->ran().kernel.find("; best of 2"), std::string::npos);
}

// The operands' amplitude hangs on it, so it is measured before they are chosen, and recorded.
TEST(CudaFaults, BitsOfFp8SumsAreMeasuredAndRecorded) {
  const auto recorded = [](const std::string& settings, NumberType type) {
    const Gpu gpu(settings);
    auto kernel = gpu.prepare(type, k_f32, k_f32);
    EXPECT_TRUE(kernel) << (kernel ? "" : kernel.error().message);
    const std::string text = kernel ? (*kernel)->ran().kernel : "";
    return text.substr(std::min(text.size(), text.find("; of fp8 sums")));
  };
  for (const NumberType type : {NumberType::fp8_e4m3, NumberType::fp8_e5m2_e4m3}) {
    EXPECT_EQ(recorded("model=h100", type), "; of fp8 sums 14 bits measured, 14 relied on");
    EXPECT_EQ(recorded("model=b200", type), "; of fp8 sums 24 bits measured, 24 relied on");
    EXPECT_EQ(recorded("model=h100,fault=short_sums", type),
              "; of fp8 sums 11 bits measured, 11 relied on");
    EXPECT_EQ(recorded("model=b200,fault=short_sums", type),
              "; of fp8 sums 11 bits measured, 24 relied on");
  }
  EXPECT_EQ(recorded("model=h100,fault=cheaper", NumberType::fp8_e4m3),
            "; of fp8 sums 0 bits measured, 14 relied on");  // For the checks to find.
  EXPECT_EQ(recorded("model=h100", k_bf16), "");
}

TEST(CudaFaults, SumsShorterThanTheArchitecturesAreWrongWhereItPromisesF32) {
  const auto wrong = [](const std::string& model) {
    const Gpu gpu("fault=short_sums,model=" + model);
    auto kernel = gpu.prepare(NumberType::fp8_e4m3, k_f32, k_f32);
    EXPECT_TRUE(kernel) << (kernel ? "" : kernel.error().message);
    const auto result = kernel ? check_many(**kernel, 20) : CheckResult{};
    return result ? result->wrong : 0;
  };
  EXPECT_EQ(wrong("b200"), 20U);
  EXPECT_EQ(wrong("rtx_pro_6000"), 20U);
  EXPECT_EQ(wrong("h100"), 0U);  // Its operands are as small as what it keeps.
}

}  // namespace
}  // namespace assay
