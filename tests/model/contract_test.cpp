#include "harness/model/contract.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(IsIdentifier, TakesPlainAsciiNames) {
  EXPECT_TRUE(is_identifier("C-1"));
  EXPECT_TRUE(is_identifier("b200"));
  EXPECT_TRUE(is_identifier("a.b_c-D"));
  EXPECT_TRUE(is_identifier(std::string(64, 'x')));
}

TEST(IsIdentifier, RefusesEverythingElse) {
  for (const std::string& text :
       {std::string(), std::string("-a"), std::string("_a"), std::string(".."), std::string("a b"),
        std::string("a/b"), std::string("\xC3\xA4"), std::string("a\0b", 3),
        std::string(65, 'x')}) {
    EXPECT_FALSE(is_identifier(text)) << text;
  }
}

TEST(Names, AreThoseOfTheContractFormat) {
  EXPECT_EQ(name_of(Purpose::prevalidation), "prevalidation");
  EXPECT_EQ(name_of(Scope::each_gpu), "each_gpu");
  EXPECT_EQ(name_of(Comparator::at_most), "at_most");
  EXPECT_EQ(name_of(Rule::sign_1_5_9), "1-5-9");
  EXPECT_EQ(name_of(Rule::sign_1_4_8), "1-4-8");
  EXPECT_EQ(name_of(Aggregate::slowest_times_count), "slowest_times_count");
  EXPECT_EQ(name_of(Concurrency::one_at_a_time), "one_at_a_time");
  EXPECT_EQ(name_of(Weight::advisory), "advisory");
}

}  // namespace
}  // namespace assay
