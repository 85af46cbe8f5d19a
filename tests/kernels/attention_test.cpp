// Attention's exact operands, and that attention which leaves something out is found.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/attention_plan.h"
#include "kernels/host/attention_core.h"
#include "kernels/host/attention_kernel.h"
#include "kernels/host/attention_reference.h"
#include "kernels/host/buffer.h"
#include "kernels/host/decode_loops.h"
#include "kernels/host/host_type.h"
#include "kernels/number_bits.h"
#include "tests/kernels/printed.h"
#include "tests/kernels/wrong_steps.h"

namespace assay {
namespace {

constexpr double k_scale = 0.34657359027997264;  // ln(2) / 2

AttentionProblem small(NumberType type, bool causal) {
  return {.causal = causal,
          .input = type,
          .output = type,
          .batch = 1,
          .heads = 4,
          .kv_heads = 2,
          .seq = 67,
          .head_dim = 64,
          .value_dim = 64};
}

/// Five queries a group, and stretches of keys that end within a tile.
AttentionProblem small_decode(NumberType type) {
  AttentionProblem problem = small(type, false);
  problem.pass = AttentionProblem::Pass::decode;
  problem.batch = 2;
  problem.heads = 10;
  problem.seq = 299;
  return problem;
}

/// Eleven queries a group: eight, two and one; and dimensions that differ.
AttentionProblem wide_decode(NumberType type) {
  AttentionProblem problem = small_decode(type);
  problem.batch = 1;
  problem.heads = 22;
  problem.head_dim = 192;
  problem.value_dim = 128;
  return problem;
}

std::vector<AttentionProblem> smalls(NumberType type) {
  return {small(type, false), small(type, true), small_decode(type), wide_decode(type)};
}

double number_at(NumberType type, const std::byte* data, std::uint64_t index) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, data + index * bytes_of(type), bytes_of(type));
  return value_of_bits(type, bits);
}

/// The textbook's attention in doubles, with e to the power of scaled scores.
std::vector<double> textbook_row(const AttentionProblem& problem, const AttentionViews& views,
                                 std::uint64_t row, double scale) {
  const SeenKeys keys = seen_by(problem, row);
  std::vector<double> scores(keys.count);
  for (std::uint64_t j = 0; j < keys.count; ++j) {
    for (std::uint64_t c = 0; c < problem.head_dim; ++c) {
      scores[j] += number_at(problem.input, views.q, row * problem.head_dim + c) *
                   number_at(problem.input, views.k, (keys.first + j) * problem.head_dim + c);
    }
  }
  const double most = *std::max_element(scores.begin(), scores.end());
  std::vector<double> sums(problem.value_dim);
  double weights = 0;
  for (std::uint64_t j = 0; j < keys.count; ++j) {
    const double weight = std::exp(scale * (scores[j] - most));
    weights += weight;
    for (std::uint64_t c = 0; c < problem.value_dim; ++c) {
      sums[c] +=
          weight * number_at(problem.input, views.v, (keys.first + j) * problem.value_dim + c);
    }
  }
  for (double& sum : sums) {
    sum /= weights;
  }
  return sums;
}

using Spoil = std::function<void(const AttentionViews&, std::byte* o)>;

/// The host's attention, with something done to it before or instead.
class SpoiledCore final : public AttentionCore {
 public:
  SpoiledCore(const AttentionProblem& problem, Spoil spoil)
      : core_(std::move(*make_attention_core(problem))), spoil_(std::move(spoil)) {}
  [[nodiscard]] Ran ran() const override { return core_->ran(); }
  Result<Done> attend(const AttentionViews& operands, std::byte* o) override {
    auto done = core_->attend(operands, o);
    spoil_(operands, o);
    return done;
  }

 private:
  std::unique_ptr<AttentionCore> core_;
  Spoil spoil_;
};

FoundWrong found_in(const AttentionProblem& problem, std::unique_ptr<AttentionCore> core) {
  return wrong_in_steps(problem, make_forward_work(problem, seed_of(3), std::move(core)));
}

FoundWrong found_with(const AttentionProblem& problem, const Spoil& spoil) {
  return found_in(problem, std::make_unique<SpoiledCore>(problem, spoil));
}

bool has_core(NumberType type) {
  return attention_core_supported(small(type, true)).has_value();
}

