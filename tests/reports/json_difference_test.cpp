#include "reports/json_difference.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

std::string told(const std::string& is, const std::string& should_be) {
  const JsonDifference found = first_difference(*read_json(is), *read_json(should_be));
  return found.place + ": " + found.is + " / " + found.should_be;
}

TEST(JsonDifference, NamesThePlace) {
  EXPECT_EQ(told(R"({"a":[1,{"b":2}]})", R"({"a":[1,{"b":3}]})"), "a[1].b: 2 / 3");
  EXPECT_EQ(told(R"({"a":[1]})", R"({"a":[1,2]})"), "a[1]: nothing / 2");
  EXPECT_EQ(told(R"({"a":[1,2]})", R"({"a":[1]})"), "a[1]: 2 / nothing");
  EXPECT_EQ(told(R"({"a":1,"z":0})", R"({"a":1})"), "z: 0 / nothing");
  EXPECT_EQ(told(R"({})", R"({"a":null})"), "a: nothing / null");
  EXPECT_EQ(told(R"({"a":[]})", R"({"a":{}})"), "a: [] / {}");
  EXPECT_EQ(told("1", "2"), ": 1 / 2");
}

TEST(JsonDifference, IsShort) {
  const std::string text = "\"" + std::string(100, 'x') + "\"";
  EXPECT_EQ(told(text, "1"), ": " + text.substr(0, 60) + "... / 1");
}

}  // namespace
}  // namespace assay
