// What every backend must do, instantiated over those that this build has.
#include "kernels/backend.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/host_backend.h"
#include "kernels/module.h"
#include "kernels/number_bits.h"
#include "tests/kernels/attention_problems.h"
#include "tests/kernels/layer_problems.h"

namespace assay {
namespace {

struct NamedBackend {
  std::string name;
  std::function<Result<std::unique_ptr<Backend>>()> make;
  std::string where;         ///< In every refusal of a type: on what, or by which library.
  std::uint64_t flips = 40;  ///< Bits that are flipped and must be found.
  bool any_machine = false;  ///< Which may lack a second GPU or NUMA node.
  friend std::ostream& operator<<(std::ostream& out, const NamedBackend& named) {
    return out << named.name;
  }
};

Result<std::unique_ptr<Backend>> host() {
  return make_host_backend();
}

/// The CUDA module's own sources on an emulated device.
Result<std::unique_ptr<Backend>> emulated(const std::string& settings) {
  auto loaded = load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = settings});
  if (!loaded) {
    return loaded.error();
  }
  return std::move(loaded->backend);
}

using Parameters = std::tuple<NamedBackend, NamedProblem>;

Seed seed_of(std::uint8_t value) {
  Seed seed{};
  seed.fill(value);
  return seed;
}

/// A kernel of the problem under test, or nothing if it is refused as it should be.
class BackendConformance : public testing::TestWithParam<Parameters> {
 protected:
  void SetUp() override {
    auto backend = std::get<0>(GetParam()).make();
    ASSERT_TRUE(backend) << backend.error().message;
    backend_ = std::move(*backend);
    auto devices = backend_->devices();
    ASSERT_TRUE(devices);
    if (devices->empty()) {
      GTEST_SKIP() << "no device of backend " << backend_->name();
    }
    device_ = devices->front();
    const auto supported = backend_->supports(problem(), device_);
    kernel_ = prepare(seed_of(7));
    ASSERT_EQ(supported.has_value(), kernel_ != nullptr);
    const auto* const link = std::get_if<LinkProblem>(&problem());
    if ((link != nullptr && !std::get<0>(GetParam()).any_machine) ||
        std::holds_alternative<LatencyProblem>(problem()) ||
        std::holds_alternative<SoakProblem>(problem())) {
      ASSERT_TRUE(supported) << supported.error().message;
    }
    if (!supported) {
      // Not silently: the reason names the type and where it is missing.
      EXPECT_EQ(supported.error().code, Error::Code::unsupported);
      const auto* const gemm = std::get_if<GemmProblem>(&problem());
      const auto* const attention = std::get_if<AttentionProblem>(&problem());
      const auto* const layer = std::get_if<TransformerProblem>(&problem());
      const std::string_view what = link != nullptr        ? case_of(*link)
                                    : gemm != nullptr      ? name_of(gemm->input)
                                    : attention != nullptr ? name_of(attention->input)
                                    : layer != nullptr     ? name_of(layer->input)
                                                           : "compute.memory";
      EXPECT_NE(supported.error().message.find(what), std::string::npos)
          << supported.error().message;
      EXPECT_NE(supported.error().message.find(std::get<0>(GetParam()).where), std::string::npos)
          << supported.error().message;
    }
  }

  [[nodiscard]] static const Problem& problem() { return std::get<1>(GetParam()).problem; }

  [[nodiscard]] std::unique_ptr<Kernel> prepare(const Seed& seed) {
    auto prepared = backend_->prepare(problem(), device_, seed);
    return prepared ? std::move(*prepared) : nullptr;
  }

  /// Distinct tuples into distinct slots, from `first` on.
  [[nodiscard]] std::vector<Step> steps(std::uint64_t first) const {
    std::vector<Step> made;
    for (std::uint32_t slot = 0; slot < std::min(kernel_->slots(), 6U); ++slot) {
      made.push_back(
          {.tuple = (first + std::uint64_t{slot} * 37) % kernel_->tuples(), .slot = slot});
    }
    return made;
  }

  void run(const std::vector<Step>& steps) {
    ASSERT_TRUE(kernel_->poison(steps));
    ASSERT_TRUE(kernel_->run(steps));
  }