class AttentionOf : public testing::TestWithParam<NumberType> {
 protected:
  void SetUp() override {
    if (!has_core(GetParam())) {
      GTEST_SKIP() << attention_core_supported(small(GetParam(), true)).error().message;
    }
  }
};

TEST(AttentionPlan, IsAttentionAsTheTextbookHasItForEveryTypeMaskAndGroup) {
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    for (const AttentionProblem& problem : smalls(type)) {
      const auto rule = exact_attention(problem);
      ASSERT_TRUE(rule);
      const AttentionPattern pattern(problem, *rule, seed_of(5));
      const auto operands = AttentionOperands::generate(problem, pattern);
      ASSERT_TRUE(operands);
      std::vector<std::byte> o(query_rows(problem) * problem.value_dim * bytes_of(type));
      const std::uint64_t tuple = 4095;
      const AttentionViews views = operands->tuple(tuple);
      for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
        const auto right = textbook_row(problem, views, row, k_scale);
        for (std::uint64_t c = 0; c < problem.value_dim; ++c) {
          // An element near the middle of two numbers may round either way: the sums are whole, so
          // a quotient is a middle or 2^-24 of it away, and e^x in doubles is far nearer.
          const std::uint64_t bits =
              rounded_bits(type, static_cast<double>(static_cast<float>(right[c])));
          std::memcpy(o.data() + (row * problem.value_dim + c) * bytes_of(type), &bits,
                      bytes_of(type));
        }
      }
      const AttentionClaim claim{.problem = &problem,
                                 .pattern = &pattern,
                                 .place = attention_tuple(*rule, tuple),
                                 .operands = views,
                                 .o = o.data()};
      const auto wrong = check_attention(claim);
      EXPECT_FALSE(wrong) << wrong->index << ' ' << wrong->expected << ' ' << wrong->actual;
      for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
        EXPECT_FALSE(check_attention_row(claim, row)) << row;
      }
    }
  }
}

TEST(AttentionPlan, HoldsNumbersThatNoCheaperTypeHolds) {
  const auto share_beyond = [](NumberType type, auto number, std::uint64_t bits) {
    const AttentionProblem problem = small(type, false);
    const AttentionPattern pattern(problem, *exact_attention(problem), seed_of(6));
    int beyond = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      auto value = static_cast<std::uint64_t>(std::abs(number(pattern, i)));
      while (value != 0 && value % 2 == 0) {
        value /= 2;
      }
      beyond += value >> bits != 0 ? 1 : 0;
    }
    return beyond / 1000.0;
  };
  const auto query = [](const auto& pattern, auto i) { return pattern.query_pair(i).first; };
  const auto key = [](const auto& pattern, auto i) { return pattern.key_pair(i).second; };
  const auto value = [](const auto& pattern, auto i) { return pattern.value(i); };
  EXPECT_GT(share_beyond(NumberType::bf16, query, 4), 0.3);  // FP8 has 4 bits.
  EXPECT_GT(share_beyond(NumberType::bf16, key, 4), 0.3);
  EXPECT_GT(share_beyond(NumberType::bf16, value, 7), 0.2);  // s8 has 7 and a sign.
  EXPECT_GT(share_beyond(NumberType::f32, query, 8), 0.3);   // bf16 has 8, TF32 11.
  EXPECT_GT(share_beyond(NumberType::f32, value, 11), 0.2);
}

TEST(AttentionPlan, KeepsEveryScoreExactWhateverIsDrawn) {
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    AttentionProblem problem = small(type, false);
    problem.head_dim = 192;
    const AttentionRule rule = *exact_attention(problem);
    EXPECT_LT(192 * rule.most_pair * rule.most_pair * rule.turns, 1U << 24U);
  }
}

TEST(AttentionPlan, TakesAsManyLivePairsAsStayExactAndRefusesTooManyKeysByName) {
  const auto rule_at = [](NumberType type, std::uint64_t seq) {
    AttentionProblem problem = small(type, false);
    problem.seq = seq;
    return exact_attention(problem);
  };
  EXPECT_EQ(rule_at(NumberType::bf16, 8192)->live, 8U);
  EXPECT_EQ(rule_at(NumberType::bf16, 8192)->values, 255U);
  EXPECT_EQ(rule_at(NumberType::bf16, 65536)->live, 4U);
  EXPECT_EQ(rule_at(NumberType::f32, 8192)->live, 4U);
  EXPECT_EQ(rule_at(NumberType::f32, 8192)->values, 4095U);
  const auto refused = rule_at(NumberType::f32, 1U << 20U);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no exact operands for attention on f32 over 1048576 keys");
}

