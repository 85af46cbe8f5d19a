// Quantiles of the times of calls.
#include "harness/run/call_times.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(CallTimes, GiveTheShortestTimeThatAShareOfTheCallsDoesNotExceed) {
  CallTimes times;
  for (std::int64_t time_ns = 200; time_ns >= 1; --time_ns) {
    times.add(time_ns);
  }
  EXPECT_EQ(times.count(), 200);
  EXPECT_EQ(times.longest_ns(), 200);
  EXPECT_EQ(times.quantile_ns(50), 100);
  EXPECT_EQ(times.quantile_ns(99), 198);
  EXPECT_EQ(times.quantile_ns(100), 200);
  EXPECT_EQ(times.error_ppm(), 0);
}

TEST(CallTimes, OfAFewCallsHaveTheLongestAsTheirHighestQuantile) {
  CallTimes times;
  times.add(7);
  EXPECT_EQ(times.quantile_ns(50), 7);
  times.add(3);
  EXPECT_EQ(times.quantile_ns(50), 3);
  EXPECT_EQ(times.quantile_ns(51), 7);
  EXPECT_EQ(times.quantile_ns(99), 7);
}

TEST(CallTimes, OfMoreThanAreKeptAreTooLongByLessThanTheStatedError) {
  CallTimes exact;
  CallTimes binned(100);
  std::int64_t time_ns = 1;
  for (int i = 0; i < 5000; ++i) {
    time_ns = (time_ns * 48'271) % 2'147'483'647;
    exact.add(time_ns);
    binned.add(time_ns);
  }
  EXPECT_EQ(binned.error_ppm(), CallTimes::k_bin_error_ppm);
  EXPECT_EQ(binned.count(), 5000);
  EXPECT_EQ(binned.longest_ns(), exact.longest_ns());
  for (const unsigned percent : {1U, 10U, 50U, 90U, 99U, 100U}) {
    const std::int64_t right = exact.quantile_ns(percent);
    const std::int64_t found = binned.quantile_ns(percent);
    EXPECT_GE(found, right) << percent;
    EXPECT_LE((found - right) * 1'000'000, right * CallTimes::k_bin_error_ppm) << percent;
  }
}

TEST(CallTimes, OfEveryLengthHaveABinThatHoldsThem) {
  for (unsigned bits = 0; bits < 63; ++bits) {
    const std::int64_t power = std::int64_t{1} << bits;
    for (const std::int64_t time_ns : {power - 1, power, power + power / 3}) {
      CallTimes times(0);
      times.add(time_ns);
      times.add(time_ns + time_ns / 2);  // else the longest is what bounds it
      EXPECT_GE(times.quantile_ns(50), time_ns);
      EXPECT_LE(times.quantile_ns(50) - time_ns, time_ns / 128 + 1);
    }
  }
}

}  // namespace
}  // namespace assay
