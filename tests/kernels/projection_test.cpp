#include "kernels/host/projection.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/keyed.h"

namespace assay {
namespace {

Factors factors(std::uint32_t rounds, std::uint64_t columns, std::uint64_t amplitude) {
  const Keyed draw(Seed{4}, rounds);
  Factors made{.rounds = rounds};
  for (std::uint64_t i = 0; i < rounds * columns; ++i) {
    made.x.push_back(draw.nonzero(i, amplitude));
  }
  return made;
}

template <class Stored>
IntegerMatrix matrix_of(const std::vector<Stored>& values, NumberType type, std::uint64_t columns,
                        double most) {
  return {.type = type,
          .output = true,
          .data = static_cast<const std::byte*>(static_cast<const void*>(values.data())),
          .rows = values.size() / columns,
          .columns = columns,
          .most = most};
}

/// Row i times round r, element by element, modulo 2^64.
template <class Stored>
std::uint64_t by_hand(const std::vector<Stored>& values, const Factors& x, std::uint64_t columns,
                      std::uint64_t i, std::uint64_t r) {
  std::uint64_t sum = 0;
  for (std::uint64_t j = 0; j < columns; ++j) {
    sum += static_cast<std::uint64_t>(static_cast<std::int64_t>(values[i * columns + j])) *
           static_cast<std::uint64_t>(x.x[r * columns + j]);
  }
  return sum;
}

template <class Stored>
void expect_exact(NumberType type, std::uint32_t rounds, std::uint64_t most,
                  std::uint64_t factor_amplitude) {
  constexpr std::uint64_t k_rows = 11;
  const Keyed draw(Seed{3}, 1);
  for (const std::uint64_t columns : {1U, 7U, 8U, 9U, 64U, 1000U}) {
    std::vector<Stored> values;
    for (std::uint64_t i = 0; i < k_rows * columns; ++i) {
      values.push_back(static_cast<Stored>(draw.nonzero(i, most)));
    }
    const Factors x = factors(rounds, columns, factor_amplitude);
    const auto found = project(matrix_of(values, type, columns, static_cast<double>(most)), x);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bad, std::vector<std::uint8_t>(k_rows));
    for (std::uint64_t at = 0; at < k_rows * rounds; ++at) {
      EXPECT_EQ(static_cast<std::uint64_t>(found->sums[at]),
                by_hand(values, x, columns, at % k_rows, at / k_rows))
          << "row " << at % k_rows << " of " << columns;
    }
  }
}

TEST(Projection, IsExactForEveryOutputType) {
  expect_exact<float>(NumberType::f32, k_rounds, 1U << 24U, 1U << 14U);
  expect_exact<double>(NumberType::f64, k_rounds_f64, 1ULL << 53U, 1ULL << 14U);
  expect_exact<std::int32_t>(NumberType::s32, k_rounds, 2'000'000'000, 1U << 14U);
}

TEST(Projection, IsExactWhereSumsOutgrowDoubles) {
  expect_exact<float>(NumberType::f32, k_rounds, 1U << 24U, 1ULL << 28U);
}

TEST(Projection, RefusesWhatDoublesCannotHold) {
  const std::vector<float> values(8, 1.0F);
  const auto refused = project(matrix_of(values, NumberType::f32, 8, 1U << 24U),
                               factors(k_rounds, 8, std::uint64_t{1} << 40U));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Error::Code::unsupported);
}

template <class Stored>
void expect_bad(NumberType type, Stored wrong) {
  constexpr std::uint64_t k_columns = 19;
  for (std::uint64_t at = 0; at < k_columns; ++at) {
    std::vector<Stored> values(3 * k_columns, Stored{5});
    values[k_columns + at] = wrong;
    const std::uint32_t rounds = type == NumberType::f64 ? k_rounds_f64 : k_rounds;
    const auto found = project(matrix_of(values, type, k_columns, 1000), factors(rounds, 19, 9));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->bad, (std::vector<std::uint8_t>{0, 1, 0})) << wrong << " at " << at;
  }
}

TEST(Projection, CallsWhatIsNoSuchIntegerBad) {
  using Single = std::numeric_limits<float>;
  using Twice = std::numeric_limits<double>;
  for (const float wrong : {Single::quiet_NaN(), Single::infinity(), -Single::infinity(), -0.0F,
                            0.5F, 1001.0F, -1e30F, Single::denorm_min()}) {
    expect_bad(NumberType::f32, wrong);
  }
  for (const double wrong : {Twice::quiet_NaN(), Twice::infinity(), -Twice::infinity(), -0.0, 0.5,
                             1001.0, -1e300, Twice::denorm_min()}) {
    expect_bad(NumberType::f64, wrong);
  }
  expect_bad(NumberType::s32, std::int32_t{1001});
  expect_bad(NumberType::s32, std::numeric_limits<std::int32_t>::min());
}

}  // namespace
}  // namespace assay