TEST_P(AttentionOf, OfTheHostIsRight) {
  for (const AttentionProblem& problem : smalls(GetParam())) {
    const FoundWrong found = found_with(problem, [](const auto&, auto*) {});
    EXPECT_EQ(found.in_rows, 0U);
    EXPECT_EQ(found.in_full, 0U);
  }
}

TEST_P(AttentionOf, ThatForgetsTheMaskOrHasOneTooManyIsFound) {
  for (const bool causal : {false, true}) {
    auto other = make_attention_core(small(GetParam(), !causal));
    ASSERT_TRUE(other);
    const FoundWrong found = found_in(small(GetParam(), causal), std::move(*other));
    EXPECT_GE(found.in_rows, 6U);  // The row that sees the same keys is right: 1 in 67.
    EXPECT_EQ(found.in_full, 8U);
  }
}

TEST_P(AttentionOf, OfADecodingStepThatLeavesOneKeyOutIsFound) {
  const AttentionProblem problem = small_decode(GetParam());
  AttentionProblem shorter = problem;
  shorter.batch = 1;
  shorter.kv_heads = 1;
  shorter.heads = problem.heads / problem.kv_heads;
  shorter.seq = problem.seq - 1;
  auto one_head = make_attention_core(shorter);
  ASSERT_TRUE(one_head);
  const FoundWrong found = found_with(problem, [&](const AttentionViews& views, std::byte* o) {
    const std::uint64_t element = bytes_of(problem.input);
    for (std::uint64_t head = 0; head < problem.batch * problem.kv_heads; ++head) {
      const std::uint64_t rows = head * shorter.heads;
      const AttentionViews of_head{.q = views.q + rows * problem.head_dim * element,
                                   .k = views.k + head * problem.seq * problem.head_dim * element,
                                   .v = views.v + head * problem.seq * problem.value_dim * element};
      EXPECT_TRUE((*one_head)->attend(of_head, o + rows * problem.value_dim * element));
    }
  });
  EXPECT_EQ(found.in_rows, 8U);
  EXPECT_EQ(found.in_full, 8U);
}

TEST_P(AttentionOf, OfHeadsThatShareTheWrongKeysIsFound) {
  AttentionProblem alone = small(GetParam(), false);
  alone.kv_heads = 1;
  auto core = make_attention_core(alone);
  ASSERT_TRUE(core);
  const FoundWrong found = found_in(small(GetParam(), false), std::move(*core));
  EXPECT_GE(found.in_rows, 1U);  // Two heads of four use other keys.
  EXPECT_EQ(found.in_full, 8U);
}

/// Attention over fewer keys than asked for: the last is left out of every head.
TEST_P(AttentionOf, ThatDropsKeysIsFound) {
  const AttentionProblem problem = small(GetParam(), false);
  const FoundWrong found = found_with(problem, [&](const AttentionViews& views, std::byte* o) {
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      AttentionProblem shorter = problem;
      shorter.causal = true;  // Sees as many keys as its place in the head says.
      const std::uint64_t head = row / problem.seq;
      const std::uint64_t before_last = head * problem.seq + problem.seq - 2;
      const std::uint64_t width = problem.head_dim * bytes_of(problem.input);
      const AttentionViews moved{
          .q = views.q + row * width - before_last * width, .k = views.k, .v = views.v};
      const auto values = textbook_row(shorter, moved, before_last, k_scale);
      for (std::uint64_t c = 0; c < problem.value_dim; ++c) {
        const std::uint64_t bits = rounded_bits(problem.output, values[c]);
        std::memcpy(o + (row * problem.value_dim + c) * bytes_of(problem.output), &bits,
                    bytes_of(problem.output));
      }
    }
  });
  EXPECT_EQ(found.in_rows, 8U);
  EXPECT_EQ(found.in_full, 8U);
}

TEST_P(AttentionOf, ThatIsOffByTheLastBitOfOneElementIsFoundAsAWhole) {
  const AttentionProblem problem = small(GetParam(), true);
  const FoundWrong found = found_with(problem, [&](const AttentionViews&, std::byte* o) {
    o[777 * bytes_of(problem.output)] ^= std::byte{1};
  });
  EXPECT_EQ(found.in_full, 8U);
}

