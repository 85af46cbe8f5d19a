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
#include "kernels/host/host_type.h"
#include "kernels/number_bits.h"
#include "tests/kernels/printed.h"
#include "tests/kernels/wrong_steps.h"

namespace assay {
namespace {

constexpr double k_ln2 = 0.69314718055994531;

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

double number_at(NumberType type, const std::byte* data, std::uint64_t index) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes_of(type), bytes_of(type));
  return value_of_bits(type, bits);
}

/// The textbook's gradients in doubles, with e to the power of scaled scores; and by how much they
/// may be off, where they are computed in the type.
struct Textbook {
  /// `grid`: what sums are known to be multiples of, if not 0.
  Textbook(const AttentionProblem& problem, const GradientViews& views, double grid = 0)
      : problem_(problem),
        views_(views),
        values(gradient_places(problem).all),
        bounds(values.size()) {
    const double unit = problem.input == NumberType::f32 ? 0x1p-24 : 0x1p-9;
    const auto dim = static_cast<double>(problem.head_dim);
    const auto columns = static_cast<double>(problem.value_dim);
    const auto terms = static_cast<double>(problem.seq * problem.heads);
    // Of elements up to 1 (Higham, Accuracy and Stability, 3.1): a score is off by head_dim^2
    // 2^-24, L by 2^-18, so P relatively by this; dP and D by value_dim^2 2^-24 each; P and dS
    // round.
    relative_ = k_ln2 * (dim * dim / 2 + 64) * 0x1p-24 + 4 * 0x1p-24 + unit + terms * 0x1p-24;
    absolute_ = 2 * columns * columns * 0x1p-24;
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      for (std::uint64_t j = 0; j < seen_by(problem, row).count; ++j) {
        add_pair(row, seen_by(problem, row).first + j);
      }
    }
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      const double scale =
          i < gradient_places(problem).dv ? static_cast<double>(k_gradient_scale) : 1.0;
      // Never -0: an exact sum isn't.
      values[i] = scale * (grid > 0 ? std::round(values[i] / grid) * grid : values[i]) + 0.0;
      bounds[i] = bounds[i] * scale + 2 * unit * std::abs(values[i]) + 1e-30;
    }
  }

 private:
  [[nodiscard]] double at(const std::byte* from, std::uint64_t index) const {
    return number_at(problem_.input, from, index);
  }
  [[nodiscard]] double product(const std::byte* a, const std::byte* b,
                               std::uint64_t columns) const {
    double sum = 0;
    for (std::uint64_t c = 0; c < columns; ++c) {
      sum += at(a, c) * at(b, c);
    }
    return sum;
  }
  void add(std::uint64_t element, double factor, double error, double operand) {
    values[element] += factor * operand;
    bounds[element] += error * std::abs(operand);
  }

  void add_pair(std::uint64_t row, std::uint64_t key) {
    const std::uint64_t element = bytes_of(problem_.input);
    const std::uint64_t dim = problem_.head_dim;
    const std::uint64_t columns = problem_.value_dim;
    const std::byte* const q = views_.q + row * dim * element;
    const std::byte* const k = views_.k + key * dim * element;
    const std::byte* const v = views_.v + key * columns * element;
    const std::byte* const o = views_.o + row * columns * element;
    const std::byte* const d_o = views_.d_o + row * columns * element;
    const double p =
        std::exp(k_ln2 / 2 * product(q, k, dim) - k_ln2 * static_cast<double>(views_.l[row]));
    const double slope = product(d_o, v, columns) - product(d_o, o, columns);
    const double ds = p * slope;
    const double error = std::abs(ds) * (2 * relative_) + p * absolute_;
    const GradientPlaces places = gradient_places(problem_);
    for (std::uint64_t c = 0; c < dim; ++c) {
      add(row * dim + c, ds, error, at(k, c));
      add(places.dk + key * dim + c, ds, error, at(q, c));
    }
    for (std::uint64_t c = 0; c < columns; ++c) {
      add(places.dv + key * columns + c, p, p * relative_, at(d_o, c));
    }
  }

  AttentionProblem problem_;
  GradientViews views_;
  double relative_ = 0, absolute_ = 0;

 public:
  std::vector<double> values, bounds;
};

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
      const Textbook right(problem, operands->tuple(tuple), 0x1p-16);
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

