#include "harness/model/slots.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace assay {
Slots::Slots(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence)
    : contract_(contract),
      roster_(roster),
      evidence_(evidence),
      renewals_(roster.size()),
      generations_(roster.size()),
      inconsistent_(roster.size()) {
  read_replacements();
  find_rounds();
  renew();
  check_allowance();
  check_serials();
}

void Slots::complain(ItemIndex item, std::string sentence) {
  const std::string id = item < roster_.size() ? roster_[item].id : std::string();
  defects_.push_back({"", id, "replacements", std::move(sentence), 1});
}

void Slots::read_replacements() {
  for (const Replacement& replacement : evidence_.replacements) {
    if (replacement.item >= roster_.size() || roster_[replacement.item].kind == Scope::system) {
      complain(replacement.item, "A replacement names no item that can be replaced.");
      continue;
    }
    if (replacement.old_serial.empty() || replacement.new_serial.empty() ||
        replacement.old_serial == replacement.new_serial) {
      complain(replacement.item, "The replacement of " + roster_[replacement.item].id +
                                     " does not name two different serial numbers.");
    }
    replacements_.push_back({&replacement, roster_[replacement.item].node, 0});
  }
  std::stable_sort(replacements_.begin(), replacements_.end(), [](const Known& a, const Known& b) {
    return std::pair(a.replacement->item, a.replacement->after) <
           std::pair(b.replacement->item, b.replacement->after);
  });
  for (std::size_t i = 0; i < replacements_.size(); ++i) {
    of_node_[replacements_[i].node].push_back(i);
  }
}

bool Slots::is_roster_item(const Attempt& attempt) const {
  return attempt.item < roster_.size() && roster_[attempt.item].kind != Scope::system;
}

void Slots::find_rounds() {
  for (const Attempt& attempt : evidence_.attempts) {
    if (of_node_.empty()) {
      return;
    }
    if (!is_roster_item(attempt)) {
      continue;
    }
    const auto found = of_node_.find(roster_[attempt.item].node);
    if (found == of_node_.end()) {
      continue;
    }
    for (const std::size_t i : found->second) {
      Known& known = replacements_[i];
      if (attempt.number <= known.replacement->after) {
        known.round = std::max(known.round, attempt.round);
      }
    }
  }
}

void Slots::renew() {
  for (ItemIndex item = 0; item < roster_.size() && !of_node_.empty(); ++item) {
    const auto found = of_node_.find(roster_[item].node);
    if (found == of_node_.end() || roster_[item].kind == Scope::system) {
      continue;
    }
    for (const std::size_t i : found->second) {
      const Replacement& replacement = *replacements_[i].replacement;
      const Scope changed = roster_[replacement.item].kind;
      const bool own = replacement.item == item || changed == Scope::each_node;
      generations_[item] += own ? 1U : 0U;
      if (own || roster_[item].kind == Scope::each_node) {
        renewals_[item] = std::max(renewals_[item], replacement.after);
      }
    }
  }
  for (const Known& known : replacements_) {
    ban(known.replacement->old_serial, {known.node, known.replacement->after, known.round});
  }
}

std::uint32_t Slots::node_renewed_after_round(ItemIndex item) const {
  const auto found = of_node_.find(roster_[item].node);
  std::uint32_t round = 0;
  if (found != of_node_.end()) {
    for (const std::size_t i : found->second) {
      round = std::max(round, replacements_[i].round);
    }
  }
  return round;
}

