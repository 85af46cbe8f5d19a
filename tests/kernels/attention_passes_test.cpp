// The kernels of attention for GPUs, executed on an emulated device: what holds of any numbers, and
// not of exact operands alone.
#include "kernels/cuda/attention_passes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/cuda/online_softmax.h"
#include "kernels/keyed.h"
#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"

namespace assay::cuda {
namespace {

using Pass = AttentionProblem::Pass;
using Numbers = std::vector<std::uint16_t>;

constexpr double k_scale = 0.34657359027997264;  // ln(2) / 2

double value_at(const Numbers& numbers, std::uint64_t index) {
  return value_of_bits(NumberType::bf16, numbers[index]);
}

/// Numbers from -1 to 1 of which none is exact.
Numbers drawn(std::uint64_t count, std::uint64_t stream) {
  const Keyed draw(Seed{3}, stream);
  Numbers numbers(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double value = static_cast<double>(draw(i) >> 11U) * 0x1p-52 - 1.0;
    numbers[i] = static_cast<std::uint16_t>(rounded_bits(NumberType::bf16, value));
  }
  return numbers;
}

struct Shape {
  const char* name;
  AttentionProblem problem;
  friend std::ostream& operator<<(std::ostream& out, const Shape& shape) {
    return out << shape.name;
  }
};

class AttentionPasses : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    emulated::machine() = *emulated::machine_from("gpus=1");
    emulated::power_on();
    q_ = drawn(query_rows(problem_) * problem_.head_dim, 1);
    k_ = drawn(key_rows(problem_) * problem_.head_dim, 2);
    v_ = drawn(key_rows(problem_) * problem_.value_dim, 3);
  }

  [[nodiscard]] Numbers attend() const {
    const auto q = on_device(q_);
    const auto k = on_device(k_);
    const auto v = on_device(v_);
    const std::uint64_t count = query_rows(problem_) * problem_.value_dim;
    const auto o = DeviceBuffer::of_bytes(count * 2);
    const DecodePlan plan = DecodePlan::of(problem_, 148);
    const auto partials = DeviceBuffer::of_bytes(plan.partial_numbers(problem_) * sizeof(float));
    const AttentionPass pass{.problem = problem_,
                             .operands = {.q = q->data(), .k = k->data(), .v = v->data()},
                             .to = o->data(),
                             .to_words = count / 4,
                             .plan = plan,
                             .partials = partials->as<float>()};
    cudaStream_t stream = nullptr;
    EXPECT_EQ(cudaStreamCreate(&stream), cudaSuccess);
    const auto done = problem_.pass == Pass::decode ? decode(pass, stream) : prefill(pass, stream);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    const auto numbers = on_host<std::uint16_t>(*o, count);
    EXPECT_TRUE(numbers);
    return numbers ? *numbers : Numbers(count);
  }

