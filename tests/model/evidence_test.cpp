#include "harness/model/evidence.h"

#include <set>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(EndingNames, AreDistinctAndRead) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Ending::no_end); ++i) {
    const auto ending = static_cast<Ending>(i);
    const auto read = ending_from(name_of(ending));
    ASSERT_TRUE(read.has_value()) << name_of(ending);
    EXPECT_EQ(*read, ending);
    names.insert(name_of(ending));
  }
  EXPECT_EQ(names.size(), 15U);
}

TEST(EndingNames, AnUnknownNameIsRefusedAndNamed) {
  for (const char* name : {"", "Measured", "measured ", "skipped", "unknown"}) {
    const auto read = ending_from(name);
    ASSERT_FALSE(read.has_value()) << name;
    EXPECT_EQ(read.error().code, Error::Code::bad_input);
    EXPECT_NE(read.error().message.find("'" + std::string(name) + "'"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay
