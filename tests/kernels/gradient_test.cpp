// The exact operands of attention's backward pass, and that a pass which leaves something out is
// found.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention_gradients.h"
#include "kernels/host/attention_kernel.h"
#include "kernels/host/gradient_reference.h"
#include "kernels/number_bits.h"
#include "tests/kernels/printed.h"
#include "tests/kernels/textbook_gradients.h"
#include "tests/kernels/wrong_steps.h"

namespace assay {
namespace {

AttentionProblem small(NumberType type, bool causal) {
  return {.pass = AttentionProblem::Pass::prefill_backward,
          .causal = causal,
          .input = type,
          .output = type,
          .batch = 1,
          .heads = 4,
          .kv_heads = 2,
          .seq = 67,
          .head_dim = 64,
          .value_dim = 64};
}

/// Blocks that end within the keys, heads of their own and dimensions that differ.
AttentionProblem wide(NumberType type, bool causal) {
  AttentionProblem problem = small(type, causal);
  problem.batch = 2;
  problem.heads = 1;
  problem.kv_heads = 1;
  problem.seq = 150;
  problem.head_dim = 192;
  problem.value_dim = 128;
  return problem;
}

using Spoil = std::function<void(GradientViews&)>;
using Break = std::function<void(std::byte* slot)>;

/// The host's backward pass of other operands, or with something done to what it computed.
class SpoiledGradients final : public GradientCore {
 public:
  SpoiledGradients(const AttentionProblem& problem, Spoil spoil, Break broken)
      : core_(std::move(*make_gradient_core(problem))),
        spoil_(std::move(spoil)),
        break_(std::move(broken)) {}
  [[nodiscard]] Ran ran() const override { return core_->ran(); }
  Result<Done> differentiate(const GradientViews& operands, std::byte* slot) override {
    GradientViews views = operands;
    spoil_(views);
    auto done = core_->differentiate(views, slot);
    break_(slot);
    return done;
  }

 private:
  std::unique_ptr<GradientCore> core_;
  Spoil spoil_;
  Break break_;
};

FoundWrong found_in(const AttentionProblem& problem, std::unique_ptr<GradientCore> core) {
  return wrong_in_steps(problem, make_gradient_work(problem, seed_of(3), std::move(core)));
}

FoundWrong found_with(const AttentionProblem& problem, const Spoil& spoil, const Break& broken) {
  return found_in(problem, std::make_unique<SpoiledGradients>(problem, spoil, broken));
}

void nothing(GradientViews& /*views*/) {}
void unbroken(std::byte* /*slot*/) {}

class GradientsOf : public testing::TestWithParam<NumberType> {
 protected:
  void SetUp() override {
    if (const auto able = gradient_core_supported(small(GetParam(), true)); !able) {
      GTEST_SKIP() << able.error().message;
    }
  }
};

TEST(GradientPlan, IsTheBackwardPassAsTheTextbookHasItForEveryTypeMaskAndGroup) {
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    for (const AttentionProblem& problem :
         {small(type, false), small(type, true), wide(type, true)}) {
      const auto rule = exact_gradients(problem);
      ASSERT_TRUE(rule);
      const GradientPattern pattern(problem, *rule, seed_of(5));
      const auto operands = GradientOperands::generate(problem, pattern);
      ASSERT_TRUE(operands);
      const std::uint64_t tuple = 4095;
      // Exact sums are multiples of 2^-9: what exp is off by would round a middle either way.
      const TextbookGradients right(problem, operands->tuple(tuple), 0x1p-16);
      std::vector<std::byte> slot(right.values.size() * bytes_of(type));
      for (std::uint64_t i = 0; i < right.values.size(); ++i) {
        const std::uint64_t bits =
            rounded_bits(type, static_cast<double>(static_cast<float>(right.values[i])));
        std::memcpy(slot.data() + i * bytes_of(type), &bits, bytes_of(type));
      }
      const GradientClaim claim{.problem = &problem,
                                .pattern = &pattern,
                                .place = gradient_tuple(*rule, tuple),
                                .operands = operands->tuple(tuple),
                                .slot = slot.data()};
      const auto wrong = check_gradients(claim);
      EXPECT_FALSE(wrong) << wrong->index << ' ' << wrong->expected << ' ' << wrong->actual;
      for (std::uint64_t row = 0; row < output_rows(problem); ++row) {
        EXPECT_FALSE(check_gradient_row(claim, row)) << row;
      }
    }
  }
}

TEST(GradientPlan, HasNoTwoTuplesWithTheSameQueriesAndSlopes) {
  for (const std::uint64_t live : {2U, 4U, 8U}) {
    GradientRule rule;
    rule.scores.live = live;
    rule.slopes.live = 2;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    for (std::uint64_t tuple = 0; tuple < k_attention_tuples; ++tuple) {
      const GradientTuple place = gradient_tuple(rule, tuple);
      places.emplace_back(place.query_blocks, place.slope_blocks);
    }
    std::sort(places.begin(), places.end());
    EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
  }
}

TEST(GradientPlan, TakesAsManyLivePairsAsStayExactAndRefusesTooManyKeysByName) {
  const auto rule_at = [](NumberType type, std::uint64_t seq, std::uint64_t group) {
    AttentionProblem problem = small(type, false);
    problem.seq = seq;
    problem.heads = group;
    problem.kv_heads = 1;
    return exact_gradients(problem);
  };
  EXPECT_EQ(rule_at(NumberType::bf16, 1024, 1)->scores.live, 8U);
  EXPECT_EQ(rule_at(NumberType::bf16, 8192, 8)->scores.live, 4U);
  EXPECT_EQ(rule_at(NumberType::bf16, 32768, 8)->scores.live, 2U);
  EXPECT_EQ(rule_at(NumberType::f32, 8192, 1)->scores.live, 4U);
  EXPECT_LT(rule_at(NumberType::f32, 8192, 8)->scores.turns, 250U);
  const auto refused = rule_at(NumberType::f32, 16384, 8);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "no exact operands for the gradients of attention on f32 over 16384 keys shared by 8 "
            "heads");
}