void Slots::check_allowance() {
  using Population = std::pair<std::uint32_t, Scope>;
  std::map<Population, std::uint32_t> items;
  for (const Item& item : roster_) {
    ++items[{item.line, item.kind}];
  }
  std::map<ItemIndex, std::uint32_t> per_slot;
  for (const Known& known : replacements_) {
    ++per_slot[known.replacement->item];
  }
  const std::uint32_t allowed_per_slot = contract_.remedy ? contract_.remedy->per_slot : 0;
  std::map<Population, std::uint32_t> slots;
  for (const auto& [item, times] : per_slot) {
    ++slots[{roster_[item].line, roster_[item].kind}];
    if (times > allowed_per_slot) {
      complain(item, roster_[item].id + " was replaced " + std::to_string(times) +
                         " times; the contract allows " + std::to_string(allowed_per_slot) + ".");
    }
  }
  for (const auto& [population, replaced] : slots) {
    Natural allowed = 0;
    if (contract_.remedy && contract_.remedy->replacements) {
      const Ratio& share = contract_.remedy->replacements->base;
      allowed = quotient_floor(std::array{share.numerator, Natural{items[population]}},
                               share.denominator);
    }
    if (replaced > allowed) {
      defects_.push_back({"", "", "replacements",
                          std::to_string(replaced) + " of " + std::to_string(items[population]) +
                              " items of scope " + std::string(name_of(population.second)) +
                              " of line '" + contract_.inventory[population.first].id +
                              "' were replaced; the contract allows " + to_decimal(allowed) + ".",
                          1});
    }
  }
}

void Slots::ban_seen(const Attempt& attempt) {
  // Whatever serial number the replacement names: the device that was seen is the one banned.
  for (const std::size_t i : of_node_[roster_[attempt.item].node]) {
    const Known& known = replacements_[i];
    if (known.replacement->item == attempt.item && attempt.number <= known.replacement->after) {
      ban(attempt.serial, {known.node, known.replacement->after, known.round});
      return;
    }
  }
}

void Slots::check_serials() {
  std::vector<const std::string*> held(roster_.size(), nullptr);
  for (const Known& known : replacements_) {
    const Replacement& replacement = *known.replacement;
    if (replacement.after == renewals_[replacement.item] && !replacement.new_serial.empty()) {
      held[replacement.item] = &replacement.new_serial;
    }
  }
  for (const Attempt& attempt : evidence_.attempts) {
    if (!is_roster_item(attempt) || attempt.serial.empty() ||
        roster_[attempt.item].kind != Scope::each_gpu) {
      continue;
    }
    if (attempt.number <= renewals_[attempt.item]) {
      ban_seen(attempt);
      continue;
    }
    const std::string*& serial = held[attempt.item];
    if (serial == nullptr) {
      serial = &attempt.serial;
    }
    if (*serial != attempt.serial) {
      inconsistent_[attempt.item] = true;
    }
  }
  check_sharing(held);
}

void Slots::check_sharing(const std::vector<const std::string*>& serials) {
  std::unordered_map<std::string_view, ItemIndex> slot_of;
  for (ItemIndex item = 0; item < roster_.size(); ++item) {
    if (serials[item] == nullptr || roster_[item].kind != Scope::each_gpu) {
      continue;
    }
    const auto [other, is_new] = slot_of.emplace(*serials[item], item);
    if (!is_new) {
      inconsistent_[item] = true;
      inconsistent_[other->second] = true;
    }
  }
}

void Slots::ban(std::string_view serial, const Ban& ban) {
  if (serial.empty()) {
    return;
  }
  std::vector<Ban>& bans = bans_[serial];
  const bool known = std::any_of(bans.begin(), bans.end(), [&ban](const Ban& other) {
    return other.node == ban.node && other.after == ban.after;
  });
  if (!known) {
    bans.push_back(ban);
  }
}

bool Slots::is_banned(const Attempt& attempt) const {
  if (attempt.serial.empty() || bans_.empty() || attempt.item >= roster_.size()) {
    return false;
  }
  const auto found = bans_.find(attempt.serial);
  if (found == bans_.end()) {
    return false;
  }
  const std::uint32_t node = roster_[attempt.item].node;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Ban& ban) {
    return ban.node == node ? attempt.number > ban.after : attempt.round > ban.after_round;
  });
}

}  // namespace assay
