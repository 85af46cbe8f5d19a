// What holds for every case of this build, present and future.
#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/model/as_ordered.h"
#include "harness/run/case.h"
#include "kernels/host/host_backend.h"
#include "kernels/module.h"

namespace assay {
namespace {

/// suites/compute/gemm.cpp is compute.gemm.
std::vector<std::string> ids_of_files() {
  std::vector<std::string> ids;
  for (const auto& area : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/suites")) {
    for (const auto& file : std::filesystem::directory_iterator(area.path())) {
      ids.push_back(area.path().filename().string() + "." + file.path().stem().string());
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// The smallest sensible value of every parameter: a small number where one is allowed, else the
/// first word.
Params small_params(const Case& a_case) {
  Params params;
  for (const Param& param : a_case.params) {
    // What four ranks hold is a multiple of more than four bytes. A layer has no need of others.
    const bool is_alone = param.name == "ranks" && a_case.id.starts_with("compute.");
    const char* const small = is_alone ? "1" : param.name == "bytes" ? "64" : "4";
    params.emplace(param.name, param.whole ? small : std::string(param.values.front()));
  }
  return params;
}

TEST(Cases, AreNamedAfterTheirFiles) {
  std::vector<std::string> ids;
  for (const Case& a_case : all_cases()) {
    ids.emplace_back(a_case.id);
  }
  EXPECT_EQ(ids, ids_of_files());
}

TEST(Cases, SayWhatTheyMeasureAndOnWhat) {
  for (const Case& a_case : all_cases()) {
    EXPECT_FALSE(a_case.summary.empty()) << a_case.id;
    EXPECT_FALSE(a_case.formula.empty()) << a_case.id;
    EXPECT_FALSE(a_case.scopes.empty()) << a_case.id;
    EXPECT_FALSE(a_case.rules.empty()) << a_case.id;
    for (const Param& param : a_case.params) {
      EXPECT_FALSE(param.meaning.empty()) << a_case.id << " " << param.name;
      EXPECT_TRUE(param.whole || !param.values.empty()) << a_case.id << " " << param.name;
    }
  }
}

TEST(Cases, ThatExecuteNothingAreComparedWithTheOrder) {
  for (const Case& a_case : all_cases()) {
    EXPECT_EQ(finds(a_case), is_finding(a_case.id)) << a_case.id;
    const bool is_once = a_case.rules == std::vector<Rule>{Rule::once};
    EXPECT_EQ(finds(a_case), is_once) << a_case.id;
  }
}

TEST(Cases, RefuseParametersThatTheyDoNotDeclare) {
  for (const Case& a_case : all_cases()) {
    Params params = small_params(a_case);
    ASSERT_TRUE(complete_params(a_case, params)) << a_case.id;
    params.emplace("colour", "red");
    EXPECT_FALSE(complete_params(a_case, params)) << a_case.id;
  }
}

/// Runs every slot of the kernel once and has each checked as a whole.
void expect_exact(Kernel& kernel, std::string_view id) {
  std::vector<Step> steps(std::min<std::uint64_t>(kernel.slots(), kernel.tuples()));
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    steps[i] = {.tuple = i, .slot = i};
  }
  std::vector<std::uint32_t> full(steps.size());
  std::iota(full.begin(), full.end(), 0U);
  ASSERT_FALSE(steps.empty()) << id;
  ASSERT_TRUE(kernel.poison(steps)) << id;
  ASSERT_TRUE(kernel.run(steps)) << id;
  const auto witness = kernel.witness(steps);
  ASSERT_TRUE(witness) << id;
  EXPECT_FALSE(witness->empty()) << id;
  Seed challenge{};
  challenge.fill(7);
  const auto check = kernel.check(steps, challenge, full);
  ASSERT_TRUE(check) << id << ": " << check.error().message;
  EXPECT_EQ(check->wrong, 0U) << id;
  EXPECT_EQ(check->full, full.size()) << id;
  EXPECT_EQ(check->tiles, steps.size()) << id;
}

/// What holds of a case whatever executes it.
void expect_prepared_exactly(const Case& a_case, Backend& backend, const Device& device) {
  const Params params = small_params(a_case);
  auto problem = a_case.problem(params);
  ASSERT_TRUE(problem) << a_case.id << ": " << problem.error().message;
  if (auto* const files = std::get_if<StorageProblem>(&*problem)) {
    files->directory = ".";  // of the build: on a disk, so that O_DIRECT means something
  }
  const auto kernel = backend.prepare(*problem, device, Seed{1, 2, 3});
  ASSERT_TRUE(kernel) << a_case.id << ": " << kernel.error().message;
  EXPECT_EQ((*kernel)->dimension(), a_case.dimension(params)) << a_case.id;
  EXPECT_GT((*kernel)->work_per_step(), Natural{0}) << a_case.id;
  if (const auto stated = work_per_step(a_case, params)) {
    EXPECT_EQ(to_decimal((*kernel)->work_per_step()), to_decimal(*stated)) << a_case.id;
  }
  EXPECT_FALSE((*kernel)->ran().kernel.empty()) << a_case.id;
  expect_exact(**kernel, a_case.id);
}

bool needs_a_gpu(const Case& a_case) {
  return std::holds_alternative<LinkProblem>(*a_case.problem(small_params(a_case)));
}

/// They take the host beside the GPU: tests/suites/gpu_files_test.cpp.
bool moves_files_of_a_gpu(const Case& a_case) {
  const auto problem = a_case.problem(small_params(a_case));
  const auto* const files = std::get_if<StorageProblem>(&*problem);
  return files != nullptr && files->engine == StorageProblem::Engine::gpu;
}

bool needs_ranks(const Case& a_case) {
  return std::holds_alternative<CollectiveProblem>(*a_case.problem(small_params(a_case)));
}

// Over real ranks they are in tests/suites/collectives_test.cpp.
TEST(Cases, OfSeveralProcessesAreRefusedByNameInOne) {
  const auto host = make_host_backend();
  const auto here = host->devices();
  ASSERT_TRUE(here);
  int collectives = 0;
  for (const Case& a_case : all_cases()) {
    if (finds(a_case) || !needs_ranks(a_case)) {
      continue;
    }
    const auto problem = a_case.problem(small_params(a_case));
    EXPECT_EQ("network." + std::string(name_of(std::get<CollectiveProblem>(*problem).op)),
              a_case.id);
    for (const auto& refused : {host->supports(*problem, here->front()).error(),
                                host->prepare(*problem, here->front(), Seed{}).error()}) {
      EXPECT_EQ(refused.code, Error::Code::unsupported);
      EXPECT_EQ(refused.message,
                std::string(a_case.id) + " takes several processes, and this is one");
    }
    ++collectives;
  }
  EXPECT_EQ(collectives, 8);
}

TEST(Cases, OfTheLinksOfGpusAreRefusedByNameOnTheHostAndRunExactlyOnAnEmulatedNode) {
  const auto host = make_host_backend();
  const auto loaded = load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = "gpus=3"});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto here = host->devices();
  const auto gpus = loaded->backend->devices();
  ASSERT_TRUE(here && gpus);
  int links = 0;
  for (const Case& a_case : all_cases()) {
    if (finds(a_case) || !needs_a_gpu(a_case)) {
      continue;
    }
    const auto refused =
        host->prepare(*a_case.problem(small_params(a_case)), here->front(), Seed{});
    ASSERT_FALSE(refused) << a_case.id;
    EXPECT_EQ(refused.error().code, Error::Code::unsupported);
    EXPECT_EQ(refused.error().message,
              std::string(a_case.id) + " is about a GPU's links: the host backend has none");
    expect_prepared_exactly(a_case, *loaded->backend, gpus->at(1));
    ++links;
  }
  EXPECT_EQ(links, 2);
}

TEST(Cases, RunExactlyOnTheHostWithSmallParameters) {
  const auto backend = make_host_backend();
  const auto devices = backend->devices();
  ASSERT_TRUE(devices);
  ASSERT_FALSE(devices->empty());
  for (const Case& a_case : all_cases()) {
    // What executes nothing is in tests/suites/system_findings_test.cpp.
    if (finds(a_case) || needs_a_gpu(a_case) || needs_ranks(a_case) ||
        moves_files_of_a_gpu(a_case)) {
      continue;
    }
    expect_prepared_exactly(a_case, *backend, devices->front());
  }
}

}  // namespace
}  // namespace assay
