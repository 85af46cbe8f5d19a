#include "reports/item_looks.h"

#include <algorithm>
#include <string_view>

#include "harness/model/as_ordered.h"
#include "harness/model/one_machine.h"
#include "reports/end_check.h"

namespace assay {
namespace {

bool is_replayed(const std::vector<std::string>& marks) {
  return std::find(marks.begin(), marks.end(), "replayed") != marks.end();
}

}  // namespace

Result<Done> ItemLooks::begin(const AttemptKey& key, const Clause& clause) {
  const bool looks = is_finding(clause.case_id);
  for (const auto& [number, other] : running_) {
    if (other.looks != looks &&
        (is_same_or_within(other.item, key.item) || is_same_or_within(key.item, other.item))) {
      return Error{Error::Code::bad_input,
                   "item: '" + key.item + "' is " + (looks ? "looked at" : "measured") +
                       " while attempt " + std::to_string(number) +
                       (looks ? " measures '" : " looks at '") + other.item + "'"};
    }
  }
  running_.emplace(key.attempt, Running{key.item, looks});
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
  running_.erase(end.key.attempt);
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
  if (before == nullptr) {
    compare_first(end, frame.item_of.find(end.key.item)->second);
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

/// Nothing was measured since the other clauses' first looks at the item, at what is in it and at
/// what it is in.
void ItemLooks::compare_first(const EndLine& end, ItemIndex item) {
  for (const auto& [key, other] : looks_) {
    const bool concerns =
        is_same_or_within(key.second, end.key.item) || is_same_or_within(end.key.item, key.second);
    std::string found = concerns ? contradiction(other.first, *end.found) : "";
    if (!found.empty()) {
      contradictions.push_back({item, end.key.attempt, std::move(found)});
      return;
    }
  }
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
  SeenDevices seen{.node = item,
                   .attempt = end.key.attempt,
                   .serials = {},
                   .boot_id = end.found->host.boot_id.value.value_or("")};
  for (const GpuFacts& gpu : end.found->gpus) {
    if (!gpu.uuid.value) {
      return std::nullopt;
    }
    seen.serials.push_back(*gpu.uuid.value);
  }
  const bool shows_nothing = seen.serials.empty() && seen.boot_id.empty();
  return shows_nothing ? std::nullopt : std::optional(std::move(seen));
}

}  // namespace assay
