// Whether a journal can be gone on with by this machine's clock.
#include "harness/run/journal_clock.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr std::int64_t k_s = 1'000'000'000;
constexpr std::int64_t k_noon_ns = 1'772'366'400 * k_s;  // 2026-03-01T12:00:00Z

JournalClock clock_at_noon() {
  JournalClock clock;
  clock.take({Json::Object{{"kind", "open"}},
              Json::Object{{"kind", "begin"}, {"at", "2026-03-01T12:00:00Z"}},
              Json::Object{{"kind", "interrupt"}, {"at", "2026-03-01T11:00:00Z"}}},
             {});
  return clock;
}

WallWindow window_from(std::int64_t start_ns) {
  return {.item = 0, .begun_ns = k_noon_ns, .start_ns = start_ns, .elapsed_ns = 10 * k_s};
}

TEST(JournalClock, GoesOnAtOrAfterTheLatestLine) {
  EXPECT_TRUE(clock_at_noon().check(k_noon_ns));
  EXPECT_TRUE(clock_at_noon().check(k_noon_ns + 1));
  EXPECT_TRUE(JournalClock().check(0));
}

TEST(JournalClock, RefusesAClockThatWasSetBack) {
  const auto refused = clock_at_noon().check(k_noon_ns - 3'600 * k_s);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("3600 s before"), std::string::npos)
      << refused.error().message;
}

TEST(JournalClock, WritesNoTimeBeforeTheLastOne) {
  JournalClock clock = clock_at_noon();
  EXPECT_EQ(clock.next_s(k_noon_ns - 3'600 * k_s), k_noon_ns / k_s);
  EXPECT_EQ(clock.next_s(k_noon_ns + 5 * k_s), k_noon_ns / k_s + 5);
  EXPECT_EQ(clock.next_s(k_noon_ns), k_noon_ns / k_s + 5);
}

TEST(JournalClock, TakesAWindowThatAReaderTakes) {
  JournalClock clock = clock_at_noon();
  EXPECT_EQ(clock.fault_of(window_from(k_noon_ns + 1), k_noon_ns + 11 * k_s), "");
  clock.busy(window_from(k_noon_ns + 1));
  EXPECT_EQ(clock.fault_of(window_from(k_noon_ns + 10 * k_s + 1), k_noon_ns + 21 * k_s), "");
}

TEST(JournalClock, FindsAWindowThatNoReaderTakes) {
  JournalClock clock = clock_at_noon();
  EXPECT_NE(clock.fault_of(window_from(k_noon_ns), k_noon_ns - 60 * k_s), "") << "set back";
  EXPECT_NE(clock.fault_of(window_from(k_noon_ns - 3 * k_s), k_noon_ns + 11 * k_s), "")
      << "set back before the window, set right after";
  EXPECT_NE(clock.fault_of(window_from(k_noon_ns), k_noon_ns + 7 * k_s), "")
      << "set back in the window";
  clock.busy(window_from(k_noon_ns));
  EXPECT_NE(clock.fault_of(window_from(k_noon_ns + 10 * k_s - 1), k_noon_ns + 21 * k_s), "")
      << "before the end of the item's last window";
  EXPECT_EQ(clock.start_for(window_from(k_noon_ns)), k_noon_ns + 10 * k_s);
}

}  // namespace
}  // namespace assay
