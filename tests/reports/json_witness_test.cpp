// Our reader against nlohmann's, which knows nothing of it: on mutated documents, what ours reads
// nlohmann reads as the same value, and what only ours refuses is refused for a named strictness.
#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/json.h"

namespace assay {
namespace {

constexpr std::string_view k_seed =
    R"({"a":[0,-1,1.5,-0.25e-3,9007199254740991,1E+2,true,false,null],"\u0061b":"x\n\"\\\/\ud83d\ude02",)"
    "\"M\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x82\":{\"k\":{},\"l\":[[],[[1]]]},\"\":\"\\u00e9\"}\n ";

/// The letters that matter to a JSON reader, so that mutations meet its corners.
constexpr std::string_view k_letters =
    "{}[]\",:\\0123456789.eE+-tfnrue \n\t\xC3\xBC\xEF\xBF\xBE\xED\xA0\x80\xF4\x90\x7F\x1F";

std::string mutated(std::mt19937_64& random) {
  std::string text(k_seed);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (std::size_t n = 1 + below(4); n > 0; --n) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0: text[at] = k_letters[below(k_letters.size())]; break;
      case 1: text.insert(at, 1, k_letters[below(k_letters.size())]); break;
      case 2: text.erase(at, 1 + below(3)); break;
      default: text.insert(at, text.substr(below(text.size()), 1 + below(8))); break;
    }
  }
  return text;
}

bool is_named_strictness(const std::string& refusal) {
  const auto says = [&refusal](const char* part) {
    return refusal.find(part) != std::string::npos;
  };
  return says("stands twice") || says("noncharacter") || says("U+0000") || says("beyond 2^53-1") ||
         says("no double holds") || says("nested deeper");
}

bool same(const Json& ours, const nlohmann::json& theirs) {
  if (const auto* members = ours.object()) {
    return theirs.is_object() && theirs.size() == members->size() &&
           std::all_of(members->begin(), members->end(), [&](const Json::Member& member) {
             return theirs.contains(member.first) && same(member.second, theirs[member.first]);
           });
  }
  if (const auto* items = ours.array()) {
    return theirs.is_array() &&
           std::equal(items->begin(), items->end(), theirs.begin(), theirs.end(), same);
  }
  if (const auto* text = ours.text()) {
    return theirs.is_string() && theirs.get_ref<const std::string&>() == *text;
  }
  if (const auto* whole = ours.whole()) {
    return theirs.is_number_integer() && theirs.get<std::int64_t>() == *whole;
  }
  if (const auto* real = ours.real()) {
    return theirs.is_number_float() && theirs.get<double>() == *real;
  }
  if (const auto* boolean = ours.boolean()) {
    return theirs.is_boolean() && theirs.get<bool>() == *boolean;
  }
  return theirs.is_null();
}

TEST(JsonReader, AgreesWithAReaderThatIsNotOurs) {
  std::mt19937_64 random(8785);
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = mutated(random);
    const auto ours = read_json(text);
    const auto theirs = nlohmann::json::parse(text, nullptr, false);
    if (ours) {
      ++read;
      ASSERT_FALSE(theirs.is_discarded()) << text;
      ASSERT_TRUE(same(*ours, theirs)) << text;
    } else if (!theirs.is_discarded()) {
      ++refused;
      ASSERT_TRUE(is_named_strictness(ours.error().message)) << text << ours.error().message;
    }
  }
  EXPECT_GT(read, 5'000);     // enough mutations are harmless
  EXPECT_GT(refused, 1'000);  // and enough meet what only ours refuses
}

}  // namespace
}  // namespace assay
