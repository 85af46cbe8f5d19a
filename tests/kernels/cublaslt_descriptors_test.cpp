// The module fills descriptors, layouts and preferences of the real cuBLASLt, which need no GPU:
// what the library then says of them is what the emulated device multiplies by.
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/module.h"

namespace assay {
namespace {

struct Product {
  NumberType input, accumulate, output;
  friend std::ostream& operator<<(std::ostream& out, const Product& product) {
    return out << name_of(product.input) << "_" << name_of(product.output);
  }
};

class RealDescriptors : public testing::TestWithParam<Product> {};

TEST_P(RealDescriptors, HoldEveryProductThatIsAskedFor) {
  auto loaded =
      load_backend("cuda", {.path = ASSAY_EMULATED_MODULE, .settings = "descriptors=real"});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Device device{.id = "gpu0"};
  const GemmProblem problem{.input = GetParam().input,
                            .accumulate = GetParam().accumulate,
                            .output = GetParam().output,
                            .m = 32,
                            .n = 64,
                            .k = 128};
  const auto supported = loaded->backend->supports(problem, device);
  if (!supported && supported.error().message.ends_with("is not on this machine")) {
    GTEST_SKIP() << supported.error().message;  // no toolkit of NVIDIA
  }
  ASSERT_TRUE(supported) << supported.error().message;
  auto kernel = loaded->backend->prepare(problem, device, Seed{1});
  ASSERT_TRUE(kernel) << kernel.error().message;
  const std::vector<Step> steps{{.tuple = 3, .slot = 0}, {.tuple = 1, .slot = 1}};
  ASSERT_TRUE((*kernel)->poison(steps));
  const auto ran = (*kernel)->run(steps);
  ASSERT_TRUE(ran) << ran.error().message;
  const std::vector<std::uint32_t> full{0, 1};
  const auto checked = (*kernel)->check(steps, Seed{2}, full);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->wrong, 0U);
  EXPECT_EQ(checked->full, 2U);
}

constexpr NumberType k_f32 = NumberType::f32;
constexpr NumberType k_bf16 = NumberType::bf16;

INSTANTIATE_TEST_SUITE_P(All, RealDescriptors,
                         testing::Values(Product{NumberType::f64, NumberType::f64, NumberType::f64},
                                         Product{k_f32, k_f32, k_f32},
                                         Product{NumberType::tf32, k_f32, k_f32},
                                         Product{k_bf16, k_f32, k_bf16},
                                         Product{NumberType::f16, k_f32, NumberType::f16},
                                         Product{NumberType::fp8_e4m3, k_f32, k_bf16},
                                         Product{NumberType::fp8_e5m2_e4m3, k_f32, k_bf16},
                                         Product{NumberType::mxfp8_e4m3, k_f32, k_bf16},
                                         Product{NumberType::nvfp4, k_f32, k_bf16},
                                         Product{NumberType::s8, NumberType::s32, NumberType::s32}),
                         [](const auto& tested) {
                           return std::string(name_of(tested.param.input)) + "_" +
                                  std::string(name_of(tested.param.output));
                         });

}  // namespace
}  // namespace assay
