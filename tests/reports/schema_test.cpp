// What schemas/ and the program must have in common.
#include <gtest/gtest.h>

#include "harness/model/units.h"
#include "reports/files.h"
#include "reports/json.h"

namespace assay {
namespace {

Json schema(const std::string& name) {
  const auto text = read_file(ASSAY_SOURCE_DIR "/schemas/" + name + ".schema.json", 1U << 20U);
  EXPECT_TRUE(text) << text.error().message;
  const auto json = read_json(*text);
  EXPECT_TRUE(json) << json.error().message;
  return *json;
}

std::string units_of(std::initializer_list<Dimension> dimensions) {
  std::string list;
  for (const Dimension dimension : dimensions) {
    for (const Unit& unit : all_units()) {
      if (unit.dimension == dimension) {
        list += (list.empty() ? "(" : "|") + std::string(unit.name);
      }
    }
  }
  return list + ")$";
}

TEST(ContractSchema, KnowsTheUnitsThatTheReaderKnows) {
  const Json contract = schema("contract-1");
  const auto pattern = [&contract](const char* name) {
    return *contract.find("$defs")->find(name)->find("pattern")->text();
  };
  const auto ends_with = [](const std::string& text, const std::string& end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
  };
  EXPECT_TRUE(ends_with(pattern("time"), units_of({Dimension::time})));
  EXPECT_TRUE(ends_with(pattern("percent"), units_of({Dimension::percent})));
  EXPECT_TRUE(ends_with(pattern("bytes"), units_of({Dimension::bytes})));
  EXPECT_TRUE(ends_with(pattern("power"), units_of({Dimension::power})));
  EXPECT_TRUE(
      ends_with(pattern("operations"), units_of({Dimension::flop_rate, Dimension::op_rate})));
  EXPECT_TRUE(ends_with(
      pattern("limit"),
      units_of({Dimension::flop_rate, Dimension::op_rate, Dimension::byte_rate, Dimension::time,
                Dimension::bytes, Dimension::power, Dimension::percent})));
}

/// Every schema for an object, wherever it stands, must say what else it allows: nothing, mostly.
void expect_closed(const Json& value, const std::string& place) {
  if (const Json::Object* object = value.object()) {
    if (value.find("properties") != nullptr && value.find("type") != nullptr) {
      EXPECT_NE(value.find("additionalProperties"), nullptr) << place;
    }
    for (const auto& [name, member] : *object) {
      expect_closed(member, place + "/" + name);
    }
  } else if (const Json::Array* array = value.array()) {
    for (const Json& element : *array) {
      expect_closed(element, place + "/-");
    }
  }
}

TEST(Schemas, AreClosed) {
  for (const char* name : {"contract-1", "session-1", "run-1", "report-1", "policy-1"}) {
    const Json json = schema(name);
    EXPECT_EQ(*json.find("$schema")->text(), "https://json-schema.org/draft/2020-12/schema");
    expect_closed(json, name);
  }
}

}  // namespace
}  // namespace assay
