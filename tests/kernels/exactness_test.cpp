#include "kernels/exactness.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <gtest/gtest.h>

#include "kernels/keyed.h"

namespace assay {
namespace {

using Big = boost::multiprecision::cpp_int;

/// 8 s_a s_b sqrt(k) < 2^bits with s^2 = (A+1)(2A+1)/6, squared and cleared of fractions.
bool exact(std::uint64_t a, std::uint64_t b, std::uint64_t k, unsigned bits) {
  const Big variances = Big(a + 1) * (2 * Big(a) + 1) * Big(b + 1) * (2 * Big(b) + 1);
  return 64 * variances * k < (Big(36) << (2 * bits));
}

GemmProblem product(NumberType input, NumberType accumulate, NumberType output, std::uint64_t k) {
  return {.input = input, .accumulate = accumulate, .output = output, .m = 8, .n = 8, .k = k};
}

TEST(Exactness, TheLargestAmplitudeIsExactAndTheNextIsNot) {
  for (const unsigned bits : {24U, 53U}) {
    const std::uint64_t wide = bits == 24 ? 4095 : (1U << 26U) - 1;
    for (std::uint64_t k = 1; k < (1U << 19U); k = k * 3 + 1) {
      const std::uint64_t other = largest_amplitude(wide, wide, k, bits);
      ASSERT_GT(other, 0U) << k;
      EXPECT_TRUE(exact(wide, other, k, bits)) << k;
      EXPECT_TRUE(other == wide || !exact(wide, other + 1, k, bits)) << k;
    }
  }
}

TEST(Exactness, Bf16TakesTheLargestAmplitudeThatItHolds) {
  using enum NumberType;
  EXPECT_EQ(exact_operands(product(bf16, f32, f32, 4096))->a[0], 255U);
  for (const std::uint64_t k : {9000U, 16384U, 65536U, 120'000U}) {
    const auto operands = exact_operands(product(bf16, f32, bf16, k));
    ASSERT_TRUE(operands);
    const std::uint64_t amplitude = operands->a[0];
    EXPECT_TRUE(exact(amplitude, amplitude, k, 24));
    EXPECT_TRUE(amplitude == 255 || !exact(amplitude + 1, amplitude + 1, k, 24)) << k;
    EXPECT_GT(amplitude, 127U);
    EXPECT_EQ(operands->largest_grade, 0);
  }
}

TEST(Exactness, RefusesWhatACheaperTypeWouldHoldOrNoTypeWould) {
  using enum NumberType;
  const auto long_bf16 = exact_operands(product(bf16, f32, f32, 150'000));
  ASSERT_FALSE(long_bf16);
  EXPECT_EQ(long_bf16.error().code, Error::Code::unsupported);
  EXPECT_EQ(long_bf16.error().message,
            "no exact operands for a bf16 product with sums in f32 and output in f32 at k = "
            "150000");
  EXPECT_TRUE(exact_operands(product(s8, s32, s32, 133'000)));
  EXPECT_FALSE(exact_operands(product(s8, s32, s32, 133'001)));
  EXPECT_FALSE(exact_operands(product(f32, f32, f32, 1U << 20U)));
  const auto mixed = exact_operands(product(s32, f32, f64, 64));
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().message,
            "no exact s32 product with sums in f32 and output in f64 is known");
  EXPECT_EQ(exact_operands(product(f32, f32, f32, 0)).error().code, Error::Code::bad_input);
}

TEST(Exactness, OneOperandIsWiderThanTheNextCheaperTypeHolds) {
  using enum NumberType;
  const auto single = exact_operands(product(f32, f32, f32, 4096));
  const auto twice = exact_operands(product(f64, f64, f64, 4096));
  ASSERT_TRUE(single && twice);
  for (std::size_t group = 0; group < 2; ++group) {
    EXPECT_GE(std::max(single->a[group], single->b[group]), 1U << 11U);  // TF32 holds 11 bits.
    EXPECT_GE(std::max(twice->a[group], twice->b[group]), 1U << 24U);    // f32 holds 24.
  }
  EXPECT_EQ(single->a[0], single->b[1]);
  EXPECT_EQ(single->b[0], single->a[1]);
  EXPECT_GT(single->largest_grade, 0);
}

TEST(Exactness, NarrowTypesHoldWhatTheNextCheaperOneDoesNot) {
  using enum NumberType;
  const Accumulators hopper{.fp8_bits = 14};
  const auto mixed = exact_operands(product(fp8_e5m2_e4m3, f32, bf16, 16384));
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->a[0], 7U);
  EXPECT_EQ(mixed->b[0], 15U);
  for (const std::uint64_t k : {512U, 4096U, 16384U, 32'768U}) {
    const auto on_hopper = exact_operands(product(fp8_e5m2_e4m3, f32, f32, k), hopper);
    ASSERT_TRUE(on_hopper) << k;
    EXPECT_TRUE(exact(on_hopper->a[0], on_hopper->b[0], k, 14)) << k;
    EXPECT_GE(on_hopper->a[0], 5U);  // fp4 has no 5.
    EXPECT_GE(on_hopper->b[0], 5U);
  }
  EXPECT_FALSE(exact_operands(product(fp8_e5m2_e4m3, f32, f32, 100'000), hopper));
  EXPECT_FALSE(exact_operands(product(fp8_e5m2, f32, f32, 64)));
}

/// Sums of operands that are all scaled by the largest: 8 s_a s_b scale^2 sqrt(k) < 2^24.
bool exact_scaled(const Big& six_variances, std::uint64_t scale, std::uint64_t k) {
  const Big scales = Big(scale) * scale * scale * scale;
  return 64 * six_variances * six_variances * scales * k < (Big(36) << 48U);
}

TEST(Exactness, BlockScalesAreAsLargeAsSumsIn24BitsAllow) {
  using enum NumberType;
  const Big of_mxfp8 = 16 * 31;
  const Big of_nvfp4 = 235;  // 6 times the mean of 1, 4, 9, 16, 36, 64 and 144, rounded up.
  for (const std::uint64_t k : {32U, 8192U, 65'536U, 160'000U, 1U << 20U}) {
    const auto mxfp8 = exact_operands(product(mxfp8_e4m3, f32, bf16, k));
    const auto four_bits = exact_operands(product(nvfp4, f32, bf16, k));
    ASSERT_TRUE(mxfp8 && four_bits) << k;
    EXPECT_EQ(mxfp8->a[0], 15U);
    EXPECT_TRUE(exact_scaled(of_mxfp8, mxfp8->largest_scale, k)) << k;
    EXPECT_TRUE(mxfp8->largest_scale == 8 || !exact_scaled(of_mxfp8, 2 * mxfp8->largest_scale, k))
        << k;
    EXPECT_GE(mxfp8->largest_scale, 2U);
    EXPECT_TRUE(exact_scaled(of_nvfp4, four_bits->largest_scale, k)) << k;
    EXPECT_TRUE(four_bits->largest_scale == 15 ||
                !exact_scaled(of_nvfp4, four_bits->largest_scale + 1, k))
        << k;
    EXPECT_GE(four_bits->largest_scale, 3U);  // No power of two holds it.
  }
  EXPECT_EQ(exact_operands(product(nvfp4, f32, f32, 64))->largest_scale, 15U);
  EXPECT_FALSE(exact_operands(product(nvfp4, f32, f32, std::uint64_t{1} << 40U)));
}

TEST(Keyed, GivesTheSameNumbersOnEveryMachine) {
  // Frozen: another number here is another operand on another machine.
  const Keyed draw(Seed{1, 2, 3}, 5);
  EXPECT_EQ(draw(0), 0x67ba9b8a64352bf2ULL);
  EXPECT_EQ(draw(1'000'000'007), 0x3ee998c41d948395ULL);
}

TEST(Keyed, CoversItsRangeEvenlyAndWithoutZero) {
  const Keyed draw(Seed{9}, 0);
  std::array<int, 7> counts{};
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    const std::int64_t value = draw.nonzero(i, 3);
    ASSERT_LE(std::abs(value), 3);
    ++counts.at(static_cast<std::size_t>(value + 3));
  }
  EXPECT_EQ(counts[3], 0);
  for (const std::size_t i : {0U, 1U, 2U, 4U, 5U, 6U}) {
    EXPECT_NEAR(counts.at(i), 10'000, 500);  // Five standard deviations.
  }
}

TEST(Keyed, StreamsAndSeedsDiffer) {
  Seed last{};
  last[31] = 1;
  EXPECT_NE(Keyed(Seed{}, 0)(0), Keyed(Seed{}, 1)(0));
  EXPECT_NE(Keyed(Seed{}, 0)(0), Keyed(last, 0)(0));
  EXPECT_NE(Keyed(Seed{1}, 0)(0), Keyed(last, 0)(0));
}

}  // namespace
}  // namespace assay
