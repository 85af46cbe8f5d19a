#include "reports/members.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Json document(const char* text) {
  return read_json(text).value();
}

TEST(Members, AreDecodedIntoValues) {
  const Json value =
      document(R"({"t":"x","w":7,"d":"340282366920938463463374607431768211455","b":true,
                   "o":{},"a":[1],"n":null})");
  Members members(value, "");
  EXPECT_EQ(members.text("t"), "x");
  EXPECT_EQ(members.text_or("none", "y"), "y");
  EXPECT_EQ(members.whole("w"), 7);
  EXPECT_EQ(members.whole_or("none", 8), 8);
  EXPECT_EQ(members.decimal("d"), ~Natural{0});
  EXPECT_TRUE(members.boolean_or("b", false));
  EXPECT_TRUE(members.boolean_or("none", true));
  EXPECT_NE(members.object("o"), nullptr);
  EXPECT_EQ(members.array("a")->array()->size(), 1U);
  EXPECT_TRUE(members.optional("n")->is_null());
  EXPECT_EQ(members.optional("none"), nullptr);
  EXPECT_TRUE(members.done());
}

TEST(Members, NobodyAskedForAreRefusedWithTheirPlace) {
  const Json value = document(R"({"id":"x","at_leest":1})");
  Members members(value, "clauses[3]");
  EXPECT_EQ(members.text("id"), "x");
  ASSERT_FALSE(members.done());
  EXPECT_EQ(members.done().error().message, "clauses[3].at_leest: is not a known member");
}

TEST(Members, ThatAreMissingAreRefused) {
  const Json value = document("{}");
  Members members(value, "clauses[3]");
  EXPECT_EQ(members.text("id"), "");
  EXPECT_EQ(members.whole("later"), 0);
  EXPECT_EQ(members.done().error().message, "clauses[3].id: is missing");
}

TEST(Members, OfTheWrongKindAreRefused) {
  const auto message = [](const char* text, auto&& ask) {
    const Json value = document(text);
    Members members(value, "");
    ask(members);
    return members.done() ? "accepted" : members.done().error().message;
  };
  EXPECT_EQ(message(R"({"m":1})", [](Members& m) { m.text("m"); }),
            "m: must be a string, not a whole number");
  EXPECT_EQ(message(R"({"m":-1})", [](Members& m) { m.whole("m"); }),
            "m: must be a whole number from 0");
  EXPECT_EQ(message(R"({"m":1.0})", [](Members& m) { m.whole("m"); }),
            "m: must be a whole number from 0");
  EXPECT_EQ(message(R"({"m":5})", [](Members& m) { m.decimal("m"); }),
            "m: must be a string of decimal digits, not a whole number");
  EXPECT_NE(message(R"({"m":"05"})", [](Members& m) { m.decimal("m"); }), "accepted");
  EXPECT_EQ(message(R"({"m":1})", [](Members& m) { m.boolean_or("m", true); }),
            "m: must be true or false, not a whole number");
  EXPECT_EQ(message(R"({"m":[]})", [](Members& m) { EXPECT_EQ(m.object("m"), nullptr); }),
            "m: must be an object, not an array");
  EXPECT_EQ(message(R"({"m":{}})", [](Members& m) { EXPECT_EQ(m.array("m"), nullptr); }),
            "m: must be an array, not an object");
}

TEST(Members, OfNoObjectAreRefused) {
  const Json value = document("[1]");
  Members members(value, "nonce");
  EXPECT_EQ(members.text("anchor"), "");
  EXPECT_EQ(members.done().error().message, "nonce: must be an object, not an array");
}

TEST(Members, KeepTheFirstFailure) {
  const Json value = document(R"({"a":"x"})");
  Members members(value, "");
  members.fail("a", "is no unit");
  members.fail("b", "later");
  EXPECT_EQ(members.done().error().message, "a: is no unit");
}

}  // namespace
}  // namespace assay