  [[nodiscard]] CheckResult check(const std::vector<Step>& steps, bool whole = false) {
    std::vector<std::uint32_t> full(whole ? steps.size() : 0);
    std::iota(full.begin(), full.end(), 0U);
    auto checked = kernel_->check(steps, seed_of(static_cast<std::uint8_t>(++challenges_)), full);
    EXPECT_TRUE(checked) << (checked ? "" : checked.error().message);
    return checked ? *checked : CheckResult{};
  }

  std::unique_ptr<Backend> backend_;
  Device device_;
  std::unique_ptr<Kernel> kernel_;
  int challenges_ = 0;
};

TEST_P(BackendConformance, VerifiesWhatItComputed) {
  if (!kernel_) {
    return;
  }
  EXPECT_GE(kernel_->tuples(), 4096U);
  for (std::uint64_t first = 0; first < kernel_->tuples(); first += kernel_->tuples() / 5) {
    const auto batch = steps(first);
    run(batch);
    const CheckResult result = check(batch, true);
    EXPECT_EQ(result.tiles, batch.size());
    EXPECT_EQ(result.full, batch.size());
    EXPECT_EQ(result.wrong, 0U);
    EXPECT_LE(result.log2_miss, -60.0);
    EXPECT_FALSE(result.first) << result.first->index << " " << result.first->expected << " "
                               << result.first->actual;
  }
}

TEST_P(BackendConformance, SaysWhatRan) {
  if (!kernel_) {
    return;
  }
  const Ran ran = kernel_->ran();
  EXPECT_FALSE(ran.software.empty());
  EXPECT_FALSE(ran.version.empty());
  EXPECT_FALSE(ran.kernel.empty());
  EXPECT_FALSE(ran.isa.empty());
  EXPECT_GE(ran.threads, 1U);
  EXPECT_TRUE(kernel_->work_per_step() > 0);
}

TEST_P(BackendConformance, FindsAFlippedBitAnywhereWithItsPlace) {
  if (!kernel_) {
    return;
  }
  const auto batch = steps(11);
  run(batch);
  const std::uint64_t bits = kernel_->slot_bits();
  const std::uint64_t element = std::visit(
      [](const auto& p) -> std::uint64_t {
        if constexpr (requires { p.ffn; }) {
          return 1;  // One bit of each element is determined.
        } else if constexpr (requires { p.output; }) {
          return 8 * bytes_of(p.output);
        }
        return 64;
      },
      problem());
  for (std::uint64_t i = 0; i < std::get<0>(GetParam()).flips; ++i) {
    const std::uint64_t bit = i == 0 ? bits - 1 : i * 7919 * 104'729 % bits;
    const auto step = static_cast<std::uint32_t>(i % batch.size());
    ASSERT_TRUE(kernel_->flip(batch[step].slot, bit));
    const CheckResult result = check(batch, true);
    EXPECT_EQ(result.wrong, 1U) << "bit " << bit;
    ASSERT_TRUE(result.first) << "bit " << bit;
    EXPECT_EQ(result.first->step, step);
    EXPECT_EQ(result.first->index, bit / element);
    EXPECT_NE(result.first->expected, result.first->actual);
    ASSERT_TRUE(kernel_->flip(batch[step].slot, bit));
  }
  EXPECT_EQ(check(batch, true).wrong, 0U);
}

TEST_P(BackendConformance, FindsASkippedStepInItsDrawnTile) {
  if (!kernel_) {
    return;
  }
  const auto before = steps(3);
  run(before);
  const auto batch = steps(301);
  ASSERT_TRUE(kernel_->poison(batch));
  const std::vector<Step> all_but_last(batch.begin(), batch.end() - 1);
  ASSERT_TRUE(kernel_->run(all_but_last));
  const CheckResult result = check(batch);
  EXPECT_EQ(result.wrong, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->step, batch.size() - 1);
}

TEST_P(BackendConformance, FindsACachedStepInItsDrawnTile) {
  if (!kernel_) {
    return;
  }
  const auto batch = steps(3);
  auto asked = batch;
  asked.back().tuple = batch.back().tuple + 1;
  run(batch);
  const CheckResult result = check(asked);
  EXPECT_EQ(result.wrong, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->step, batch.size() - 1);
}

