// Attention on an emulated GPU: what is wrong with it is found, and what ran is named.
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention_plan.h"
#include "kernels/host/host_backend.h"
#include "kernels/module.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

using Pass = AttentionProblem::Pass;

/// Two heads of four share keys; more than one tile of keys, the last one broken.
AttentionProblem small(Pass pass, NumberType type = NumberType::bf16) {
  return {.pass = pass,
          .causal = pass != Pass::decode,
          .input = type,
          .output = type,
          .batch = 1,
          .heads = 4,
          .kv_heads = 2,
          .seq = 70,
          .head_dim = 64,
          .value_dim = 64};
}

struct Gpu {
  std::unique_ptr<Backend> backend;
  Device device{.id = "gpu0"};

  explicit Gpu(const std::string& settings) {
    auto loaded =
        load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = "gpus=1," + settings});
    EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().message);
    if (loaded) {
      backend = std::move(loaded->backend);
    }
  }

  [[nodiscard]] std::unique_ptr<Kernel> prepare(const AttentionProblem& problem) const {
    auto kernel = backend->prepare(problem, device, Seed{5});
    EXPECT_TRUE(kernel) << (kernel ? "" : kernel.error().message);
    return kernel ? std::move(*kernel) : nullptr;
  }
};

std::vector<Step> steps_of(std::uint64_t first, std::uint32_t count) {
  std::vector<Step> steps(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    steps[i] = {.tuple = first + i, .slot = i};
  }
  return steps;
}

/// Wrong ones among `count` steps, all of them compared as a whole.
std::uint64_t wrong_of(Kernel& kernel, std::uint32_t count) {
  const auto steps = steps_of(0, count);
  std::vector<std::uint32_t> full(count);
  std::iota(full.begin(), full.end(), 0U);
  EXPECT_TRUE(kernel.poison(steps));
  const auto done = kernel.run(steps);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  const auto checked = kernel.check(steps, Seed{2}, full);
  EXPECT_TRUE(checked) << (checked ? "" : checked.error().message);
  EXPECT_EQ(checked ? checked->full : 0, count);
  return checked ? checked->wrong : ~std::uint64_t{0};
}

struct Spoiled {
  const char* fault;
  Pass pass;
  std::uint64_t wrong;       ///< Of those steps.
  std::uint64_t every = 10;  ///< Launch is spoiled.
  std::uint32_t steps = 20;

  friend std::ostream& operator<<(std::ostream& out, const Spoiled& spoiled) {
    return out << spoiled.fault << " in " << name_of(spoiled.pass);
  }
};
class CudaAttention : public testing::TestWithParam<Spoiled> {};

TEST_P(CudaAttention, ThatIsSpoiledIsFoundInEveryStep) {
  const Gpu gpu("every=" + std::to_string(GetParam().every) +
                ",fault=" + std::string(GetParam().fault));
  auto kernel = gpu.prepare(small(GetParam().pass));
  ASSERT_TRUE(kernel);
  EXPECT_EQ(wrong_of(*kernel, GetParam().steps), GetParam().wrong);
}

std::vector<Spoiled> all_spoiled() {
  std::vector<Spoiled> all;
  for (const Pass pass : {Pass::prefill_forward, Pass::decode}) {
    all.insert(all.end(), {{"none", pass, 0},
                           {"wrong_bit", pass, 2},
                           {"skipped", pass, 2},
                           {"cached", pass, 2},
                           {"cheaper", pass, 20}});
  }
  // Two launches a step write gradients, dK and dV first: of twelve both kinds are spoiled once.
  for (Spoiled spoiled : {Spoiled{"none", Pass::prefill_backward, 0},
                          {"wrong_bit", Pass::prefill_backward, 2},
                          {"skipped", Pass::prefill_backward, 2},
                          {"cached", Pass::prefill_backward, 2},
                          {"cheaper", Pass::prefill_backward, 6}}) {
    spoiled.every = 5;
    spoiled.steps = 6;
    all.push_back(spoiled);
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, CudaAttention, testing::ValuesIn(all_spoiled()),
                         [](const auto& tested) {
                           return std::string(name_of(tested.param.pass)) + "_" +
                                  tested.param.fault;
                         });

TEST(CudaAttentionDevice, ThatIsLostSaysSo) {
  const Gpu gpu("every=10,fault=ecc");
  auto kernel = gpu.prepare(small(Pass::prefill_forward));
  ASSERT_TRUE(kernel);
  const auto done = kernel->run(steps_of(0, 20));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Error::Code::device);
}

