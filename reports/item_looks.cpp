#include "reports/item_looks.h"

#include <algorithm>
#include <string_view>

#include "harness/model/as_ordered.h"
#include "reports/end_check.h"

namespace assay {
namespace {

/// Items are named by their places: "b200/00003/gpu1" is within "b200/00003", and all is in the
/// system.
bool is_same_or_within(std::string_view item, std::string_view whole) {
  return whole == "system" || item == whole ||
         (item.starts_with(whole) && item.substr(whole.size()).starts_with('/'));
}

bool is_replayed(const std::vector<std::string>& marks) {
  return std::find(marks.begin(), marks.end(), "replayed") != marks.end();
}

}  // namespace

Result<Done> ItemLooks::begin(const AttemptKey& key, const Clause& clause) {
  if (!is_finding(clause.case_id)) {
    loads_.try_emplace(key.item, key.attempt);
  } else if (asked_.emplace(key.clause, key.item).second) {
    const auto load = std::find_if(loads_.begin(), loads_.end(), [&key](const auto& known) {
      return is_same_or_within(known.first, key.item) || is_same_or_within(key.item, known.first);
    });
    if (load != loads_.end()) {
      return Error{Error::Code::bad_input, "clause: " + key.clause + " looks at '" + key.item +
                                               "' for the first time, but attempt " +
                                               std::to_string(load->second) +
                                               " has measured it already"};
    }
  }
  if (!looks_twice(clause.case_id)) {
    last_load_ = key.attempt;
    return Done{};
  }
  if (const auto known = looks_.find({key.clause, key.item}); known != looks_.end()) {
    known->second.last = key.attempt;
    known->second.again = true;
    known->second.matching = false;  // until it ends
  }
  return Done{};
}

Result<Done> ItemLooks::end(const EndLine& end, const CampaignFrame& frame,
                            const std::vector<std::string>& marks) {
  const Clause& clause = frame.contract.clauses[frame.clause_of.find(end.key.clause)->second];
  if (!is_finding(clause.case_id)) {
    return Done{};
  }
  const Order order =
      order_of(frame.contract, clause, frame.roster[frame.item_of.find(end.key.item)->second]);
  const bool replayed = is_replayed(marks) || is_replayed(frame.session.marks);
  const MachineFacts* before = first(end.key.clause, end.key.item);
  if (Result<Done> checked = check_found(end, order, before, replayed); !checked) {
    return checked;
  }
  if (before == nullptr && !end.found) {
    return Done{};
  }
  Looks& looks = looks_[{end.key.clause, end.key.item}];
  if (before == nullptr) {
    looks.first = *end.found;
    looks.last = end.key.attempt;
    looks.twice = looks_twice(clause.case_id);
  }
  looks.matching = end.matching == 1;
  return Done{};
}

void ItemLooks::forget(const std::string& item) {
  const auto concerns = [&item](const std::string& other) {
    return is_same_or_within(other, item) || is_same_or_within(item, other);
  };
  std::erase_if(looks_, [&](const auto& known) { return concerns(known.first.second); });
  std::erase_if(asked_, [&](const auto& known) { return concerns(known.second); });
  // A journal is one node's: what is looked at anew is looked at beside what ran all the time.
  loads_.clear();
}

void ItemLooks::take_first(const std::string& clause, const std::string& item,
                           const MachineFacts& facts) {
  looks_.try_emplace({clause, item}, Looks{.first = facts});
}

const MachineFacts* ItemLooks::first(const std::string& clause, const std::string& item) const {
  const auto known = looks_.find({clause, item});
  return known == looks_.end() ? nullptr : &known->second.first;
}

std::string ItemLooks::unfinished() const {
  for (const auto& [key, looks] : looks_) {
    const bool is_done = looks.again && looks.last > last_load_;
    if (looks.twice && looks.matching && !is_done) {
      return "clause " + key.first + " did not look at '" + key.second + "' again after attempt " +
             std::to_string(std::max(last_load_, looks.last));
    }
  }
  return "";
}

std::optional<SeenDevices> devices_in(const EndLine& end, ItemIndex item,
                                      const std::vector<Item>& roster) {
  if (!end.found || end.found->source == "replay" || roster[item].kind != Scope::each_node) {
    return std::nullopt;
  }
  SeenDevices seen{.node = item, .attempt = end.key.attempt, .serials = {}};
  for (const GpuFacts& gpu : end.found->gpus) {
    if (!gpu.uuid.value) {
      return std::nullopt;
    }
    seen.serials.push_back(*gpu.uuid.value);
  }
  return seen.serials.empty() ? std::nullopt : std::optional(std::move(seen));
}

}  // namespace assay
