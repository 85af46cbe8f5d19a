// RFC 8785: its own examples, and the public number test.
#include <bit>
#include <string>

#include <gtest/gtest.h>

#include "reports/digest.h"
#include "reports/json.h"

namespace assay {
namespace {

std::string canonical(const std::string& text) {
  const auto value = read_json(text);
  return value ? canonical_json(*value) : value.error().message;
}

std::string written(std::uint64_t bits) {
  return canonical_json(std::bit_cast<double>(bits));
}

TEST(CanonicalJson, WritesTheSampleOfTheRfc) {  // RFC 8785, 3.2.2 to 3.2.4
  EXPECT_EQ(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

TEST(CanonicalJson, OrdersNamesByUtf16CodeUnits) {  // RFC 8785, 3.2.3
  EXPECT_EQ(canonical(R"({
    "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
            "\"\xC3\xB6\":\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
            "\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\","
            "\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, KeepsTheOrderOfArrays) {
  EXPECT_EQ(canonical(R"([56, {"d": true, "10": null, "1": [ ]}])"),
            R"([56,{"1":[],"10":null,"d":true}])");
}

TEST(CanonicalJson, OrdersNamesOfDigitsAsText) {
  EXPECT_EQ(
      canonical(R"({"1":{"f":{"f":"hi","F":5},"\n":56.0},"10":{},"":"empty","a":{},
    "111":[{"e":"yes","E":"no"}],"A":{}})"),
      R"({"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],)"
      R"("A":{},"a":{}})");
}

TEST(CanonicalJson, DoesNotNormaliseUnicode) {
  EXPECT_EQ(canonical(R"({"A\u030a":1,"\u00c5":2})"), "{\"A\xCC\x8A\":1,\"\xC3\x85\":2}");
}

TEST(CanonicalJson, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(canonical(R"("\u0008\u0009\u000a\u000c\u000d\u0001\u001f\u007f\/")"),
            "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f/\"");
}

TEST(CanonicalJson, WritesTheNumbersOfTheRfc) {  // RFC 8785, appendix B
  EXPECT_EQ(written(0x0000000000000000), "0");
  EXPECT_EQ(written(0x8000000000000000), "0");
  EXPECT_EQ(written(0x0000000000000001), "5e-324");
  EXPECT_EQ(written(0x8000000000000001), "-5e-324");
  EXPECT_EQ(written(0x7fefffffffffffff), "1.7976931348623157e+308");
  EXPECT_EQ(written(0xffefffffffffffff), "-1.7976931348623157e+308");
  EXPECT_EQ(written(0x4340000000000000), "9007199254740992");
  EXPECT_EQ(written(0xc340000000000000), "-9007199254740992");
  EXPECT_EQ(written(0x4430000000000000), "295147905179352830000");
  EXPECT_EQ(written(0x44b52d02c7e14af5), "9.999999999999997e+22");
  EXPECT_EQ(written(0x44b52d02c7e14af6), "1e+23");
  EXPECT_EQ(written(0x44b52d02c7e14af7), "1.0000000000000001e+23");
  EXPECT_EQ(written(0x444b1ae4d6e2ef4e), "999999999999999700000");
  EXPECT_EQ(written(0x444b1ae4d6e2ef4f), "999999999999999900000");
  EXPECT_EQ(written(0x444b1ae4d6e2ef50), "1e+21");
  EXPECT_EQ(written(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7");
  EXPECT_EQ(written(0x3eb0c6f7a0b5ed8d), "0.000001");
  EXPECT_EQ(written(0x41b3de4355555553), "333333333.3333332");
  EXPECT_EQ(written(0x41b3de4355555554), "333333333.33333325");
  EXPECT_EQ(written(0x41b3de4355555555), "333333333.3333333");
  EXPECT_EQ(written(0x41b3de4355555556), "333333333.3333334");
  EXPECT_EQ(written(0x41b3de4355555557), "333333333.33333343");
  EXPECT_EQ(written(0xbecbf647612f3696), "-0.0000033333333333333333");
  EXPECT_EQ(written(0x43143ff3c1cb0959), "1424953923781206.2");
}

TEST(CanonicalJson, WritesAWholeRealWithoutAPoint) {
  EXPECT_EQ(canonical("1.0"), "1");
}

}  // namespace
}  // namespace assay