/// Operands of any numbers; O and L are those of the textbook's forward pass.
class FreeOperands {
 public:
  explicit FreeOperands(const AttentionProblem& problem) : problem_(problem) {
    constexpr std::uint64_t k_behind = GradientOperands::k_rows_behind;
    const std::uint64_t queries = query_rows(problem) + k_behind;
    const std::uint64_t keys = key_rows(problem) + k_behind;
    fill(q, queries * problem.head_dim, 1);
    fill(k, keys * problem.head_dim, 2);
    fill(v, keys * problem.value_dim, 3);
    fill(d_o, queries * problem.value_dim, 4);
    o.resize(queries * problem.value_dim * bytes_of(problem.input));
    l.resize(queries);
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      attend(row);
    }
  }

  [[nodiscard]] GradientViews views() const {
    return {q.data(), k.data(), v.data(), o.data(), d_o.data(), l.data()};
  }
  [[nodiscard]] std::vector<std::byte> differentiate() const {
    std::vector<std::byte> slot(gradient_places(problem_).all * bytes_of(problem_.output));
    auto core = make_gradient_core(problem_);
    EXPECT_TRUE(core);
    EXPECT_TRUE((*core)->differentiate(views(), slot.data()));
    return slot;
  }

  std::vector<std::byte> q, k, v, o, d_o;
  std::vector<float> l;

 private:
  void fill(std::vector<std::byte>& to, std::uint64_t elements, std::uint64_t stream) const {
    const Keyed draw(seed_of(1), stream);
    to.resize(elements * bytes_of(problem_.input));
    for (std::uint64_t i = 0; i < elements; ++i) {
      const double value = static_cast<double>(draw(i) >> 11U) * 0x1p-52 - 1.0;
      store_element(problem_.input, to.data(), i,
                    value_of_bits(problem_.input, rounded_bits(problem_.input, value)));
    }
  }
  void attend(std::uint64_t row) {
    const SeenKeys keys = seen_by(problem_, row);
    const std::uint64_t columns = problem_.value_dim;
    std::vector<double> sums(columns);
    double weights = 0;
    for (std::uint64_t j = 0; j < keys.count; ++j) {
      double score = 0;
      for (std::uint64_t c = 0; c < problem_.head_dim; ++c) {
        score += number_at(problem_.input, q.data(), row * problem_.head_dim + c) *
                 number_at(problem_.input, k.data(), (keys.first + j) * problem_.head_dim + c);
      }
      const double weight = std::exp2(score / 2);
      weights += weight;
      for (std::uint64_t c = 0; c < columns; ++c) {
        sums[c] += weight * number_at(problem_.input, v.data(), (keys.first + j) * columns + c);
      }
    }
    l[row] = static_cast<float>(std::log2(weights));
    for (std::uint64_t c = 0; c < columns; ++c) {
      const double value = sums[c] / weights;
      store_element(problem_.input, o.data(), row * columns + c,
                    value_of_bits(problem_.input, rounded_bits(problem_.input, value)));
    }
  }

  AttentionProblem problem_;
};

TEST_P(GradientsOf, AnyNumbersAreThoseOfTheTextbookWithinTheirErrorBound) {
  for (const bool causal : {false, true}) {
    const AttentionProblem problem = small(GetParam(), causal);
    const FreeOperands operands(problem);
    const auto slot = operands.differentiate();
    const Textbook right(problem, operands.views());
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
  const auto before = operands.differentiate();
  const std::uint64_t masked_from = 40;  // For queries below.
  const std::uint64_t width = problem.head_dim * bytes_of(problem.input);
  for (std::uint64_t head = 0; head < problem.kv_heads; ++head) {
    const auto first = static_cast<std::ptrdiff_t>((head * problem.seq + masked_from) * width);
    const std::uint64_t bytes = (problem.seq - masked_from) * width;
    std::fill_n(operands.k.begin() + first, bytes, std::byte{0x41});
    std::fill_n(operands.v.begin() + first, bytes, std::byte{0x41});
  }
  const auto after = operands.differentiate();
  for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
    const bool same = std::memcmp(&before[row * width], &after[row * width], width) == 0;
    EXPECT_EQ(same, row % problem.seq < masked_from) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Host, GradientsOf, testing::Values(NumberType::f32, NumberType::bf16),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

}  // namespace
}  // namespace assay
