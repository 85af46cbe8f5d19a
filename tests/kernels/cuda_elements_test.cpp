// How device code reads elements: the short way gives what kernels/number_bits.h gives.
#include <cmath>

#include <gtest/gtest.h>

#include "kernels/cuda/elements.h"

namespace assay::cuda {
namespace {

/// Over all codes of at most 16 bits, or of the upper 16 bits of the type.
template <NumberType Type>
std::uint64_t codes_that_differ() {
  const unsigned bits = bits_of(Type);
  const std::uint64_t count = std::uint64_t{1} << (bits < 16 ? bits : 16U);
  std::uint64_t differ = 0;
  std::uint64_t finite = 0;
  for (std::uint64_t code = 0; code < count; ++code) {
    const std::uint64_t element = bits == 32 ? code << 16U : code;
    const double value = value_of_bits(Type, element);
    if (std::isfinite(value)) {
      ++finite;
      const double ours = double{unit_value<Type>(element)} * unit_of(Type);
      differ += ours != value || std::signbit(ours) != std::signbit(value) ? 1U : 0U;
    }
  }
  EXPECT_GT(finite, count / 2) << name_of(Type);
  return differ;
}

TEST(CudaElements, AreReadTheShortWayAsTheyStand) {
  using enum NumberType;
  EXPECT_EQ(codes_that_differ<f32>(), 0U);
  EXPECT_EQ(codes_that_differ<tf32>(), 0U);
  EXPECT_EQ(codes_that_differ<bf16>(), 0U);
  EXPECT_EQ(codes_that_differ<f16>(), 0U);
  EXPECT_EQ(codes_that_differ<fp8_e4m3>(), 0U);
  EXPECT_EQ(codes_that_differ<fp8_e5m2>(), 0U);
  EXPECT_EQ(codes_that_differ<mxfp8_e4m3>(), 0U);
  EXPECT_EQ(codes_that_differ<nvfp4>(), 0U);
  EXPECT_EQ(codes_that_differ<s8>(), 0U);
}

}  // namespace
}  // namespace assay::cuda