TEST_P(BackendConformance, FindsSwappedSlots) {
  if (!kernel_) {
    return;
  }
  const auto batch = steps(5);
  if (batch.size() < 2) {
    EXPECT_FALSE(std::holds_alternative<GemmProblem>(problem()));  // Nothing to swap.
    return;
  }
  auto asked = batch;
  std::swap(asked[0].slot, asked[1].slot);
  run(batch);
  EXPECT_EQ(check(asked).wrong, 2U);
}

TEST_P(BackendConformance, FindsASlotLeftFromAnEarlierBatch) {
  if (!kernel_) {
    return;
  }
  run(steps(5));
  EXPECT_EQ(check(steps(900)).wrong, steps(900).size());
}

TEST_P(BackendConformance, HasSlotsThatAreWrongBeforeTheFirstRun) {
  if (!kernel_) {
    return;
  }
  EXPECT_EQ(check(steps(0), true).wrong, steps(0).size());
}

TEST_P(BackendConformance, WitnessesEveryStepAndDependsOnItsSeed) {
  if (!kernel_) {
    return;
  }
  auto same = prepare(seed_of(7));
  auto other = prepare(seed_of(8));
  ASSERT_TRUE(same && other);
  const auto batch = steps(21);
  run(batch);
  ASSERT_TRUE(same->run(batch));
  ASSERT_TRUE(other->run(batch));
  const auto here = kernel_->witness(batch);
  const auto there = same->witness(batch);
  const auto elsewhere = other->witness(batch);
  ASSERT_TRUE(here && there && elsewhere);
  EXPECT_EQ(*here, *there);
  EXPECT_NE(*here, *elsewhere);
  const auto last = std::vector<Step>{batch.back()};
  const std::vector<Step> next{{.tuple = batch.back().tuple + 1, .slot = batch.back().slot}};
  run(next);
  const auto after = kernel_->witness(last);
  ASSERT_TRUE(after);
  EXPECT_FALSE(std::equal(after->rbegin(), after->rend(), here->rbegin()));
}

TEST_P(BackendConformance, RefusesStepsThatDoNotExist) {
  if (!kernel_) {
    return;
  }
  const std::vector<Step> no_tuple{{.tuple = kernel_->tuples(), .slot = 0}};
  const std::vector<Step> no_slot{{.tuple = 0, .slot = kernel_->slots()}};
  const std::vector<Step> good{{.tuple = 0, .slot = 0}};
  const std::vector<std::uint32_t> second{1};
  EXPECT_EQ(kernel_->run(no_tuple).error().code, Error::Code::bad_input);
  EXPECT_EQ(kernel_->poison(no_slot).error().code, Error::Code::bad_input);
  EXPECT_EQ(kernel_->witness(no_slot).error().code, Error::Code::bad_input);
  EXPECT_EQ(kernel_->check(good, Seed{}, second).error().code, Error::Code::bad_input);
  EXPECT_EQ(kernel_->flip(0, kernel_->slot_bits()).error().code, Error::Code::bad_input);
  EXPECT_EQ(kernel_->flip(kernel_->slots(), 0).error().code, Error::Code::bad_input);
}

TEST(Backend, RefusesADeviceThatItDoesNotHave) {
  auto host = make_host_backend();
  const Device other{.id = "gpu3"};
  EXPECT_EQ(host->supports(MemoryProblem{.array_bytes = 4096}, other).error().code,
            Error::Code::not_found);
  EXPECT_EQ(host->prepare(MemoryProblem{.array_bytes = 4096}, other, Seed{}).error().message,
            "the host backend has no device 'gpu3'");
}

TEST(Backend, RefusesByNameWhatItCannotHold) {
  auto host = make_host_backend();
  const Device device = host->devices()->front();
  const std::uint64_t large = 1U << 20U;
  const auto gemm = host->supports(GemmProblem{.m = large, .n = large, .k = 4096}, device);
  ASSERT_FALSE(gemm);
  EXPECT_EQ(gemm.error().code, Error::Code::unsupported);
  EXPECT_NE(gemm.error().message.find("MiB"), std::string::npos);
  const auto memory = host->supports(MemoryProblem{.array_bytes = large << 30U}, device);
  ASSERT_FALSE(memory);
  EXPECT_NE(memory.error().message.find("memory triad needs"), std::string::npos);
}