/// As many queries and shared heads as a rule allows, each of the three with its largest sums.
TEST(GradientPlan, KeepsSumsOfAsManyKeysAsItAllowsExactWithRoom) {
  AttentionProblem problem = small(NumberType::bf16, false);
  problem.heads = 1;
  problem.kv_heads = 1;
  problem.seq = 2048;
  const auto rule = exact_gradients(problem);
  ASSERT_TRUE(rule);
  const GradientPattern pattern(problem, *rule, seed_of(8));
  const auto operands = GradientOperands::generate(problem, pattern);
  ASSERT_TRUE(operands);
  const GradientViews views = operands->tuple(5);
  const auto live = static_cast<double>(rule->scores.live);
  double most = 0;
  for (std::uint64_t row = 0; row < 64; ++row) {
    std::vector<double> sums(problem.head_dim);
    for (std::uint64_t key = 0; key < problem.seq; ++key) {
      double score = 0;
      double slope = 0;
      for (std::uint64_t c = 0; c < problem.head_dim; ++c) {
        const auto at = [&](const std::byte* from, std::uint64_t of_row) {
          return number_at(problem.input, from, of_row * problem.head_dim + c);
        };
        score += at(views.q, row) * at(views.k, key);
        slope += at(views.d_o, row) * (at(views.v, key) - at(views.o, row));
      }
      const double w = std::exp2(score / 2 - static_cast<double>(views.l[row]) + live + 1);
      for (std::uint64_t c = 0; c < problem.head_dim; ++c) {
        sums[c] += w * slope / 2 * number_at(problem.input, views.k, key * problem.head_dim + c);
        most = std::max(most, std::abs(sums[c]));
      }
    }
  }
  EXPECT_LT(most, 16777216.0);
  EXPECT_GT(most, 65536.0);  // Or the numbers would be too small to find anything.
}

TEST_P(GradientsOf, OfTheHostAreRight) {
  for (const bool causal : {false, true}) {
    for (const AttentionProblem& problem : {small(GetParam(), causal), wide(GetParam(), causal)}) {
      const FoundWrong found = found_with(problem, nothing, unbroken);
      EXPECT_EQ(found.in_rows, 0U);
      EXPECT_EQ(found.in_full, 0U);
    }
  }
}

TEST_P(GradientsOf, ThatForgetTheMaskOrHaveOneTooManyAreFound) {
  for (const bool causal : {false, true}) {
    auto other = make_gradient_core(small(GetParam(), !causal));
    ASSERT_TRUE(other);
    const FoundWrong found = found_in(small(GetParam(), causal), std::move(*other));
    EXPECT_GE(found.in_rows, 6U);
    EXPECT_EQ(found.in_full, 8U);
  }
}

TEST_P(GradientsOf, HeadsThatShareTheWrongKeysAreFound) {
  AttentionProblem alone = small(GetParam(), false);
  alone.heads = 2;  // The first half of the heads, each with keys of its own.
  auto core = make_gradient_core(alone);
  ASSERT_TRUE(core);
  const FoundWrong found = found_in(small(GetParam(), false), std::move(*core));
  EXPECT_EQ(found.in_rows, 8U);
  EXPECT_EQ(found.in_full, 8U);
}