/// Q, K and V of any numbers, for what holds of attention and not of exact operands.
class FreeOperands {
 public:
  explicit FreeOperands(const AttentionProblem& problem) : problem_(problem) {
    constexpr std::uint64_t k_behind = AttentionOperands::k_rows_behind;
    const Keyed draw(seed_of(1), 0);
    const auto fill = [&](std::vector<std::byte>& to, std::uint64_t elements,
                          std::uint64_t stream) {
      to.resize(elements * bytes_of(problem.input));
      for (std::uint64_t i = 0; i < elements; ++i) {
        const auto drawn = static_cast<double>(draw(stream << 40U | i) >> 11U);
        const double value = drawn * 0x1p-52 - 1.0;
        const std::uint64_t bits = rounded_bits(problem.input, value);
        std::memcpy(to.data() + i * bytes_of(problem.input), &bits, bytes_of(problem.input));
      }
    };
    fill(q, (query_rows(problem) + k_behind) * problem.head_dim, 1);
    fill(k, (key_rows(problem) + k_behind) * problem.head_dim, 2);
    fill(v, (key_rows(problem) + k_behind) * problem.value_dim, 3);
  }

  [[nodiscard]] std::vector<std::byte> attend() const {
    std::vector<std::byte> o(query_rows(problem_) * problem_.value_dim * bytes_of(problem_.output));
    auto core = make_attention_core(problem_);
    EXPECT_TRUE(core);
    EXPECT_TRUE((*core)->attend(views(), o.data()));
    return o;
  }
  [[nodiscard]] AttentionViews views() const { return {q.data(), k.data(), v.data()}; }

  std::vector<std::byte> q, k, v;

 private:
  AttentionProblem problem_;
};

// Rounding: scores to f32 (head_dim terms), weights to the type (by a part u of each: 2^-24, bf16
// 2^-8), sums in f32 over seq terms, the quotient, the output (by u / 2, below 1). With |v| <= 1
// and |q k| / 2 bits <= 32, an output is off by at most 3/2 u + (seq + 32 head_dim) 2^-24 (Higham,
// Accuracy and Stability, 3.1).
TEST_P(AttentionOf, AnyNumbersIsThatOfTheTextbookWithinItsErrorBound) {
  for (const AttentionProblem& problem : smalls(GetParam())) {
    const FreeOperands operands(problem);
    const auto o = operands.attend();
    const double unit = GetParam() == NumberType::f32 ? 0x1p-24 : 0x1p-8;
    const auto steps = static_cast<double>(problem.seq + 32 * problem.head_dim);
    const double bound = 1.5 * unit + steps * 0x1p-24;
    double worst = 0;
    for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
      const auto right = textbook_row(problem, operands.views(), row, k_scale);
      for (std::uint64_t c = 0; c < problem.value_dim; ++c) {
        const double actual = number_at(problem.output, o.data(), row * problem.value_dim + c);
        worst = std::max(worst, std::abs(actual - right[c]));
      }
    }
    EXPECT_LE(worst, bound);
    EXPECT_GT(worst, 0.0);
  }
}

TEST_P(AttentionOf, ConstantValuesIsThatConstant) {
  const AttentionProblem problem = small(GetParam(), true);
  FreeOperands operands(problem);
  for (std::uint64_t i = 0; i < operands.v.size() / bytes_of(problem.input); ++i) {
    store_element(problem.input, operands.v.data(), i, 0.75);
  }
  // Weights are added up in f32, and their rounded copies multiplied by 0.75 (three quarters of the
  // error of a weight in bf16 remains), so it is the constant to the last bits of the type.
  const double unit = GetParam() == NumberType::f32 ? 0x1p-20 : 0x1p-8;
  const auto o = operands.attend();
  for (std::uint64_t i = 0; i < query_rows(problem) * problem.value_dim; ++i) {
    ASSERT_NEAR(number_at(problem.output, o.data(), i), 0.75, unit) << i;
  }
}