// Of the seed, the operands, the tuples and the places that are witnessed nothing differs.
TEST(CudaAttentionDevice, WitnessesWhatTheHostDoes) {
  const Gpu gpu("");
  auto host = make_host_backend();
  for (const Pass pass : {Pass::prefill_forward, Pass::prefill_backward, Pass::decode}) {
    const AttentionProblem problem = small(pass);
    auto there = gpu.prepare(problem);
    auto here = host->prepare(problem, host->devices()->front(), Seed{5});
    if (!here) {
      GTEST_SKIP() << here.error().message;
    }
    const auto steps = steps_of(4090, 3);
    ASSERT_TRUE(there && there->run(steps) && (*here)->run(steps));
    const auto of_gpu = there->witness(steps);
    const auto of_host = (*here)->witness(steps);
    ASSERT_TRUE(of_gpu && of_host);
    EXPECT_EQ(*of_gpu, *of_host);
    EXPECT_EQ(there->work_per_step(), (*here)->work_per_step());
    EXPECT_EQ(there->dimension(), (*here)->dimension());
  }
}

// Seventeen heads share keys: a tile of sixteen and one of one.
TEST(CudaAttentionDevice, DecodesForMoreHeadsThanATileHas) {
  const Gpu gpu("");
  AttentionProblem problem = small(Pass::decode);
  problem.heads = 34;
  auto kernel = gpu.prepare(problem);
  ASSERT_TRUE(kernel);
  EXPECT_EQ(wrong_of(*kernel, 2), 0U);
}

TEST(CudaAttentionDevice, NamesItsOwnKernelsAndNoLibrary) {
  const Gpu gpu("");
  const auto ran = [&gpu](const AttentionProblem& problem) {
    auto kernel = gpu.prepare(problem);
    return kernel ? kernel->ran() : Ran{};
  };
  const Ran prefill = ran(small(Pass::prefill_forward));
  EXPECT_EQ(prefill.software, "assay");
  EXPECT_EQ(prefill.isa, "sm_100");
  EXPECT_EQ(prefill.kernel,
            "own flash attention, mma.sync m16n8k16, prefill in tiles of 128 queries and 64 keys; "
            "no library's");
  AttentionProblem decoding = small(Pass::decode);
  EXPECT_EQ(ran(decoding).kernel,
            "own flash attention, mma.sync m16n8k16, decoding in 1 parts of 128 keys; no "
            "library's");
  EXPECT_EQ(ran(small(Pass::prefill_backward)).kernel,
            "own flash attention, mma.sync m16n8k16, gradients of 64 keys and of 128 queries in "
            "tiles of 64; no library's");
  decoding.seq = 300;  // Two short parts, where most multiprocessors have nothing to do.
  EXPECT_EQ(ran(decoding).kernel,
            "own flash attention, mma.sync m16n8k16, decoding in 2 parts of 256 keys; no "
            "library's");
  EXPECT_EQ(wrong_of(*gpu.prepare(decoding), 2), 0U);
}

std::map<std::string, Noted> notes_of(const std::string& settings,
                                      const AttentionProblem& problem) {
  const Gpu gpu(settings);
  auto kernel = gpu.prepare(problem);
  const auto notes = kernel ? kernel->notes() : Result<std::vector<Noted>>(Error{});
  EXPECT_TRUE(notes) << (notes ? "" : notes.error().message);
  std::map<std::string, Noted> named;
  for (const Noted& note : notes ? *notes : std::vector<Noted>{}) {
    named[note.name] = note;
  }
  return named;
}

constexpr const char* k_ratio = "attention_own_of_library_ppm";