/// The last sixteen keys of every head are taken for nothing: they add nothing to dQ.
TEST_P(GradientsOf, ThatDropABlockOfKeysAreFound) {
  const AttentionProblem problem = small(GetParam(), false);
  const std::uint64_t width = problem.head_dim * bytes_of(problem.input);
  std::vector<std::byte> k((key_rows(problem) + GradientOperands::k_rows_behind) * width);
  const Spoil spoil = [&](GradientViews& views) {
    std::memcpy(k.data(), views.k, k.size());
    for (std::uint64_t head = 0; head < problem.kv_heads; ++head) {
      std::memset(k.data() + ((head + 1) * problem.seq - 16) * width, 0, 16 * width);
    }
    views.k = k.data();
  };
  const FoundWrong found = found_with(problem, spoil, unbroken);
  EXPECT_GE(found.in_rows, 7U);
  EXPECT_EQ(found.in_full, 8U);
}

TEST_P(GradientsOf, ThatLeaveOutTheProductOfOAndDoAreFound) {
  const AttentionProblem problem = small(GetParam(), true);
  std::vector<std::byte> nothing_of_o((query_rows(problem) + GradientOperands::k_rows_behind) *
                                      problem.value_dim * bytes_of(problem.input));
  const FoundWrong found = found_with(
      problem, [&](GradientViews& views) { views.o = nothing_of_o.data(); }, unbroken);
  EXPECT_GE(found.in_rows, 6U);  // Where D is 0 a row is right.
  EXPECT_EQ(found.in_full, 8U);
}

TEST_P(GradientsOf, ThatTakeTheLogarithmOfAnotherRowAreFound) {
  const FoundWrong found = found_with(
      small(GetParam(), true), [](GradientViews& views) { ++views.l; }, unbroken);
  EXPECT_GE(found.in_rows, 6U);
  EXPECT_EQ(found.in_full, 8U);
}

TEST_P(GradientsOf, ThatAreOffByTheLastBitOfOneElementAreFoundAsAWhole) {
  const AttentionProblem problem = small(GetParam(), true);
  const GradientPlaces places = gradient_places(problem);
  for (const std::uint64_t element : {std::uint64_t{777}, places.dk + 77, places.dv + 7}) {
    const FoundWrong found = found_with(problem, nothing, [&](std::byte* slot) {
      slot[element * bytes_of(problem.output)] ^= std::byte{1};
    });
    EXPECT_EQ(found.in_full, 8U) << element;
  }
}

std::vector<std::byte> differentiated(const AttentionProblem& problem,
                                      const FreeOperands& operands) {
  std::vector<std::byte> slot(gradient_places(problem).all * bytes_of(problem.output));
  auto core = make_gradient_core(problem);
  EXPECT_TRUE(core);
  EXPECT_TRUE((*core)->differentiate(operands.views(), slot.data()));
  return slot;
}

TEST_P(GradientsOf, AnyNumbersAreThoseOfTheTextbookWithinTheirErrorBound) {
  for (const bool causal : {false, true}) {
    const AttentionProblem problem = small(GetParam(), causal);
    const FreeOperands operands(problem);
    const auto slot = differentiated(problem, operands);
    const TextbookGradients right(problem, operands.views());
    double worst = 0;
    for (std::uint64_t i = 0; i < right.values.size(); ++i) {
      const double actual = number_at(problem.output, slot.data(), i);
      ASSERT_LE(std::abs(actual - right.values[i]), right.bounds[i]) << i;
      worst = std::max(worst, std::abs(actual - right.values[i]) / right.bounds[i]);
    }
    EXPECT_GT(worst, 0.001);  // The bound is one of worst cases, but not of anything.
  }
}

TEST_P(GradientsOf, MaskedKeysHaveNoBitOfThem) {
  const AttentionProblem problem = small(GetParam(), true);
  FreeOperands operands(problem);
  const auto before = differentiated(problem, operands);
  const std::uint64_t masked_from = 40;  // For queries below.
  const std::uint64_t width = problem.head_dim * bytes_of(problem.input);
  for (std::uint64_t head = 0; head < problem.kv_heads; ++head) {
    const auto first = static_cast<std::ptrdiff_t>((head * problem.seq + masked_from) * width);
    const std::uint64_t bytes = (problem.seq - masked_from) * width;
    std::fill_n(operands.k.begin() + first, bytes, std::byte{0x41});
    std::fill_n(operands.v.begin() + first, bytes, std::byte{0x41});
  }
  const auto after = differentiated(problem, operands);
  for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
    const bool same = std::memcmp(&before[row * width], &after[row * width], width) == 0;
    EXPECT_EQ(same, row % problem.seq < masked_from) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Host, GradientsOf, testing::Values(NumberType::f32, NumberType::bf16),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

}  // namespace
}  // namespace assay