  /// The textbook's, in doubles.
  [[nodiscard]] std::vector<double> right_row(std::uint64_t row) const {
    const SeenKeys keys = seen_by(problem_, row);
    std::vector<double> weights(keys.count);
    for (std::uint64_t j = 0; j < keys.count; ++j) {
      double score = 0;
      for (std::uint64_t c = 0; c < problem_.head_dim; ++c) {
        score += value_at(q_, row * problem_.head_dim + c) *
                 value_at(k_, (keys.first + j) * problem_.head_dim + c);
      }
      weights[j] = std::exp(k_scale * score);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> right(problem_.value_dim);
    for (std::uint64_t j = 0; j < keys.count; ++j) {
      for (std::uint64_t c = 0; c < problem_.value_dim; ++c) {
        right[c] += weights[j] / sum * value_at(v_, (keys.first + j) * problem_.value_dim + c);
      }
    }
    return right;
  }

  AttentionProblem problem_ = GetParam().problem;
  Numbers q_, k_, v_;
};

// Scores: head_dim products cut to 24 bits; weights: 2^-22 of 2^x, then bf16 (a part of 2^-8);
// sums: of each 16 products 17 terms cut to 25 bits; the quotient; the output (2^-9, below 1). With
// |v| <= 1 and |q k| / 2 <= 32 bits an output is off by at most 2^-8 + 2^-9 + (2 seq + 64 head_dim)
// 2^-24 + 2^-21.
TEST_P(AttentionPasses, OfAnyNumbersAreThoseOfTheTextbookWithinTheirErrorBound) {
  const Numbers o = attend();
  const auto terms = static_cast<double>(2 * problem_.seq + 64 * problem_.head_dim);
  const double bound = 0x1p-8 + 0x1p-9 + terms * 0x1p-24 + 0x1p-21;
  double worst = 0;
  for (std::uint64_t row = 0; row < query_rows(problem_); ++row) {
    const auto right = right_row(row);
    for (std::uint64_t c = 0; c < problem_.value_dim; ++c) {
      worst = std::max(worst, std::abs(value_at(o, row * problem_.value_dim + c) - right[c]));
    }
  }
  EXPECT_LE(worst, bound);
  EXPECT_GT(worst, 0.0);
}

TEST_P(AttentionPasses, OfConstantValuesAreThatConstant) {
  std::fill(v_.begin(), v_.end(), static_cast<std::uint16_t>(rounded_bits(NumberType::bf16, 0.75)));
  const Numbers o = attend();
  // Weights are added up in f32 and their rounded copies multiplied, so but for a unit of bf16.
  for (std::uint64_t i = 0; i < o.size(); ++i) {
    ASSERT_NEAR(value_at(o, i), 0.75, 0x1p-8) << i;
  }
}

TEST_P(AttentionPasses, HaveNoBitOfAKeyThatIsMasked) {
  const Numbers before = attend();
  const std::uint64_t masked_from = problem_.causal ? 40 : problem_.seq;
  for (std::uint64_t row = 0; row < key_rows(problem_); ++row) {
    if (row % problem_.seq >= masked_from) {
      std::fill_n(&k_[row * problem_.head_dim], problem_.head_dim, std::uint16_t{0x4141});
      std::fill_n(&v_[row * problem_.value_dim], problem_.value_dim, std::uint16_t{0x4242});
    }
  }
  const Numbers after = attend();
  for (std::uint64_t row = 0; row < query_rows(problem_); ++row) {
    const auto* const from = &before[row * problem_.value_dim];
    const bool same = std::equal(from, from + problem_.value_dim, &after[row * problem_.value_dim]);
    EXPECT_EQ(same, !problem_.causal || row % problem_.seq < masked_from) << row;
  }
}

class UnmaskedPasses : public AttentionPasses {};

/// Only scores that differ by whole bits and whole values: then no order rounds differently.
TEST_P(UnmaskedPasses, OfExactNumbersDoNotHangOnTheOrderOfKeys) {
  const auto small = [](std::uint64_t drawn) {
    return static_cast<std::uint16_t>(
        rounded_bits(NumberType::bf16, static_cast<double>(drawn % 5) - 2.0));
  };
  const Keyed draw(Seed{4}, 1);
  for (std::uint64_t i = 0; i < q_.size(); ++i) {
    q_[i] = i % problem_.head_dim < 2 ? small(draw(i)) : 0;
  }
  for (std::uint64_t i = 0; i < k_.size(); ++i) {
    k_[i] = static_cast<std::uint16_t>(rounded_bits(NumberType::bf16, i % 3 == 0 ? 2.0 : -2.0));
  }
  for (std::uint64_t i = 0; i < v_.size(); ++i) {
    v_[i] = small(draw(i) >> 8U);
  }
  const Numbers before = attend();
  const auto turn = [this](Numbers& numbers, std::uint64_t columns) {
    const std::uint64_t head = problem_.seq * columns;
    for (std::uint64_t begin = 0; begin < numbers.size(); begin += head) {
      const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(begin);
      std::rotate(at, at + static_cast<std::ptrdiff_t>(29 * columns),
                  at + static_cast<std::ptrdiff_t>(head));
    }
  };
  turn(k_, problem_.head_dim);
  turn(v_, problem_.value_dim);
  EXPECT_EQ(attend(), before);
}

std::vector<Shape> shapes(bool causal) {
  const AttentionProblem base{.input = NumberType::bf16,
                              .output = NumberType::bf16,
                              .batch = 1,
                              .heads = 2,
                              .kv_heads = 1,
                              .seq = 131,
                              .head_dim = 64,
                              .value_dim = 64};
  std::vector<Shape> all(5, {.name = "full", .problem = base});
  all[1] = {.name = "causal", .problem = base};
  all[1].problem.causal = true;
  all[2] = {.name = "causal_192", .problem = all[1].problem};
  all[2].problem.head_dim = 192;
  all[2].problem.value_dim = 128;
  all[3] = {.name = "decode", .problem = base};
  all[3].problem.pass = Pass::decode;
  all[3].problem.seq = 299;
  all[4] = {.name = "decode_128", .problem = all[3].problem};
  all[4].problem.head_dim = all[4].problem.value_dim = 128;
  if (!causal) {
    std::erase_if(all, [](const Shape& shape) { return shape.problem.causal; });
  }
  return all;
}
std::string name_of_test(const testing::TestParamInfo<Shape>& tested) {
  return tested.param.name;
}
INSTANTIATE_TEST_SUITE_P(All, AttentionPasses, testing::ValuesIn(shapes(true)), name_of_test);
INSTANTIATE_TEST_SUITE_P(All, UnmaskedPasses, testing::ValuesIn(shapes(false)), name_of_test);

// The stand-in of ex2.approx is exact for 0 alone, as PTX promises.
TEST(SoftmaxPower, IsExactForWholePowersAndNearForOthers) {
  for (int power = 0; power >= -126; --power) {
    EXPECT_EQ(softmax_power(static_cast<float>(power)), std::ldexp(1.0F, power));
  }
  EXPECT_EQ(softmax_power(-127.0F), 0.0F);
  EXPECT_EQ(softmax_power(k_no_score), 0.0F);
  for (float x = 0; x > -30; x -= 0.0137F) {
    const double right = std::exp2(static_cast<double>(x));
    EXPECT_LE(std::abs(softmax_power(x) - right) / right, 2 * 0x1p-22) << x;
  }
}

TEST(DecodePlanOf, GivesEveryMultiprocessorSomethingAndNoPartNothing) {
  AttentionProblem problem{.pass = Pass::decode,
                           .input = NumberType::bf16,
                           .output = NumberType::bf16,
                           .batch = 1,
                           .heads = 64,
                           .kv_heads = 8,
                           .head_dim = 128,
                           .value_dim = 128};
  for (const std::uint64_t batch : {1U, 7U, 64U}) {
    for (const std::uint64_t seq : {1U, 129U, 4096U, 100'003U}) {
      problem.batch = batch;
      problem.seq = seq;
      const DecodePlan plan = DecodePlan::of(problem, 148);
      EXPECT_EQ(plan.split_keys % k_decode_keys, 0U);
      EXPECT_GE(plan.splits * plan.split_keys, seq);
      EXPECT_LT((plan.splits - 1) * plan.split_keys, seq);
      EXPECT_TRUE(plan.blocks(problem) >= 148 || plan.split_keys <= 2 * 256) << batch << ' ' << seq;
    }
  }
}

}  // namespace
}  // namespace assay::cuda
