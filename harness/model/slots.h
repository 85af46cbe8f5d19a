// Which device stood in which slot, and when: replacements, their allowance, and serial numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/judge.h"

namespace assay {

/// Since when what is measured of an item counts.
enum class Renewal {
  own_founded,  ///< As `own`, but only since a device that had been found wanting was replaced.
  own,          ///< Since it was last replaced itself, or the node it is in.
  founded,      ///< For a node and the system also since a part was replaced that had been found
                ///< wanting.
  any           ///< For a node and the system also since any part in it was replaced.
};

/// Whether `replacement` put another device into the slot of `item`: its own, or its node's.
[[nodiscard]] bool changes_device(const std::vector<Item>& roster, const Replacement& replacement,
                                  ItemIndex item);
/// Whether what was measured on `item` before `replacement` is to be measured again: another
/// device, or a node around one. A part leaves the parts beside it alone.
[[nodiscard]] bool renews(const std::vector<Item>& roster, const Replacement& replacement,
                          ItemIndex item);

/// Refers to its arguments, which must outlive it.
class Slots {
 public:
  Slots(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence);

  /// The replacements of known items; the index is that of `set_founded`.
  [[nodiscard]] std::size_t count() const { return replacements_.size(); }
  [[nodiscard]] const Replacement& replacement(std::size_t index) const {
    return *replacements_[index].replacement;
  }
  /// The last number before `after` at which the slot of `item` got another device; 0 if none.
  [[nodiscard]] std::uint64_t held_since(ItemIndex item, std::uint64_t after) const;
  /// What was replaced had been found wanting: what contains it may try again.
  void set_founded(std::size_t index);

  /// When what stands in the slot of `item` last changed in that sense. Attempts of its journal
  /// numbered up to this are superseded.
  [[nodiscard]] std::uint64_t renewed_after(ItemIndex item, Renewal renewal) const {
    return renewals_[item][static_cast<std::size_t>(renewal)];
  }
  /// The last round before anything in the item's node was replaced in that sense; 0 if nothing
  /// was.
  [[nodiscard]] std::uint32_t node_renewed_after_round(ItemIndex item, Renewal renewal) const;
  /// How often the item was to be measured again: it, its node, or for a node a part was replaced.
  [[nodiscard]] std::uint32_t generation(ItemIndex item) const { return generations_[item]; }
  /// How often anything in the item's node was replaced, itself included.
  [[nodiscard]] std::uint32_t node_generation(ItemIndex item) const;
  /// True for a device that is replaced somewhere, but where and while its slot still held it.
  [[nodiscard]] bool is_banned(const Attempt& attempt) const;
  /// True for a slot in which a serial number is not the one that its replacements name for that
  /// time, changes without one, or stands in another slot, too; or that seen_devices.h marks.
  [[nodiscard]] bool is_inconsistent(ItemIndex item) const { return inconsistent_[item]; }
  /// What looks at the item since it was last to be measured again show differently of one device;
  /// nullptr if there is nothing.
  [[nodiscard]] const std::string* contradiction(ItemIndex item) const {
    const auto found = contradictions_.find(item);
    return found == contradictions_.end() ? nullptr : found->second;
  }
  /// Replacements beyond the contract's remedy, or of what was never measured.
  [[nodiscard]] const std::vector<Defect>& defects() const { return defects_; }

 private:
  /// Up to the attempt `after` the slot of `item` held the device.
  struct Ban {
    ItemIndex item = 0;
    std::uint64_t after = 0;
  };
  /// The last replacement that renewed a slot before an attempt, and the first one after it.
  struct Around {
    const Replacement* before = nullptr;
    const Replacement* after = nullptr;
  };
  struct Known {
    const Replacement* replacement = nullptr;
    std::uint32_t node = 0;
    std::uint32_t round = 0;  ///< The last one before it.
    bool measured = false;    ///< What it removed had an attempt.
    bool founded = false;     ///< What it removed had been found wanting.
  };

  [[nodiscard]] bool is_roster_item(const Attempt& attempt) const;
  void read_replacements();
  void find_rounds();
  [[nodiscard]] bool was_measured(const Known& known, const Attempt& attempt) const;
  void renew();
  void ban_replaced();
  void check_measured();
  void check_allowance();
  [[nodiscard]] Around around(const Attempt& attempt) const;
  void check_serials();
  void check_sharing(const std::vector<const std::string*>& serials);
  void ban(std::string_view serial, const Ban& ban);
  void complain(ItemIndex item, std::string sentence);

  const Contract& contract_;
  const std::vector<Item>& roster_;
  const Evidence& evidence_;
  std::vector<Known> replacements_;  // those of known items, by item and `after`
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> of_node_;  // indices of them
  std::vector<std::array<std::uint64_t, 4>> renewals_;                   // by Renewal
  std::vector<std::uint32_t> generations_;
  std::vector<bool> inconsistent_;
  std::unordered_map<ItemIndex, const std::string*> contradictions_;
  std::unordered_map<std::string_view, std::vector<Ban>> bans_;
  std::vector<Defect> defects_;
};

}  // namespace assay
