#include "harness/model/slots.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "harness/model/how_many.h"
#include "harness/model/seen_devices.h"

namespace assay {
namespace {

/// A measured value without a serial number is no value of the device that a replacement names; an
/// attempt that ended before the device answered has none to give.
bool states(const Attempt& attempt, const std::string& serial) {
  return attempt.serial == serial || (attempt.serial.empty() && attempt.ending != Ending::measured);
}

}  // namespace

bool changes_device(const std::vector<Item>& roster, const Replacement& replacement,
                    ItemIndex item) {
  const bool same_node =
      roster[item].kind != Scope::system && roster[item].node == roster[replacement.item].node;
  return replacement.item == item ||
         (same_node && roster[replacement.item].kind == Scope::each_node);
}

bool renews(const std::vector<Item>& roster, const Replacement& replacement, ItemIndex item) {
  const bool around =
      roster[item].kind == Scope::each_node && roster[item].node == roster[replacement.item].node;
  return around || changes_device(roster, replacement, item);
}

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
  ban_replaced();
  check_measured();
  check_allowance();
  check_serials();
  mark_contradictions(roster, evidence, inconsistent_);
  for (const Contradiction& found : evidence.contradictions) {
    if (found.attempt > renewed_after(found.item, Renewal::any)) {
      contradictions_.try_emplace(found.item, &found.sentence);
    }
  }
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
    replacements_.push_back({&replacement, roster_[replacement.item].node, 0, false, false});
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
        known.measured = known.measured || was_measured(known, attempt);
      }
    }
  }
}

/// Any attempt of the device will do: one that is dead on arrival has no value.
bool Slots::was_measured(const Known& known, const Attempt& attempt) const {
  return !attempt.excused && attempt.ending != Ending::unsupported &&
         changes_device(roster_, *known.replacement, attempt.item) &&
         attempt.number > held_since(attempt.item, known.replacement->after);
}

std::uint64_t Slots::held_since(ItemIndex item, std::uint64_t after) const {
  std::uint64_t since = 0;
  const auto found = of_node_.find(roster_[item].node);
  if (found != of_node_.end()) {
    for (const std::size_t i : found->second) {
      const Replacement& replacement = *replacements_[i].replacement;
      if (replacement.after < after && changes_device(roster_, replacement, item)) {
        since = std::max(since, replacement.after);
      }
    }
  }
  return since;
}

void Slots::renew() {
  std::fill(generations_.begin(), generations_.end(), 0U);
  for (ItemIndex item = 0; item < roster_.size() && !of_node_.empty(); ++item) {
    const auto found = of_node_.find(roster_[item].node);
    if (found == of_node_.end() || roster_[item].kind == Scope::system) {
      continue;
    }
    auto& [own_founded, own, founded, any] = renewals_[item];
    for (const std::size_t i : found->second) {
      const Replacement& replacement = *replacements_[i].replacement;
      if (!renews(roster_, replacement, item)) {
        continue;
      }
      ++generations_[item];
      any = std::max(any, replacement.after);
      const bool changed = changes_device(roster_, replacement, item);
      own_founded =
          std::max(own_founded, changed && replacements_[i].founded ? replacement.after : 0);
      own = std::max(own, changed ? replacement.after : 0);
      founded = std::max(founded, changed || replacements_[i].founded ? replacement.after : 0);
    }
  }
}

void Slots::set_founded(std::size_t index) {
  replacements_[index].founded = true;
  renew();
}

void Slots::ban_replaced() {
  for (const Known& known : replacements_) {
    ban(known.replacement->old_serial, {known.replacement->item, known.replacement->after});
  }
}

std::uint32_t Slots::node_renewed_after_round(ItemIndex item, Renewal renewal) const {
  const auto found = of_node_.find(roster_[item].node);
  std::uint32_t round = 0;
  if (found != of_node_.end() && (renewal == Renewal::any || renewal == Renewal::founded)) {
    for (const std::size_t i : found->second) {
      const Known& known = replacements_[i];
      const bool counts = renewal == Renewal::any || known.founded;
      round = std::max(round, counts ? known.round : 0);
    }
  }
  return round;
}

std::uint32_t Slots::node_generation(ItemIndex item) const {
  const auto found = of_node_.find(roster_[item].node);
  return found == of_node_.end() ? 0U : static_cast<std::uint32_t>(found->second.size());
}