TEST_P(AttentionOf, MaskedKeysHasNoBitOfThem) {
  const AttentionProblem problem = small(GetParam(), true);
  FreeOperands operands(problem);
  const auto before = operands.attend();
  const std::uint64_t masked_from = 40;  // For queries below.
  const std::uint64_t key_bytes = problem.head_dim * bytes_of(problem.input);
  const std::uint64_t value_bytes = problem.value_dim * bytes_of(problem.input);
  for (std::uint64_t head = 0; head < problem.kv_heads; ++head) {
    const std::uint64_t first = head * problem.seq + masked_from;
    const std::uint64_t count = problem.seq - masked_from;
    std::fill_n(operands.k.begin() + static_cast<std::ptrdiff_t>(first * key_bytes),
                count * key_bytes, std::byte{0x41});
    std::fill_n(operands.v.begin() + static_cast<std::ptrdiff_t>(first * value_bytes),
                count * value_bytes, std::byte{0x42});
  }
  const auto after = operands.attend();
  const std::uint64_t row_bytes = problem.value_dim * bytes_of(problem.output);
  for (std::uint64_t row = 0; row < query_rows(problem); ++row) {
    const bool same =
        std::equal(before.begin() + static_cast<std::ptrdiff_t>(row * row_bytes),
                   before.begin() + static_cast<std::ptrdiff_t>((row + 1) * row_bytes),
                   after.begin() + static_cast<std::ptrdiff_t>(row * row_bytes));
    EXPECT_EQ(same, row % problem.seq < masked_from) << row;
  }
}

TEST_P(AttentionOf, ExactOperandsDoesNotHangOnTheOrderOfItsKeys) {
  const AttentionProblem problem = small(GetParam(), false);
  const AttentionPattern pattern(problem, *exact_attention(problem), seed_of(4));
  const auto operands = AttentionOperands::generate(problem, pattern);
  ASSERT_TRUE(operands);
  const AttentionViews views = operands->tuple(17);
  FreeOperands turned(problem);
  for (std::uint64_t row = 0; row < key_rows(problem); ++row) {
    const std::uint64_t head = row / problem.seq * problem.seq;
    const std::uint64_t to = head + (row - head + 29) % problem.seq;
    const std::uint64_t key_bytes = problem.head_dim * bytes_of(problem.input);
    const std::uint64_t value_bytes = problem.value_dim * bytes_of(problem.input);
    std::memcpy(turned.k.data() + to * key_bytes, views.k + row * key_bytes, key_bytes);
    std::memcpy(turned.v.data() + to * value_bytes, views.v + row * value_bytes, value_bytes);
  }
  std::copy_n(views.q, query_rows(problem) * problem.head_dim * bytes_of(problem.input),
              turned.q.begin());
  std::vector<std::byte> o(query_rows(problem) * problem.value_dim * bytes_of(problem.output));
  auto core = make_attention_core(problem);
  ASSERT_TRUE(core);
  ASSERT_TRUE((*core)->attend(views, o.data()));
  EXPECT_EQ(turned.attend(), o);
}

INSTANTIATE_TEST_SUITE_P(Host, AttentionOf, testing::Values(NumberType::f32, NumberType::bf16),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

/// One stretch with each set of loops that this CPU has: with exact operands they agree to the bit.
TEST(DecodeLoops, FindTheSameWithEverySetOfInstructions) {
  for (const NumberType type : {NumberType::f32, NumberType::bf16}) {
    for (AttentionProblem problem : {small_decode(type), wide_decode(type)}) {
      const AttentionPattern pattern(problem, *exact_attention(problem), seed_of(7));
      const auto operands = AttentionOperands::generate(problem, pattern);
      ASSERT_TRUE(operands);
      const AttentionViews views = operands->tuple(33);
      const std::uint64_t group = problem.heads / problem.kv_heads;
      std::vector<float> first;
      for (const DecodeLoops loops : decode_loops(type)) {
        auto scratch = Buffer::of_bytes(4 * decode_scratch_floats(group, problem.head_dim));
        ASSERT_TRUE(scratch);
        std::vector<float> found(group * (2 + problem.value_dim));
        decode_stretch({.type = type,
                        .queries = group,
                        .keys = 299,
                        .head_dim = problem.head_dim,
                        .value_dim = problem.value_dim,
                        .q = views.q,
                        .k = views.k,
                        .v = views.v,
                        .scratch = scratch->as<float>(),
                        .maxima = found.data(),
                        .sums = found.data() + group,
                        .outputs = found.data() + 2 * group},
                       loops);
        first = first.empty() ? found : first;
        EXPECT_EQ(found, first) << name_of(loops) << ' ' << name_of(type);
      }
      EXPECT_NE(first[group], 0.0F);
    }
  }
}

}  // namespace
}  // namespace assay