using Shape = std::array<std::uint64_t, 3>;

std::vector<NamedProblem> problems(const std::vector<Shape>& shapes) {
  using enum NumberType;
  struct Types {
    NumberType input, accumulate, output;
  };
  std::vector<NamedProblem> all;
  for (const Types& types : std::initializer_list<Types>{{f64, f64, f64},
                                                         {f32, f32, f32},
                                                         {bf16, f32, f32},
                                                         {bf16, f32, bf16},
                                                         {s8, s32, s32},
                                                         {tf32, f32, f32},
                                                         {f16, f32, f32},
                                                         {f16, f32, f16},
                                                         {fp8_e4m3, f32, f32},
                                                         {fp8_e4m3, f32, bf16},
                                                         {fp8_e5m2_e4m3, f32, f32},
                                                         {mxfp8_e4m3, f32, f32},
                                                         {nvfp4, f32, f32},
                                                         {nvfp4, f32, f16}}) {
    for (const auto& [m, n, k] : shapes) {
      all.push_back({.name = std::string(name_of(types.input)) + "_" +
                             std::string(name_of(types.output)) + "_" + std::to_string(m) + "_" +
                             std::to_string(n) + "_" + std::to_string(k),
                     .problem = GemmProblem{.input = types.input,
                                            .accumulate = types.accumulate,
                                            .output = types.output,
                                            .m = m,
                                            .n = n,
                                            .k = k}});
    }
  }
  using Op = MemoryProblem::Op;
  for (const std::uint64_t bytes : {64U, 4096U, 1'000'000U}) {
    const std::string size = std::to_string(bytes);
    all.push_back({"read_" + size, MemoryProblem{.op = Op::read, .array_bytes = bytes}});
    all.push_back({"copy_" + size, MemoryProblem{.op = Op::copy, .array_bytes = bytes}});
    all.push_back({"triad_" + size, MemoryProblem{.op = Op::triad, .array_bytes = bytes}});
    all.push_back({"triad_ordinary_" + size,
                   MemoryProblem{.op = Op::triad, .array_bytes = bytes, .non_temporal = false}});
    all.push_back({"copy_ordinary_" + size,
                   MemoryProblem{.op = Op::copy, .array_bytes = bytes, .non_temporal = false}});
  }
  for (const std::uint64_t bytes : {262'144U, 1'000'000U}) {
    for (const std::uint64_t loads : {1U, 10'007U}) {
      all.push_back({"chase_" + std::to_string(bytes) + "_" + std::to_string(loads),
                     LatencyProblem{.array_bytes = bytes, .loads = loads}});
    }
  }
  // Of a product in f64, so that every element of a slot has 64 bits.
  all.push_back(
      {"soak",
       SoakProblem{.product = {f64, f64, f64, 7, 5, 3}, .array_bytes = 4096, .copy_bytes = 8192}});
  return all;
}

/// Of any shape, or in whole blocks where there is no product of another shape.
std::vector<NamedProblem> problems_for_an_emulated_device() {
  std::vector<NamedProblem> all = problems({{7, 5, 3}, {129, 65, 33}});
  for (const NamedProblem& named : problems({{160, 32, 160}})) {
    const auto* const gemm = std::get_if<GemmProblem>(&named.problem);
    if (gemm != nullptr && bits_of(gemm->input) <= 8) {
      all.push_back(named);
    }
  }
  return all;
}

std::vector<NamedProblem> links() {
  using Path = LinkProblem::Path;
  using Direction = LinkProblem::Direction;
  std::vector<NamedProblem> all;
  for (const auto& [path, end] :
       {std::pair{Path::near_host, "near"}, std::pair{Path::far_host, "far"},
        std::pair{Path::peer, "peer"}}) {
    for (const auto& [direction, way] :
         {std::pair{Direction::to_device, "to_device"},
          std::pair{Direction::from_device, "from_device"}, std::pair{Direction::both, "both"}}) {
      for (const std::uint64_t bytes : {64U, 300'000U}) {
        all.push_back({std::string(end) + "_" + way + "_" + std::to_string(bytes),
                       LinkProblem{.path = path, .direction = direction, .bytes = bytes}});
      }
    }
  }
  return all;
}

/// A module that somebody asks about, "FILE[,SETTINGS]" in ASSAY_CONFORMANCE_MODULE: nothing where
/// nobody does. So scripts/gpu-check asks about the one that a GPU has.
std::vector<NamedBackend> asked_backend() {
  const char* const asked =
      std::getenv("ASSAY_CONFORMANCE_MODULE");  // NOLINT(concurrency-mt-unsafe): one thread
  if (asked == nullptr) {
    return {};
  }
  const auto choice = ModuleChoice::from(asked);
  const auto make = [choice]() -> Result<std::unique_ptr<Backend>> {
    auto loaded = load_backend("cuda", choice);
    if (!loaded) {
      return loaded.error();
    }
    return std::move(loaded->backend);
  };
  return {{.name = "cuda", .make = make, .where = "", .flips = 6, .any_machine = true}};
}

std::vector<NamedProblem> asked_problems() {
  std::vector<NamedProblem> all = problems_for_an_emulated_device();
  for (const std::vector<NamedProblem>& more : {links(), attentions()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::string name_of_test(const testing::TestParamInfo<Parameters>& tested) {
  return std::get<0>(tested.param).name + "_" + std::get<1>(tested.param).name;
}

INSTANTIATE_TEST_SUITE_P(Host, BackendConformance,
                         testing::Combine(testing::Values(NamedBackend{
                                              .name = "host", .make = host, .where = " on avx"}),
                                          testing::ValuesIn(problems({{7, 5, 3},
                                                                      {64, 64, 64},
                                                                      {129, 65, 33},
                                                                      {65, 200, 512},
                                                                      {1, 512, 129},
                                                                      {200, 7, 64}}))),
                         name_of_test);

INSTANTIATE_TEST_SUITE_P(
    HostAttention, BackendConformance,
    testing::Combine(testing::Values(NamedBackend{
                         .name = "host", .make = host, .where = " on avx", .flips = 8}),
                     testing::ValuesIn(attentions_and_layers())),
    name_of_test);

// A hundred and forty-five: more queries than a block of threads has, more keys than two tiles.
INSTANTIATE_TEST_SUITE_P(CudaEmulatedAttention, BackendConformance,
                         testing::Combine(testing::Values(NamedBackend{
                                              .name = "cuda_emulated",
                                              .make = [] { return emulated("model=b200,gpus=1"); },
                                              .where = " on a GPU",
                                              .flips = 3}),
                                          testing::ValuesIn(attentions_and_layers(145, 70))),
                         name_of_test);

// A thread of the emulated device costs a thousand times what one of a device does, so it gets the
// least shapes that have whole and broken tiles in every direction: two for types of any shape, one
// for those that come in blocks (of 32), with more than one tile of scales both ways.
INSTANTIATE_TEST_SUITE_P(CudaEmulated, BackendConformance,
                         testing::Combine(testing::Values(NamedBackend{
                                              .name = "cuda_emulated",
                                              .make = [] { return emulated("model=b200,gpus=1"); },
                                              .where = "cu",
                                              .flips = 6}),
                                          testing::ValuesIn(problems_for_an_emulated_device())),
                         name_of_test);

INSTANTIATE_TEST_SUITE_P(CudaEmulatedLinks, BackendConformance,
                         testing::Combine(testing::Values(NamedBackend{
                                              .name = "cuda_emulated",
                                              .make =
                                                  [] { return emulated("gpus=2,numa_nodes=2"); },
                                              .where = "cu",
                                              .flips = 6}),
                                          testing::ValuesIn(links())),
                         name_of_test);

INSTANTIATE_TEST_SUITE_P(Asked, BackendConformance,
                         testing::Combine(testing::ValuesIn(asked_backend()),
                                          testing::ValuesIn(asked_problems())),
                         name_of_test);

}  // namespace
}  // namespace assay
