// What the strict reader refuses, and how it says so.
#include <string>

#include <gtest/gtest.h>

#include "reports/json.h"

namespace assay {
namespace {

using namespace std::string_literals;

std::string refusal(const std::string& text, const JsonLimits& limits = {}) {
  const auto value = read_json(text, limits);
  return value ? "accepted" : value.error().message;
}

void expect_refused(const std::string& text, const std::string& part) {
  EXPECT_NE(refusal(text).find(part), std::string::npos) << text << "\n" << refusal(text);
}

TEST(JsonRead, KeepsEveryKindOfValue) {
  const auto value = read_json(R"({"n":null,"b":true,"i":-3,"r":1.5,"s":"x","a":[1],"o":{"k":2}})");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_TRUE(value->find("n")->is_null());
  EXPECT_TRUE(*value->find("b")->boolean());
  EXPECT_EQ(*value->find("i")->whole(), -3);
  EXPECT_EQ(*value->find("r")->real(), 1.5);
  EXPECT_EQ(*value->find("s")->text(), "x");
  EXPECT_EQ(value->find("a")->array()->size(), 1U);
  EXPECT_EQ(*value->find("o")->find("k")->whole(), 2);
  EXPECT_EQ(value->find("absent"), nullptr);
}

TEST(JsonRead, SaysWhatStandsWhereAValueShould) {
  EXPECT_EQ(refusal(""), "line 1: the document is no JSON: it is empty");
  EXPECT_EQ(refusal(" \n"), "line 2: the document is no JSON: it is empty");
  EXPECT_EQ(refusal("\xFF"), "line 1: the document is no JSON: no value begins with the byte 0xff");
  EXPECT_EQ(refusal(std::string(1, '\0')),
            "line 1: the document is no JSON: no value begins with the byte 0x00");
  EXPECT_EQ(refusal(R"({"a":})"), "line 1: a is no JSON: no value begins with '}'");
  EXPECT_EQ(refusal("[1,"), "line 1: [1] is no JSON: it ends before its value");
  expect_refused("-x", "a malformed number");
}

TEST(JsonRead, ReadsANumberWithAPointAsReal) {
  EXPECT_NE(read_json("1.0")->real(), nullptr);
  EXPECT_NE(read_json("1e2")->real(), nullptr);
  EXPECT_NE(read_json("100")->whole(), nullptr);
}

TEST(JsonRead, DecodesEscapesAndSurrogatePairs) {
  EXPECT_EQ(*read_json(R"("\u00e9\ud83d\ude02\n")")->text(), "\xC3\xA9\xF0\x9F\x98\x82\n");
}

// Strings are read eight bytes at a time: every byte, at every place of three such words.
TEST(JsonRead, TreatsAByteAlikeWhereverInAStringItStands) {
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    for (std::size_t place = 0; place < 24; ++place) {
      for (const char other : {'x', '\x7F', ' '}) {
        std::string inside(24, other);
        inside[place] = byte;
        const auto read = read_json('"' + inside + '"');
        if (value >= 0x20 && value < 0x80 && byte != '"' && byte != '\\') {
          ASSERT_TRUE(read) << value << " at " << place;
          ASSERT_EQ(*read->text(), inside);
        } else {
          ASSERT_FALSE(read) << value << " at " << place;
        }
      }
    }
  }
}

TEST(JsonRead, RefusesANameThatStandsTwice) {
  EXPECT_EQ(refusal("{\n\"clauses\":[{},{},{\"at_least\":1,\n \"at_least\":2}]}"),
            "line 3: clauses[2].at_least stands twice");
}

TEST(JsonRead, RefusesANameThatStandsTwiceInAnotherSpelling) {
  expect_refused(R"({"a":1,"\u0061":2})", "a stands twice");
}

TEST(JsonRead, RefusesANameThatStandsTwiceAmongMany) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) {
    text += "\"m" + std::to_string(i) + "\":0,";
  }
  EXPECT_EQ(refusal(text + "\"last\":0}"), "accepted");
  expect_refused(text + "\"m3\":0}", "m3 stands twice");
  expect_refused(text + "\"m99\":0}", "m99 stands twice");
}

TEST(JsonRead, AllowsOneNameInTwoObjects) {
  EXPECT_EQ(refusal(R"([{"a":1},{"a":{"a":2}}])"), "accepted");
}

TEST(JsonRead, RefusesAByteOrderMark) {
  expect_refused("\xEF\xBB\xBF{}", "byte order mark");
}

TEST(JsonRead, RefusesIllFormedUtf8) {
  expect_refused("\"\xC0\xAF\"", "is no JSON");          // overlong '/'
  expect_refused("\"\xE0\x80\xAF\"", "is no JSON");      // overlong in three bytes
  expect_refused("\"\xED\xA0\x80\"", "is no JSON");      // a surrogate
  expect_refused("\"\xF4\x90\x80\x80\"", "is no JSON");  // beyond U+10FFFF
  expect_refused("\"\xE2\x82\"", "is no JSON");          // cut short
  expect_refused("\"\x80\"", "is no JSON");
  expect_refused("{\"\xFF\":1}", "is no JSON");
}

TEST(JsonRead, RefusesLoneSurrogates) {
  expect_refused(R"("\ud800")", "is no JSON");
  expect_refused(R"("\ud800x")", "is no JSON");
  expect_refused(R"("\ud800\u0041")", "is no JSON");
  expect_refused(R"("\udc00")", "is no JSON");
}