// The stand-in works the graph out operation by operation, and knows nothing of attention.
TEST(CudaAttentionDevice, IsHeldAgainstWhatTheLibraryMakesOfTheSameOperands) {
  std::vector<AttentionProblem> problems{small(Pass::prefill_forward), small(Pass::decode)};
  problems.push_back(problems.front());
  problems.back().causal = false;
  problems.push_back(problems.front());
  problems.back().head_dim = 192;
  problems.back().value_dim = 128;
  for (const AttentionProblem& problem : problems) {
    SCOPED_TRACE(std::string(name_of(problem.pass)) + (problem.causal ? " causal " : " full ") +
                 std::to_string(problem.head_dim));
    auto notes = notes_of("", problem);
    EXPECT_EQ(notes.size(), 6U);
    ASSERT_TRUE(notes[k_ratio].value) << notes[k_ratio].reason;
    EXPECT_GT(*notes[k_ratio].value, 0);
    EXPECT_GT(notes["attention_own_ns"].value, 0);
    EXPECT_GT(notes["attention_library_ns"].value, 0);
    EXPECT_EQ(notes["attention_library_version"].value, 91'900);
    EXPECT_EQ(notes["attention_library_engine"].value, 10) << "the first that it offers can't";
    EXPECT_EQ(notes["attention_library_exact"].value, 0) << "it rounds weights to bf16";
  }
  AttentionProblem of_one_key = small(Pass::prefill_forward);
  of_one_key.seq = 1;
  EXPECT_EQ(notes_of("", of_one_key)["attention_library_exact"].value, 1) << "nothing rounds";
}

TEST(CudaAttentionDevice, SaysWhyThereIsNoLibraryToBeHeldAgainst) {
  for (const auto& [settings, reason] :
       {std::pair{"cudnn=0", "libcudnn.so.9 is not there"},
        std::pair{"cudnn=90699",
                  "libcudnn.so.9 is version 9.6.99; at least 9.7, and below 10, is needed"},
        std::pair{"fault=other_arch", "cuDNN has no engine for this attention"},
        std::pair{"fault=broken_library",
                  "cudnnBackendExecute failed: cuDNN status 4000: it broke"},
        std::pair{"fault=other_attention", "the library's output is another one: at sample "}}) {
    auto notes = notes_of(settings, small(Pass::prefill_forward));
    EXPECT_EQ(notes.size(), 1U) << settings;
    EXPECT_FALSE(notes[k_ratio].value) << settings;
    EXPECT_EQ(notes[k_ratio].reason.find(reason), 0U) << notes[k_ratio].reason;
  }
}

TEST(CudaAttentionDevice, RefusesWhatItHasNoKernelForInOneSentence) {
  const Gpu gpu("model=h100");
  const auto refusal = [&gpu](const AttentionProblem& problem) {
    const auto supported = gpu.backend->supports(problem, gpu.device);
    return supported ? "accepted" : supported.error().message;
  };
  const std::string reason =
      " on a GPU: the cuda backend has own kernels for it in bf16 alone, and measures no library's";
  EXPECT_EQ(refusal(small(Pass::prefill_forward, NumberType::f32)),
            "compute.attention prefill_forward in f32" + reason);
  EXPECT_EQ(refusal(small(Pass::decode, NumberType::fp8_e4m3)),
            "compute.attention decode in fp8_e4m3" + reason);
  EXPECT_EQ(refusal(small(Pass::prefill_backward, NumberType::f32)),
            "compute.attention prefill_backward in f32" + reason);
  AttentionProblem large = small(Pass::prefill_forward);
  large.batch = 1U << 16U;
  large.seq = 1U << 14U;
  EXPECT_EQ(refusal(large),
            "this attention needs 1572864 MiB, and 76293 MiB of device memory are available");
  large.seq = 1U << 20U;
  EXPECT_EQ(refusal(large).find("this attention needs "), 0U);
  large.seq = 1U << 23U;
  EXPECT_EQ(refusal(large), "no exact operands for attention on bf16 over 8388608 keys");
}

}  // namespace
}  // namespace assay
