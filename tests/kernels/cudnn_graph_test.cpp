// The module's graphs of attention in the real cuDNN, which finds engines for a GPU that it is only
// told of. That these can be run takes a GPU.
#include <dlfcn.h>

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/attention_graph.h"
#include "kernels/cuda/cudnn.h"

namespace assay::cuda {
namespace {

using Pass = AttentionProblem::Pass;

/// cudnn_graph.h of cuDNN 9.8 and later.
constexpr auto k_device_kind = static_cast<dnn::Kind>(38);
constexpr auto k_device_json = static_cast<dnn::Attribute>(2702);
constexpr auto k_heuristic_device = static_cast<dnn::Attribute>(204);
constexpr auto k_char_type = static_cast<dnn::Type>(24);
constexpr std::int64_t k_oldest = 90'800;

struct Architecture {
  int version;  ///< 1000 is sm_100.
  int multiprocessors;
  friend std::ostream& operator<<(std::ostream& out, const Architecture& gpu) {
    return out << "sm_" << gpu.version / 10;
  }
};

/// By the names that the library reads; what it doesn't choose by is the same for all.
std::string told(const Architecture& gpu) {
  return R"({"deviceVer":)" + std::to_string(gpu.version) + R"(,"multiProcessorCount":)" +
         std::to_string(gpu.multiprocessors) +
         R"(,"deviceName":"a GPU","cudaDeviceId":0,"driverVer":13000,)"
         R"("maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],)"
         R"("regsPerBlock":65536,"warpSize":32,"maxSharedMemoryPerBlock":49152,)"
         R"("maxSharedMemoryPerBlockOptin":)" +
         (gpu.version == 1200 ? "101376" : "232448") +
         R"(,"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,"maxCtasPerSM":24,)"
         R"("maxThreadsPerBlock":1024,"maxThreadsPerSM":1536,"pciDeviceId":0,"isTccDriver":0,)"
         R"("supportCoopLaunch":1,"smClockRateKHz":1900000,"memClockRateKHz":2600000,)"
         R"("l2CacheSize":52428800,"totalGlobalMem":85899345920})";
}

/// The library looks for the driver before it offers anything; the toolkit's stand-in is one, too.
bool has_driver() {
  return ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL) != nullptr ||
         ::dlopen("/usr/local/cuda/lib64/stubs/libcuda.so", RTLD_LAZY | RTLD_GLOBAL) != nullptr;
}

/// The library loads the run-time compiler for each engine that it asks and unloads it again, and
/// each time what the compiler's own C++ run-time set aside is lost: a leak of theirs that would
/// hide ours. Held here it stays loaded.
void hold_runtime_compiler() {
  for (const char* const name : {"libnvrtc.so.13", "libnvrtc.so.12"}) {
    if (::dlopen(name, RTLD_LAZY | RTLD_LOCAL) != nullptr) {
      return;
    }
  }
}

/// Engines that the library's heuristic offers for this attention.
Result<std::int64_t> offered(const Cudnn& cudnn, const AttentionProblem& problem,
                             const std::string& device) {
  GraphBuilder builder(cudnn);
  const dnn::Descriptor graph = AttentionGraph::build(builder, problem, nullptr);
  const dnn::Descriptor gpu = builder.make(k_device_kind);
  builder.set(gpu, k_device_json, k_char_type, std::span<const char>(device));
  builder.finalize(gpu, "the device");
  const dnn::Descriptor heuristic = builder.make(dnn::heuristic);
  builder.point(heuristic, dnn::heuristic_graph, graph);
  builder.set(heuristic, dnn::heuristic_mode, dnn::heuristic_mode_type, dnn::k_heuristic_a);
  builder.point(heuristic, k_heuristic_device, gpu);
  builder.finalize(heuristic, "the heuristic");
  std::array<dnn::Descriptor, 8> configs{};
  for (dnn::Descriptor& config : configs) {
    config = builder.make(dnn::engine_config);
  }
  if (!builder.done()) {
    return builder.done().error();
  }
  std::int64_t found = 0;
  const int status = cudnn.get(heuristic, dnn::heuristic_results, dnn::descriptor_type,
                               configs.size(), &found, configs.data());
  const auto done = check_dnn(cudnn, status, "the heuristic's results");
  return done ? Result<std::int64_t>(found) : done.error();
}

std::vector<AttentionProblem> attentions() {
  std::vector<AttentionProblem> all;
  for (const auto& [head_dim, value_dim] :
       {std::pair{64U, 64U}, std::pair{128U, 128U}, std::pair{192U, 128U}}) {
    for (const std::uint64_t seq : {70U, 8192U}) {
      for (const char* const kind : {"causal", "full", "decode"}) {
        const std::string_view named(kind);
        all.push_back({.pass = named == "decode" ? Pass::decode : Pass::prefill_forward,
                       .causal = named == "causal",
                       .input = NumberType::bf16,
                       .output = NumberType::bf16,
                       .batch = 2,
                       .heads = 8,
                       .kv_heads = 2,
                       .seq = seq,
                       .head_dim = head_dim,
                       .value_dim = value_dim});
      }
    }
  }
  return all;
}

class RealCudnn : public testing::TestWithParam<Architecture> {};

TEST_P(RealCudnn, OffersEnginesForEveryAttention) {
  const auto cudnn = load_cudnn();
  if (!cudnn) {
    GTEST_SKIP() << cudnn.error().message;
  }
  if (cudnn->version < k_oldest || !has_driver()) {
    GTEST_SKIP() << "cuDNN " << cudnn->version << " can't be told of a GPU, or finds no driver";
  }
  hold_runtime_compiler();
  for (const AttentionProblem& problem : attentions()) {
    const auto engines = offered(*cudnn, problem, told(GetParam()));
    ASSERT_TRUE(engines) << engines.error().message;
    EXPECT_GE(*engines, 1) << name_of(problem.pass) << (problem.causal ? " causal " : " ")
                           << problem.head_dim << " of " << problem.seq;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RealCudnn,
                         testing::Values(Architecture{900, 132}, Architecture{1000, 148},
                                         Architecture{1030, 148}, Architecture{1200, 188}),
                         [](const auto& tested) {
                           return "sm_" + std::to_string(tested.param.version / 10);
                         });

}  // namespace
}  // namespace assay::cuda