TEST(JsonRead, RefusesNoncharacters) {
  for (const char* text :
       {R"("\uFFFE")", R"("\uffff")", R"("\ufdd0")", R"("\ufdef")", R"("\ud83f\udffe")",
        R"("\udbff\udfff")", "\"\xEF\xBF\xBE\"", "\"a\xEF\xB7\x90\"", "\"\xF0\x9F\xBF\xBF\""}) {
    expect_refused(text, "noncharacter");
  }
  expect_refused(R"({"\uFFFE":1})", "noncharacter");
}

TEST(JsonRead, AcceptsTheirNeighbours) {
  for (const char* text : {R"("\uFFFD")", R"("\ufdcf")", R"("\ufdf0")", R"("\ud83f\udffd")"}) {
    EXPECT_EQ(refusal(text), "accepted") << text;
  }
}

TEST(JsonRead, RefusesNulInAString) {
  expect_refused(R"("a\u0000b")", "U+0000");
  expect_refused(R"({"a\u0000":1})", "U+0000");
  expect_refused("\"a\0b\""s, "is no JSON");
}

TEST(JsonRead, RefusesWholeNumbersBeyondWhatADoubleHolds) {
  EXPECT_EQ(*read_json("9007199254740991")->whole(), 9007199254740991);
  EXPECT_EQ(*read_json("-9007199254740991")->whole(), -9007199254740991);
  for (const char* text : {"9007199254740992", "-9007199254740992", "9007199254740993",
                           "18446744073709551615", "18446744073709551616", "-9223372036854775809",
                           "100000000000000000000000", "1e20", "-9007199254740992.0"}) {
    expect_refused(text, "beyond 2^53-1");
  }
  EXPECT_EQ(canonical_json(*read_json("1e21")), "1e+21");  // written with an exponent again
}

TEST(JsonRead, RefusesNumbersThatVanish) {
  expect_refused("1e-400", "no double holds");
  EXPECT_EQ(*read_json("5e-324")->real(), 5e-324);
  EXPECT_EQ(*read_json("0e-999")->real(), 0);
}

TEST(JsonRead, RefusesOverflow) {
  expect_refused("[0,\n1e400]", "line 2: [1] is a number that no double holds");
  expect_refused("-1e400", "no double holds");
}

TEST(JsonRead, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",        " ",        "{",   "[1,]",   "{\"a\":1,}", "[1 2]", "01",
        "+1",      ".5",       "1.",  "NaN",    "Infinity",   "0x10",  "'a'",
        "// c\n1", "/* c */1", "tru", "\"\n\"", "\"\\x\"",    "{1:2}", "1_000"}) {
    expect_refused(text, "is no JSON");
  }
}

TEST(JsonRead, RefusesTrailingBytes) {
  expect_refused("{} {}", "is no JSON");
  expect_refused("{}x", "is no JSON");
  expect_refused("{}\0"s, "is no JSON");
}

TEST(JsonRead, NamesTheLineAndThePlace) {
  EXPECT_EQ(refusal("{\"a\":{\"b\":[1,\n2,\n99007199254740993]}}"),
            "line 3: a.b[2] is a whole number beyond 2^53-1");
}

TEST(JsonRead, ShowsNothingThatATerminalWouldActOn) {
  const std::string message = refusal("{\"\\u001b[2J\":1,\"\\u001b[2J\":2}");
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_NE(message.find("?[2J stands twice"), std::string::npos) << message;
}

TEST(JsonRead, RefusesDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(refusal(nested(64)), "accepted");
  expect_refused(nested(65), "is nested deeper than 64");
  expect_refused(nested(100'000), "is nested deeper than 64");
  expect_refused(std::string(1'000'000, '['), "is nested deeper than 64");
}

TEST(JsonRead, RefusesSize) {
  EXPECT_EQ(refusal("[1,2]", {.bytes = 5}), "accepted");
  EXPECT_EQ(refusal("[1,2]", {.bytes = 4}), "the document is larger than 4 bytes");
}

TEST(JsonRead, RefusesTooManyValues) {
  EXPECT_EQ(refusal("[1,2]", {.values = 3}), "accepted");
  EXPECT_EQ(refusal("[1,2,3]", {.values = 3}), "line 1: the document has more than 3 values");
  std::string many = "[0";
  for (int i = 0; i < 100'000; ++i) {
    many += ",0";
  }
  EXPECT_NE(refusal(many + "]", {.values = 100'000}), "accepted");
}

TEST(JsonReadCanonical, AcceptsOnlyTheCanonicalBytes) {
  EXPECT_TRUE(read_canonical_json(R"({"a":1,"b":[1.5,"x"]})"));
  for (const char* text :
       {R"({"b":1,"a":1})", R"({"a": 1})", "{\"a\":1}\n", "{\n\"a\":1}", "1.0", "-0", "-0.0", "1E2",
        "1e2", "100.0", "0.10", R"("\u0061")", R"("\/")", "1e-400", "1e21"}) {
    EXPECT_FALSE(read_canonical_json(text)) << text;
  }
}

TEST(JsonReadCanonical, OrdersNamesByUtf16) {
  EXPECT_TRUE(read_canonical_json("{\"\xF0\x9F\x98\x82\":1,\"\xEF\xAC\xB3\":2}"));
  EXPECT_FALSE(read_canonical_json("{\"\xEF\xAC\xB3\":2,\"\xF0\x9F\x98\x82\":1}"));
}

}  // namespace
}  // namespace assay
