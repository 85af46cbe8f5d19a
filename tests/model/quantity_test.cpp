#include "harness/model/quantity.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

void expect_base(std::string_view text, Dimension dimension, Natural numerator,
                 Natural denominator) {
  const auto quantity = parse_quantity(text);
  ASSERT_TRUE(quantity) << quantity.error().message;
  EXPECT_EQ(quantity->text, text);
  EXPECT_EQ(quantity->dimension, dimension) << text;
  EXPECT_EQ(to_decimal(quantity->base.numerator), to_decimal(numerator)) << text;
  EXPECT_EQ(to_decimal(quantity->base.denominator), to_decimal(denominator)) << text;
}

std::string refusal_of(std::string_view text) {
  const auto quantity = parse_quantity(text);
  return quantity ? "accepted" : quantity.error().message;
}

TEST(ParseQuantity, ReadsEveryDimensionExactly) {
  expect_base("1620 TFLOP/s", Dimension::flop_rate, Natural{1620} * 1'000'000'000'000U, 1);
  expect_base("13.2 EFLOP/s", Dimension::flop_rate, Natural{132} * 100'000'000'000'000'000U, 1);
  expect_base("3 OP/s", Dimension::op_rate, 3, 1);
  expect_base("1 kFLOP/s", Dimension::flop_rate, 1000, 1);
  expect_base("0.5 GB/s", Dimension::byte_rate, 500'000'000, 1);
  expect_base("1 GiB/s", Dimension::byte_rate, 1U << 30U, 1);
  expect_base("12 us", Dimension::time, 3, 250'000);
  expect_base("1.5 min", Dimension::time, 90, 1);
  expect_base("2 h", Dimension::time, 7200, 1);
  expect_base("180 GB", Dimension::bytes, 180'000'000'000U, 1);
  expect_base("1 TiB", Dimension::bytes, Natural{1} << 40U, 1);
  expect_base("14.3 kW", Dimension::power, 14'300, 1);
  expect_base("0.01 %", Dimension::percent, 1, 10'000);
  expect_base("0 %", Dimension::percent, 0, 1);
}

TEST(ParseQuantity, KnowsDecimalAndBinaryPrefixesApart) {
  const auto decimal = parse_quantity("1 GB/s");
  const auto binary = parse_quantity("1 GiB/s");
  ASSERT_TRUE(decimal && binary);
  EXPECT_FALSE(decimal->base.numerator == binary->base.numerator);
}

TEST(ParseQuantity, KeepsTheLargestAndSmallestAllowedNumber) {
  expect_base("999999999999999 EFLOP/s", Dimension::flop_rate,
              Natural{999'999'999'999'999U} * 1'000'000'000'000'000'000U, 1);
  expect_base("0.000000001 ns", Dimension::time, 1, Natural{1'000'000'000U} * 1'000'000'000U);
}

TEST(ParseQuantity, SaysWhyANumberWithoutUnitIsNoPromise) {
  EXPECT_EQ(refusal_of("1620"),
            "'1620' has no unit, so nobody can say what was promised: write a number, one space "
            "and one of " +
                known_units());
}

TEST(ParseQuantity, RefusesWhatIsNoPlainDecimal) {
  for (const char* text : {"", " GB/s", "-1 GB/s", "+1 GB/s", "1e3 GB/s", "1,620 TFLOP/s",
                           "1'620 TFLOP/s", "1_620 TFLOP/s", "1.2.3 GB/s", ".5 GB/s", "5. GB/s",
                           "nan GB/s", "inf GB/s", "0x10 GB/s", "1\xC2\xA0GB/s", "1GB/s"}) {
    EXPECT_NE(refusal_of(text).find("is no plain decimal"), std::string::npos) << text;
  }
}

TEST(ParseQuantity, RefusesLeadingZerosAndTooManyDigits) {
  EXPECT_EQ(refusal_of("01 GB/s"), "'01 GB/s' has a leading zero");
  EXPECT_EQ(refusal_of("1.0000000001 s"), "'1.0000000001 s' has more than 9 decimals");
  EXPECT_EQ(refusal_of("1234567890123456 B"),
            "'1234567890123456 B' has more than 15 significant digits");
}

TEST(ParseQuantity, RefusesUnknownUnitsByName) {
  for (const char* text : {"1 GBps", "1 Tflop/s", "1  GB/s", "1 GB/s ", "1 ", "1 TFLOPS", "1 µs"}) {
    EXPECT_NE(refusal_of(text).find("has the unknown unit"), std::string::npos) << text;
  }
  EXPECT_EQ(refusal_of("1 GBps"),
            "'1 GBps' has the unknown unit 'GBps': known are " + known_units());
}

TEST(KnownUnits, AreAllReadable) {
  std::string rest = known_units();
  int count = 0;
  while (!rest.empty()) {
    const auto comma = rest.find(", ");
    const std::string unit = rest.substr(0, comma);
    EXPECT_TRUE(parse_quantity("1 " + unit)) << unit;
    rest = comma == std::string::npos ? "" : rest.substr(comma + 2);
    ++count;
  }
  EXPECT_EQ(count, 44);
}

TEST(ForPeople, ChoosesAFittingPrefixAndFourDigits) {
  const auto shown = [](const char* text) {
    const auto quantity = parse_quantity(text);
    return for_people(quantity->base, quantity->dimension);
  };
  EXPECT_EQ(shown("1620 TFLOP/s"), "1.620 PFLOP/s");
  EXPECT_EQ(shown("0.5 GB/s"), "500.0 MB/s");
  EXPECT_EQ(shown("1 GiB/s"), "1.073 GB/s");
  EXPECT_EQ(shown("12.34567 us"), "12.34 us");
  EXPECT_EQ(shown("90 s"), "1.500 min");
  EXPECT_EQ(shown("0.5 %"), "0.5000 %");
  EXPECT_EQ(shown("0.5 ns"), "0.5000 ns");
}

TEST(ForPeople, ShowsWorkOfAWholeMachineOverItsTime) {
  const Ratio exaflops{Natural{5} << 120U, Natural{1} << 60U};
  EXPECT_EQ(for_people(exaflops, Dimension::flop_rate), "5.764 EFLOP/s");
  EXPECT_EQ(for_people({7, 2}, Dimension::count), "3.500");
}

TEST(Dimensions, HaveNamesThatReadBack) {
  for (const char* name :
       {"flop_rate", "op_rate", "byte_rate", "time", "bytes", "power", "percent", "count"}) {
    const auto dimension = dimension_from(name);
    ASSERT_TRUE(dimension) << name;
    EXPECT_EQ(name_of(*dimension), name);
  }
  EXPECT_FALSE(dimension_from("speed"));
}

TEST(Dimensions, KnowWhatIsBetterWhenLarger) {
  EXPECT_TRUE(is_rate(Dimension::flop_rate) && is_rate(Dimension::op_rate) &&
              is_rate(Dimension::byte_rate));
  EXPECT_FALSE(is_rate(Dimension::time) || is_rate(Dimension::power) ||
               is_rate(Dimension::percent) || is_rate(Dimension::bytes) ||
               is_rate(Dimension::count));
}

}  // namespace
}  // namespace assay
