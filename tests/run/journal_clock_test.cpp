// Whether a journal can be gone on with by this machine's clock.
#include "harness/run/journal_clock.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr std::int64_t k_noon_ns = 1'772'366'400'000'000'000;  // 2026-03-01T12:00:00Z

std::vector<Json> lines() {
  return {Json::Object{{"kind", "open"}},
          Json::Object{{"kind", "begin"}, {"at", "2026-03-01T12:00:00Z"}},
          Json::Object{{"kind", "interrupt"}, {"at", "2026-03-01T11:00:00Z"}}};
}

TEST(JournalClock, GoesOnAtOrAfterTheLatestLine) {
  EXPECT_TRUE(check_clock(lines(), k_noon_ns));
  EXPECT_TRUE(check_clock(lines(), k_noon_ns + 1));
  EXPECT_TRUE(check_clock({}, 0));
}

TEST(JournalClock, RefusesAClockThatWasSetBack) {
  const auto refused = check_clock(lines(), k_noon_ns - 3'600'000'000'000);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("3600 s before"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace assay