/// A device that nobody measured has shown no fault: its exchange only buys what contains it
/// another try.
void Slots::check_measured() {
  for (const Known& known : replacements_) {
    if (!known.measured) {
      const std::string& id = roster_[known.replacement->item].id;
      complain(
          known.replacement->item,
          id + " was replaced before anything was measured on it under its old serial number.");
    }
  }
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
      complain(item, roster_[item].id + " has " + how_many(times, "replacement") +
                         "; the contract allows " + std::to_string(allowed_per_slot) + ".");
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

Slots::Around Slots::around(const Attempt& attempt) const {
  Around around;
  const auto found = of_node_.find(roster_[attempt.item].node);
  if (found == of_node_.end()) {
    return around;
  }
  for (const std::size_t i : found->second) {
    const Replacement& replacement = *replacements_[i].replacement;
    if (!renews(roster_, replacement, attempt.item)) {
      continue;
    }
    if (replacement.after < attempt.number) {
      const bool later = around.before == nullptr || replacement.after >= around.before->after;
      around.before = later ? &replacement : around.before;
    } else if (around.after == nullptr || replacement.after < around.after->after) {
      around.after = &replacement;
    }
  }
  return around;
}

void Slots::check_serials() {
  std::vector<const std::string*> held(roster_.size(), nullptr);  // today
  for (const Known& known : replacements_) {
    const Replacement& replacement = *known.replacement;
    if (replacement.after == renewed_after(replacement.item, Renewal::any) &&
        !replacement.new_serial.empty()) {
      held[replacement.item] = &replacement.new_serial;
    }
  }
  std::map<std::pair<ItemIndex, const Replacement*>, const std::string*> held_before;
  std::map<std::tuple<ItemIndex, const Replacement*, std::string_view>, const std::string*>
      stated_by;
  for (const Attempt& attempt : evidence_.attempts) {
    if (!is_roster_item(attempt)) {
      continue;
    }
    const auto [before, after] = around(attempt);
    bool fits = true;
    if (before != nullptr && before->item == attempt.item) {
      fits = states(attempt, before->new_serial);
    }
    if (after != nullptr && after->item == attempt.item) {
      fits = fits && states(attempt, after->old_serial);
      // Whatever serial number the replacement names: the device that was seen is the one banned.
      ban(attempt.serial, {attempt.item, after->after});
    }
    const bool is_measured = attempt.ending == Ending::measured;
    const bool is_node = roster_[attempt.item].kind == Scope::each_node;
    // A node may be measured through a device of its own, which has a number where it has none: so
    // what one clause says of it never changes, and all that say something say the same.
    if (is_measured && is_node) {
      const auto& first =
          stated_by.try_emplace({attempt.item, after, attempt.clause}, &attempt.serial)
              .first->second;
      fits = fits && *first == attempt.serial;
    }
    if ((is_measured && !is_node) || !attempt.serial.empty()) {
      const std::string*& serial =
          after == nullptr ? held[attempt.item] : held_before[{attempt.item, after}];
      serial = serial == nullptr ? &attempt.serial : serial;
      fits = fits && *serial == attempt.serial;
    }
    inconsistent_[attempt.item] = inconsistent_[attempt.item] || !fits;
  }
  check_sharing(held);
}

void Slots::check_sharing(const std::vector<const std::string*>& serials) {
  std::map<std::pair<Scope, std::string_view>, ItemIndex> slot_of;
  for (ItemIndex item = 0; item < roster_.size(); ++item) {
    if (serials[item] == nullptr || serials[item]->empty()) {
      continue;
    }
    const auto [other, is_new] = slot_of.try_emplace({roster_[item].kind, *serials[item]}, item);
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
    return other.item == ban.item && other.after == ban.after;
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
  const Item& item = roster_[attempt.item];
  const auto held_then = [&](const Ban& ban) {
    // A node may state the number of one of its devices.
    const Item& slot = roster_[ban.item];
    const bool same_slot =
        attempt.item == ban.item || (slot.node == item.node && slot.kind != item.kind);
    return same_slot && attempt.number <= ban.after;
  };
  return std::any_of(found->second.begin(), found->second.end(),
                     [&](const Ban& ban) { return !held_then(ban); });
}

}  // namespace assay
