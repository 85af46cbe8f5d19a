// A decoder layer's step: that its gradients are those of the layer, and that a step which leaves
// something out is found.
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/host/layer_reference.h"
#include "kernels/host/transformer_kernel.h"
#include "tests/kernels/printed.h"
#include "tests/kernels/textbook_layer.h"

namespace assay {
namespace {

TransformerProblem small(NumberType type) {
  return {.input = type,
          .batch = 2,
          .seq = 21,
          .hidden = 48,
          .ffn = 72,
          .heads = 4,
          .kv_heads = 2,
          .head_dim = 64};
}

Seed seed_of(std::uint8_t value) {
  Seed seed{};
  seed.fill(value);
  return seed;
}

struct FoundWrong {
  std::uint64_t in_places = 0, in_full = 0;
  std::string first;
};

constexpr std::uint32_t k_steps = 4;

/// Of four steps: at their drawn places, and everywhere.
FoundWrong wrong_in_steps(TransformerKernel& kernel) {
  std::vector<Step> before;
  std::vector<Step> steps;
  std::vector<std::uint32_t> all(k_steps);
  std::iota(all.begin(), all.end(), 0U);
  for (const std::uint32_t i : all) {
    before.push_back({.tuple = 7 + 31 * std::uint64_t{i}, .slot = i});
    steps.push_back({.tuple = 1200 + 131 * std::uint64_t{i}, .slot = i});
  }
  EXPECT_TRUE(kernel.run(before));
  EXPECT_TRUE(kernel.poison(steps));
  EXPECT_TRUE(kernel.run(steps));
  const auto drawn = kernel.check(steps, seed_of(9), {});
  const auto full = kernel.check(steps, seed_of(9), all);
  EXPECT_TRUE(drawn && full);
  return {drawn->wrong, full->wrong,
          full->first ? full->first->expected + ", not " + full->first->actual : ""};
}

std::unique_ptr<TransformerKernel> wrong_kernel(const TransformerProblem& problem,
                                                LayerFault fault) {
  auto operands = LayerOperands::generate(problem, 0, seed_of(3));
  EXPECT_TRUE(operands);
  auto kernel = TransformerKernel::prepare_with(problem, std::move(*operands),
                                                std::make_unique<TextbookPass>(problem, fault));
  EXPECT_TRUE(kernel);
  return std::move(*kernel);
}

FoundWrong wrong_with(const TransformerProblem& problem, LayerFault fault) {
  return wrong_in_steps(*wrong_kernel(problem, fault));
}

constexpr std::array k_faults{
    LayerFault::sees_a_key_too_many,    LayerFault::sees_a_key_too_few,
    LayerFault::forgets_a_norm,         LayerFault::forgets_a_residual,
    LayerFault::forgets_to_rectify,     LayerFault::rectifies_no_gradient,
    LayerFault::mixes_up_heads,         LayerFault::forgets_a_term,
    LayerFault::keeps_a_gradient,       LayerFault::forgets_the_norms_gradient,
    LayerFault::forgets_a_key_gradient, LayerFault::skips_some_rows,
    LayerFault::skips_a_head,           LayerFault::skips_some_columns};

class TransformerOf : public testing::TestWithParam<NumberType> {};

TEST_P(TransformerOf, IsRightOnTheHost) {
  for (const auto& [seq, hidden, ffn, head_dim] :
       {std::array<std::uint64_t, 4>{21, 48, 72, 64}, std::array<std::uint64_t, 4>{1, 1, 1, 128},
        std::array<std::uint64_t, 4>{300, 130, 65, 64}}) {
    TransformerProblem problem = small(GetParam());
    problem.seq = seq;
    problem.hidden = hidden;
    problem.ffn = ffn;
    problem.head_dim = head_dim;
    auto kernel = TransformerKernel::prepare(problem, 0, seed_of(3));
    ASSERT_TRUE(kernel) << kernel.error().message;
    const FoundWrong wrong = wrong_in_steps(**kernel);
    EXPECT_EQ(wrong.in_full, 0U) << seq << ": " << wrong.first;
    EXPECT_EQ(wrong.in_places, 0U);
    EXPECT_GT((*kernel)->timed_ns().value(), 0);
  }
}

TEST_P(TransformerOf, IsRightByTheBook) {
  const FoundWrong wrong = wrong_with(small(GetParam()), LayerFault::none);
  EXPECT_EQ(wrong.in_full, 0U) << wrong.first;
  EXPECT_EQ(wrong.in_places, 0U);
}

TEST_P(TransformerOf, IsFoundWrongWithAnyFaultAtDrawnPlacesAndEverywhere) {
  for (const LayerFault fault : k_faults) {
    const FoundWrong wrong = wrong_with(small(GetParam()), fault);
    EXPECT_EQ(wrong.in_full, k_steps) << static_cast<int>(fault);
    // One key more or less shows in few rows; two of each step are looked at.
    EXPECT_GE(wrong.in_places, 1U) << static_cast<int>(fault) << ": " << wrong.first;
  }
}

/// One key of hundreds is within the bounds of bf16, but not the logarithms of the sums, in f32.
TEST_P(TransformerOf, IsFoundWrongWithAMaskThatIsOneKeyOffInEveryStepOfALongSequence) {
  TransformerProblem problem = small(GetParam());
  problem.batch = 1;
  problem.seq = 500;
  problem.hidden = 24;
  problem.ffn = 8;
  problem.heads = problem.kv_heads = 1;
  for (const LayerFault fault : {LayerFault::sees_a_key_too_many, LayerFault::sees_a_key_too_few}) {
    const FoundWrong wrong = wrong_with(problem, fault);
    EXPECT_EQ(wrong.in_full, k_steps) << static_cast<int>(fault);
    EXPECT_EQ(wrong.in_places, k_steps) << static_cast<int>(fault);
  }
}

/// So large that a sample is none of all rows and columns.
TransformerProblem sampled(NumberType type) {
  return {.input = type,
          .batch = 2,
          .seq = 70,
          .hidden = 80,
          .ffn = 100,
          .heads = 2,
          .kv_heads = 1,
          .head_dim = 64};
}

/// The sample alone, of one step after another one in the same slot.
std::optional<Mismatch> wrong_in_sample(TransformerKernel& kernel, std::uint64_t tuple) {
  const TransformerProblem problem = sampled(kernel.places().of(LayerArray::n1).type);
  EXPECT_TRUE(kernel.run(std::vector<Step>{{.tuple = tuple + 1, .slot = 0}}));
  EXPECT_TRUE(kernel.run(std::vector<Step>{{.tuple = tuple, .slot = 0}}));
  const auto operands = LayerOperands::generate(problem, 0, seed_of(3));
  EXPECT_TRUE(operands);
  const LayerClaim claim{.problem = &problem,
                         .places = &kernel.places(),
                         .operands = operands->tuple(tuple),
                         .slot = kernel.slot(0)};
  return check_sample(claim, seed_of(9), 0, {});
}

TEST_P(TransformerOf, IsRightInASampleAndWrongWithAnyFault) {
  for (const LayerFault fault : k_faults) {
    const auto wrong = wrong_in_sample(*wrong_kernel(sampled(GetParam()), fault), 77);
    EXPECT_TRUE(wrong) << static_cast<int>(fault);
  }
  auto kernel = TransformerKernel::prepare(sampled(GetParam()), 0, seed_of(3), 1);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const auto wrong = wrong_in_sample(**kernel, 77);
  EXPECT_FALSE(wrong) << wrong->expected << ", not " << wrong->actual;
}

/// A whole check misses nothing, a sample may: what is said of the chance is each one's own.
TEST_P(TransformerOf, HasEveryWrongRowAndColumnOfAStageFoundInASample) {
  auto kernel = TransformerKernel::prepare(sampled(GetParam()), 0, seed_of(3), 1);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const std::vector<Step> steps{{.tuple = 9, .slot = 0}};
  const std::vector<std::uint32_t> full{0};
  ASSERT_TRUE((*kernel)->run(steps));
  EXPECT_LT((*kernel)->check(steps, seed_of(8), full)->log2_miss, -60.0);
  (*kernel)->check_whole_up_to(0);
  const auto right = (*kernel)->check(steps, seed_of(8), full);
  EXPECT_EQ(right->wrong, 0U) << right->first->expected << ", not " << right->first->actual;
  EXPECT_EQ(right->log2_miss, 0.0);
  const auto find = [&](const LayerPlace& place, bool is_row, std::uint64_t at) {
    const auto flip = [&] {
      for (std::uint64_t i = 0; i < (is_row ? place.columns : place.rows); ++i) {
        const std::uint64_t element = is_row ? at * place.columns + i : i * place.columns + at;
        EXPECT_TRUE((*kernel)->flip(0, place.first_element + element));
      }
    };
    flip();
    const std::uint64_t wrong = (*kernel)->check(steps, seed_of(8), full)->wrong;
    flip();
    return wrong;
  };
  for (std::size_t i = 0; i < k_layer_arrays; ++i) {
    const auto array = static_cast<LayerArray>(i);
    const LayerPlace& place = (*kernel)->places().of(array);
    EXPECT_EQ(find(place, false, place.columns * 2 / 3), 1U) << name_of(array) << " column";
    if (array != LayerArray::l) {  // One number, whose chance is that of its row.
      EXPECT_EQ(find(place, true, place.rows * 2 / 3), 1U) << name_of(array) << " row";
    }
  }
}

TEST_P(TransformerOf, IsComparedAsAWholeUpToSoManyFlops) {
  TransformerProblem problem = sampled(GetParam());
  auto kernel = TransformerKernel::prepare(problem, 0, seed_of(3), 1);
  ASSERT_TRUE(kernel) << kernel.error().message;
  const std::vector<Step> steps{{.tuple = 9, .slot = 0}};
  ASSERT_TRUE((*kernel)->run(steps));
  const auto is_whole = [&] {
    return (*kernel)->check(steps, seed_of(8), std::vector<std::uint32_t>{0})->log2_miss < 0;
  };
  EXPECT_TRUE(is_whole());
  (*kernel)->check_whole_up_to(flops_of_rank(problem));
  EXPECT_TRUE(is_whole());
  (*kernel)->check_whole_up_to(flops_of_rank(problem) - 1);
  EXPECT_FALSE(is_whole());
}

INSTANTIATE_TEST_SUITE_P(Types, TransformerOf, testing::Values(NumberType::f32, NumberType::bf16),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

/// sum(y dy), which dy is the gradient of.
double loss(const TransformerProblem& problem, const LayerNumbers& numbers) {
  TextbookLayer layer(problem, LayerFault::none, [](LayerArray, Grid grid) { return grid; });
  const Grid y = layer.forward(numbers);
  return std::inner_product(y.values.begin(), y.values.end(), numbers.dy.values.begin(), 0.0);
}

TEST(Transformer, HasTheGradientsOfItsLoss) {
  const TransformerProblem problem = small(NumberType::f32);
  const auto operands = LayerOperands::generate(problem, 0, seed_of(3));
  auto kernel = TransformerKernel::prepare(problem, 0, seed_of(3));
  ASSERT_TRUE(operands && kernel);
  constexpr std::uint64_t k_tuple = 77;
  ASSERT_TRUE((*kernel)->run(std::vector<Step>{{.tuple = k_tuple, .slot = 0}}));
  const LayerNumbers numbers(problem, operands->tuple(k_tuple));
  const LayerPlaces& places = (*kernel)->places();
  struct Varied {
    LayerArray gradient;
    Grid LayerNumbers::*of;
  };
  for (const auto& [gradient, of] :
       {Varied{LayerArray::dw_qkv, &LayerNumbers::w_qkv},
        Varied{LayerArray::dw_o, &LayerNumbers::w_o}, Varied{LayerArray::dw_1, &LayerNumbers::w_1},
        Varied{LayerArray::dw_2, &LayerNumbers::w_2}, Varied{LayerArray::dx, &LayerNumbers::x}}) {
    const LayerPlace& place = places.of(gradient);
    const Grid stored(
        StoredMatrix{place.type, (*kernel)->slot(0) + place.first_byte, place.rows, place.columns});
    // Along the gradient itself, so that no other direction is as steep.
    double steepness = 0;
    for (const double value : stored.values) {
      steepness += value * value;
    }
    const double length = 1e-6 / std::sqrt(steepness);
    LayerNumbers up = numbers;
    LayerNumbers down = numbers;
    for (std::size_t i = 0; i < stored.values.size(); ++i) {
      (up.*of).values[i] += length * stored.values[i];
      (down.*of).values[i] -= length * stored.values[i];
    }
    const double slope = (loss(problem, up) - loss(problem, down)) / (2 * length);
    EXPECT_NEAR(slope / steepness, 1.0, 1e-3) << name_of(gradient);
  }
}

TEST(Transformer, HasOtherTokensButTheSameWeightsOnEachRank) {
  const TransformerProblem problem = small(NumberType::bf16);
  const auto first = LayerOperands::generate(problem, 0, seed_of(3));
  const auto second = LayerOperands::generate(problem, 1, seed_of(3));
  ASSERT_TRUE(first && second);
  const LayerNumbers here(problem, first->tuple(5));
  const LayerNumbers there(problem, second->tuple(5));
  EXPECT_EQ(here.w_qkv.values, there.w_qkv.values);
  EXPECT_EQ(here.w_o.values, there.w_o.values);
  EXPECT_EQ(here.w_1.values, there.w_1.values);
  EXPECT_EQ(here.w_2.values, there.w_2.values);
  EXPECT_NE(here.x.values, there.x.values);
  EXPECT_NE(here.dy.values, there.dy.values);
}

TEST(Transformer, CountsSixFlopsForEachWeightAndTokenAndFourteenForEachPairAndColumn) {
  TransformerProblem problem = small(NumberType::bf16);
  EXPECT_EQ(to_decimal(weights_of(problem)), std::to_string(48 * (8 * 64 + 4 * 64 + 2 * 72)));
  const std::uint64_t linear = 6 * 48 * (8 * 64 + 4 * 64 + 2 * 72) * std::uint64_t{42};
  const std::uint64_t attention = 14 * 2 * 4 * (21 * 22 / 2) * std::uint64_t{64};
  EXPECT_EQ(to_decimal(model_flops(problem)), std::to_string(linear + attention));
  problem.ranks = 3;
  EXPECT_EQ(to_decimal(model_flops(problem)), std::to_string(3 * (linear + attention)));
}

TEST(Transformer, SaysItsUtilisationOfThePeakThatIsNamedOrMeasured) {
  TransformerProblem problem = small(NumberType::f32);
  problem.peak_flops = 1'000'000'000'000'000;
  auto kernel = TransformerKernel::prepare(problem, 0, seed_of(3));
  ASSERT_TRUE(kernel);
  ASSERT_TRUE((*kernel)->run(std::vector<Step>{{.tuple = 1, .slot = 0}}));
  const double rate = static_cast<double>((*kernel)->work_per_step()) * 1e9 /
                      static_cast<double>((*kernel)->timed_ns().value());
  const auto notes = (*kernel)->notes();
  ASSERT_TRUE(notes);
  ASSERT_EQ(notes->size(), 2U);
  EXPECT_EQ(notes->front().value, 1'000'000'000'000'000);
  EXPECT_EQ(notes->back().name, "step_mfu_ppm");
  EXPECT_NEAR(static_cast<double>(*notes->back().value), rate / 1e9, 1.0);
  (*kernel)->begin_window();
  EXPECT_TRUE((*kernel)->notes()->empty()) << "of the window's steps there are none";

  const auto measured = utilisation_of(500, 1'000'000'000, 1000);
  EXPECT_EQ(measured.back().value, 500'000);
}

TEST(Transformer, RefusesWhatItCantComputeByName) {
  TransformerProblem problem = small(NumberType::bf16);
  problem.kv_heads = 3;
  EXPECT_EQ(TransformerKernel::supports(problem).error().code, Error::Code::bad_input);
  problem = small(NumberType::bf16);
  problem.hidden = std::uint64_t{1} << 21U;
  EXPECT_EQ(
      TransformerKernel::supports(problem).error().message,
      "a layer with sums of 2097152 terms: by what f32 may round more than 32768, terms could "
      "be left out unseen");
  problem.hidden = k_most_summed;
  EXPECT_TRUE(TransformerKernel::supports(problem)) << "what is allowed is";
  problem = small(NumberType::s8);
  EXPECT_EQ(TransformerKernel::supports(problem).error().message,
            "compute.transformer_step has no layer in s8");
  problem = small(NumberType::f32);
  problem.batch = k_most_summed / problem.seq;
  problem.hidden = problem.ffn = k_most_summed;
  problem.heads = 128;
  const auto large = TransformerKernel::supports(problem);
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().message.find("MiB a rank"), std::string::npos) << large.error().message;
}

}  // namespace
}  // namespace assay
