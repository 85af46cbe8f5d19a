#include "harness/run/environment.h"

#include <gtest/gtest.h>

#include "reports/declared_variables.h"

namespace assay {
namespace {

TEST(WorkerEnvironment, RefusesEveryVariableThatChangesMeaningByName) {
  for (const char* name :
       {"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_BIND_NOW", "GLIBC_TUNABLES",
        "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_VERBOSE", "DNNL_MAX_CPU_ISA", "OPENBLAS_NUM_THREADS",
        "OMP_SCHEDULE", "GOMP_CPU_AFFINITY", "MKL_NUM_THREADS", "KMP_AFFINITY",
        "CUDA_VISIBLE_DEVICES", "NCCL_ALGO", "CUBLAS_EMULATION_STRATEGY", "NVIDIA_TF32_OVERRIDE",
        "MALLOC_ARENA_MAX"}) {
    EXPECT_EQ(class_of(name), VariableClass::refused) << name;
    const auto refused = worker_environment({{name, "1"}}, 2);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, Error::Code::bad_input);
    EXPECT_NE(refused.error().message.find(name), std::string::npos);
  }
}

// All that cuBLASLt 13.1 reads of the kind.
TEST(WorkerEnvironment, RefusesWhatWouldHaveProductsEmulated) {
  for (const char* name :
       {"CUBLAS_EMULATE_DOUBLE_PRECISION", "CUBLAS_EMULATE_SINGLE_PRECISION",
        "CUBLAS_EMULATION_STRATEGY", "CUBLAS_FIXEDPOINT_EMULATION_MANTISSA_BIT_COUNT"}) {
    EXPECT_EQ(class_of(name), VariableClass::refused) << name;
  }
}

TEST(WorkerEnvironment, PassesWhatIsDeclaredAndSetsItsOwn) {
  const auto passed = worker_environment({{"ONEDNN_MAX_CPU_ISA", "AVX2"},
                                          {"OPENBLAS_CORETYPE", "Haswell"},
                                          {"OMP_NUM_THREADS", "1"},
                                          {"LANG", "de_DE.UTF-8"}},
                                         7);
  ASSERT_TRUE(passed);
  EXPECT_EQ(*passed, (Environment{{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
                                  {"LANG", "C"},
                                  {"OMP_NUM_THREADS", "7"},
                                  {"OMP_PLACES", "cores"},
                                  {"OMP_PROC_BIND", "close"},
                                  {"ONEDNN_MAX_CPU_ISA", "AVX2"},
                                  {"OPENBLAS_CORETYPE", "Haswell"}}));
}

TEST(WorkerEnvironment, HoldsOnlyWhatTheReportWillShow) {
  Environment given;
  for (const std::string_view name : k_passed_variables) {
    EXPECT_EQ(class_of(name), VariableClass::passed) << name;
    given.emplace(name, "1");
  }
  const auto passed = worker_environment(given, 1);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->size(), k_passed_variables.size() + k_set_variables.size());
  for (const auto& [name, value] : *passed) {
    EXPECT_TRUE(is_declared_variable(name)) << name;
  }
}

TEST(WorkerEnvironment, RemovesEverythingElse) {
  const auto passed = worker_environment(
      {{"HOME", "/home/someone"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"PATH", "/bin"}}, 1);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->size(), k_set_variables.size());
  EXPECT_EQ(passed->count("HOME") + passed->count("AWS_SECRET_ACCESS_KEY"), 0U);
}

TEST(WorkerEnvironment, HasAtLeastOneCore) {
  EXPECT_GE(usable_cores(), 1U);
}

}  // namespace
}  // namespace assay
