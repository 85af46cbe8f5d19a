// The kernels of attention's backward pass for GPUs, executed on an emulated device: what holds of
// any numbers, and not of exact operands alone.
#include "kernels/cuda/gradient_passes.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/device_buffer.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/kernels/textbook_gradients.h"

namespace assay::cuda {
namespace {

struct GradientShape {
  const char* name;
  AttentionProblem problem;
};
std::ostream& operator<<(std::ostream& to, const GradientShape& shape) {
  return to << shape.name;
}

class GradientPasses : public testing::TestWithParam<GradientShape> {
 protected:
  void SetUp() override {
    emulated::machine() = *emulated::machine_from("gpus=1");
    emulated::power_on();
  }

  [[nodiscard]] std::vector<std::byte> differentiated(const FreeOperands& operands) const {
    const auto q = on_device(operands.q);
    const auto k = on_device(operands.k);
    const auto v = on_device(operands.v);
    const auto o = on_device(operands.o);
    const auto d_o = on_device(operands.d_o);
    const auto l = on_device(operands.l);
    const std::uint64_t bytes = 2 * gradient_places(problem_).all;
    const auto slot = DeviceBuffer::of_bytes(bytes);
    const auto d = DeviceBuffer::of_bytes(query_rows(problem_) * sizeof(float));
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreate(&stream), cudaSuccess);
    const auto done = differentiate({.problem = problem_,
                                     .operands = {.q = q->data(),
                                                  .k = k->data(),
                                                  .v = v->data(),
                                                  .o = o->data(),
                                                  .d_o = d_o->data(),
                                                  .l = l->as<float>()},
                                     .to = slot->data(),
                                     .d = d->as<float>()},
                                    stream);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    const auto found = on_host<std::byte>(*slot, bytes);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<std::byte>(bytes);
  }

  AttentionProblem problem_ = GetParam().problem;
};

// The bound is that of the host's kernel: what tensor cores cut off beside it, 2^-24 of the largest
// term of each sixteen, is less than the order of sums may take.
TEST_P(GradientPasses, OfAnyNumbersAreThoseOfTheTextbookWithinTheirErrorBound) {
  const FreeOperands operands(problem_);
  const auto slot = differentiated(operands);
  const TextbookGradients right(problem_, operands.views());
  double worst = 0;
  for (std::uint64_t i = 0; i < right.values.size(); ++i) {
    const double actual = number_at(problem_.output, slot.data(), i);
    ASSERT_LE(std::abs(actual - right.values[i]), right.bounds[i]) << i;
    worst = std::max(worst, std::abs(actual - right.values[i]) / right.bounds[i]);
  }
  EXPECT_GT(worst, 0.001);
}

/// Keys from 40 on, their values, and queries from 40 on with theirs, are others.
TEST_P(GradientPasses, HaveNoBitOfWhatIsMasked) {
  FreeOperands operands(problem_);
  const auto before = differentiated(operands);
  const std::uint64_t from = 40;
  const auto spoil = [&](std::vector<std::byte>& numbers, std::uint64_t rows,
                         std::uint64_t columns) {
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (row % problem_.seq >= from) {
        std::fill_n(numbers.begin() + static_cast<std::ptrdiff_t>(row * columns * 2), columns * 2,
                    std::byte{0x41});
      }
    }
  };
  spoil(operands.k, key_rows(problem_), problem_.head_dim);
  spoil(operands.v, key_rows(problem_), problem_.value_dim);
  const auto after = differentiated(operands);
  const std::uint64_t width = 2 * problem_.head_dim;
  for (std::uint64_t row = 0; row < query_rows(problem_); ++row) {
    const auto at = static_cast<std::ptrdiff_t>(row * width);
    const bool same =
        std::equal(before.begin() + at, before.begin() + at + static_cast<std::ptrdiff_t>(width),
                   after.begin() + at);
    EXPECT_EQ(same, problem_.causal && row % problem_.seq < from) << row;
  }
}

std::vector<GradientShape> gradient_shapes() {
  const AttentionProblem base{.pass = AttentionProblem::Pass::prefill_backward,
                              .input = NumberType::bf16,
                              .output = NumberType::bf16,
                              .batch = 1,
                              .heads = 2,
                              .kv_heads = 1,
                              .seq = 131,
                              .head_dim = 64,
                              .value_dim = 64};
  std::vector<GradientShape> all(3, {.name = "full", .problem = base});
  all[1].name = "causal_128";
  all[1].problem.causal = true;
  all[1].problem.head_dim = all[1].problem.value_dim = 128;
  all[2] = all[1];
  all[2].name = "causal_192";
  all[2].problem.head_dim = 192;
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, GradientPasses, testing::ValuesIn(gradient_shapes()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace assay::cuda
