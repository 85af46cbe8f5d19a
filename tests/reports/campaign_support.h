// Campaigns to be spoilt, and how a reader refuses them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "reports/campaign.h"
#include "tests/doubles/reports/campaign_builder.h"
#include "tests/doubles/reports/scratch_folder.h"

namespace assay::testing_doubles {

inline CampaignBuilder usual(int rounds = 10) {
  CampaignBuilder builder;
  builder.open();
  builder.usual_runs(rounds);
  builder.close();
  return builder;
}

/// The message with which a folder is refused, or "".
inline std::string refusal(const std::string& folder, bool deep = true) {
  const Result<Campaign> campaign = read_campaign(folder, deep);
  return campaign ? "" : campaign.error().message;
}

/// The refusal of what `builder` writes: chained and signed as it should be.
inline std::string refusal_of(CampaignBuilder& builder, bool deep = true) {
  const ScratchFolder folder;
  const Result<Done> written = builder.write(folder.path());
  return written ? refusal(folder.path(), deep) : "not written: " + written.error().message;
}

inline testing::AssertionResult says(const std::string& message, const std::string& part) {
  if (message.find(part) != std::string::npos) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "'" << message << "' doesn't say '" << part << "'";
}

inline Json* member(Json::Object& object, std::string_view name) {
  for (auto& [key, value] : object) {
    if (key == name) {
      return &value;
    }
  }
  ADD_FAILURE() << "no member " << name;
  return nullptr;
}

/// A member of a member.
inline Json* in(Json::Object& object, std::string_view outer, std::string_view inner) {
  return member(*member(object, outer)->object(), inner);
}

/// The n-th line of that kind.
inline Line& line(std::vector<Line>& journal, std::string_view kind, std::size_t n = 0) {
  for (Line& each : journal) {
    if (each.kind == kind && n-- == 0) {
      return each;
    }
  }
  ADD_FAILURE() << "no line " << kind;
  return journal.front();
}

inline Json::Object& end_of(CampaignBuilder& builder, std::size_t n = 0) {
  return line(builder.journals[0], "end", n).members;
}

}  // namespace assay::testing_doubles
