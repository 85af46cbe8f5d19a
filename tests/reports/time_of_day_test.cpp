#include "reports/time_of_day.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(TimeOfDay, IsReadToTheNanosecond) {
  EXPECT_EQ(*time_from("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(*time_from("2026-03-01T08:00:00Z"), 1'772'352'000 * k_ns_per_second);
  EXPECT_EQ(*time_from("2000-02-29T23:59:59.25Z"), 951'868'799'250'000'000);
  EXPECT_EQ(*time_from("2000-02-29T23:59:59.123456789Z"), 951'868'799'123'456'789);
}

TEST(TimeOfDay, ComesBack) {
  for (std::int64_t seconds = 0; seconds < 7'258'118'400; seconds += std::int64_t{86'399} * 31) {
    const std::string text = time_of_day(seconds);
    ASSERT_EQ(*time_from(text), seconds * k_ns_per_second) << text;
  }
  EXPECT_EQ(time_of_day(-1), "1969-12-31T23:59:59Z");
}

TEST(TimeOfDay, NamesItsRange) {
  for (const char* text :
       {"1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(time_from(text).error().message,
              "'" + std::string(text) + "' is not between the years 1970 and 2199");
  }
  EXPECT_TRUE(time_from("2199-12-31T23:59:59Z"));
}

TEST(TimeOfDay, HasOneForm) {
  for (const char* text :
       {"", "2026-03-01", "2026-03-01T08:00:00", "2026-03-01T08:00:00+00:00",
        "2026-03-01 08:00:00Z", "2026-3-1T08:00:00Z", "2026-13-01T08:00:00Z",
        "2026-00-01T08:00:00Z", "2026-02-29T08:00:00Z", "2026-04-31T08:00:00Z",
        "2026-03-01T24:00:00Z", "2026-03-01T08:60:00Z", "2026-03-01T08:00:60Z",
        "2026-03-01T08:00:00.Z", "2026-03-01T08:00:00.1234567890Z", "1969-12-31T23:59:59Z",
        "9999-01-01T00:00:00Z", "2026-03-01T08:00:00z", " 2026-03-01T08:00:00Z"}) {
    EXPECT_FALSE(time_from(text)) << text;
  }
}

}  // namespace
}  // namespace assay
