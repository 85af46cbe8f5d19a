#include "kernels/footprint.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Footprint, OfAProductIsAPairOfOperandsAndASlot) {
  const GemmProblem problem{.input = NumberType::bf16,
                            .accumulate = NumberType::f32,
                            .output = NumberType::f32,
                            .m = 2,
                            .n = 3,
                            .k = 5};
  EXPECT_EQ(least_bytes(problem), Natural{2 * (2 * 5 + 5 * 3) + 4 * 2 * 3});
}

TEST(Footprint, OfTheLargestProductDoesNotOverflow) {
  constexpr std::uint64_t k_order = 1U << 20U;
  const GemmProblem problem{.input = NumberType::f64,
                            .accumulate = NumberType::f64,
                            .output = NumberType::f64,
                            .m = k_order,
                            .n = k_order,
                            .k = k_order};
  EXPECT_EQ(least_bytes(problem), Natural{3} * 8 * k_order * k_order);
}

TEST(Footprint, OfNarrowTypesCountsHalfBytes) {
  const GemmProblem problem{.input = NumberType::nvfp4,
                            .accumulate = NumberType::f32,
                            .output = NumberType::bf16,
                            .m = 16,
                            .n = 16,
                            .k = 16};
  EXPECT_EQ(least_bytes(problem), Natural{16 * 16 + 2 * 16 * 16});
}

TEST(Footprint, OfAPassIsItsArrays) {
  EXPECT_EQ(least_bytes(MemoryProblem{.op = MemoryProblem::Op::read, .array_bytes = 64}),
            Natural{64});
  EXPECT_EQ(least_bytes(MemoryProblem{.op = MemoryProblem::Op::copy, .array_bytes = 64}),
            Natural{128});
  EXPECT_EQ(least_bytes(MemoryProblem{.op = MemoryProblem::Op::triad, .array_bytes = 64}),
            Natural{192});
}

TEST(Footprint, OfACopyIsWhatTheDeviceSendsAndReceives) {
  EXPECT_EQ(least_bytes(LinkProblem{.bytes = 64}), Natural{64});
  EXPECT_EQ(least_bytes(LinkProblem{.direction = LinkProblem::Direction::both, .bytes = 64}),
            Natural{128});
}

TEST(Footprint, OfFilesIsWhatIsInFlight) {
  const StorageProblem files{
      .clients = 3, .file_bytes = 1 << 20U, .request_bytes = 4096, .depth = 5};
  EXPECT_EQ(least_bytes(files), Natural{3 * 5 * 4096});
  const StorageProblem of_gpu{.engine = StorageProblem::Engine::gpu,
                              .clients = 3,
                              .extent_bytes = 1 << 20U,
                              .request_bytes = 4096};
  EXPECT_EQ(least_bytes(of_gpu), Natural{3 << 20U}) << "a slot of the GPU's buffer";
}

TEST(Footprint, IsTheMachinesBusinessWhereItsCachesDecide) {
  EXPECT_EQ(least_bytes(MemoryProblem{.array_bytes = 0}), std::nullopt);
  EXPECT_EQ(least_bytes(LatencyProblem{.array_bytes = 0}), std::nullopt);
  EXPECT_EQ(least_bytes(LatencyProblem{.array_bytes = 64}), Natural{64});
}

TEST(Footprint, OfAttentionIsItsOperandsAndASlot) {
  AttentionProblem problem{.input = NumberType::bf16,
                           .output = NumberType::bf16,
                           .batch = 2,
                           .heads = 6,
                           .kv_heads = 3,
                           .seq = 10,
                           .head_dim = 192,
                           .value_dim = 128};
  EXPECT_EQ(least_bytes(problem), Natural{2 * 2 * 10 * (6 + 3) * (192 + 128)});
  problem.pass = AttentionProblem::Pass::prefill_backward;
  EXPECT_EQ(least_bytes(problem), Natural{2 * 2 * 2 * 10 * (6 + 3) * (192 + 128) + 4 * 2 * 10 * 6});
  problem.pass = AttentionProblem::Pass::decode;
  EXPECT_EQ(least_bytes(problem), Natural{2 * 2 * (6 + 3 * 10) * (192 + 128)});
}

TEST(Footprint, OfALayerIsItsTokensWeightsAndASlotOnEachRankWhereSumsStandTwice) {
  TransformerProblem layer{.input = NumberType::bf16,
                           .batch = 2,
                           .seq = 3,
                           .hidden = 5,
                           .ffn = 7,
                           .heads = 2,
                           .kv_heads = 1,
                           .head_dim = 64};
  const Natural weights = 5 * (4 * 64 + 2 * 64 + 2 * 7);
  const Natural one = *least_bytes(layer);
  // Tokens, dy and weights in bf16, gradients in f32; 8 arrays of tokens, Q and K and what is like
  // them, the MLP's two, and rows behind what attention reads.
  EXPECT_GT(one, 2 * (2 * 6 * 5 + weights) + 4 * weights + 2 * (8 * 6 * 5 + 2 * 6 * 7));
  layer.ranks = 3;
  EXPECT_TRUE(*least_bytes(layer) == 3 * (one + 4 * weights));
}

/// A contract may ask for it, and its plan says what that would take.
TEST(Footprint, OfTheLargestLayerDoesNotOverflow) {
  constexpr std::uint64_t k_most = 1U << 20U;
  const TransformerProblem layer{.input = NumberType::f32,
                                 .batch = k_most,
                                 .seq = k_most,
                                 .hidden = 1,
                                 .ffn = 1,
                                 .heads = k_most,
                                 .kv_heads = 1,
                                 .head_dim = 128};
  // By heads and by tokens: q, o, a, do and dq, and dq again beside dk and dv.
  const Natural large = Natural{4} * k_most * k_most * k_most * 128;
  EXPECT_TRUE(*least_bytes(layer) > 6 * large);
  EXPECT_TRUE(*least_bytes(layer) < 7 * large);
}

}  // namespace
}  // namespace assay
