// Which device stood in which slot, and when: replacements, their allowance, and serial numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/judge.h"

namespace assay {

/// Refers to its arguments, which must outlive it.
class Slots {
 public:
  Slots(const Contract& contract, const std::vector<Item>& roster, const Evidence& evidence);

  /// When what stands in the slot of `item` last changed: by its own replacement, by its node's,
  /// and for a node also by that of anything in it.
  /// Attempts of its journal numbered up to this are not counted.
  [[nodiscard]] std::uint64_t renewed_after(ItemIndex item) const { return renewals_[item]; }
  /// The last round before anything in the item's node was replaced; 0 if nothing was.
  [[nodiscard]] std::uint32_t node_renewed_after_round(ItemIndex item) const;
  /// How often the item itself or its node was replaced.
  [[nodiscard]] std::uint32_t generation(ItemIndex item) const { return generations_[item]; }
  /// True for a device that is replaced somewhere, but where and while its slot still held it.
  [[nodiscard]] bool is_banned(const Attempt& attempt) const;
  /// True for a slot in which a serial number is not the one that its replacements name for that
  /// time, changes without one, or stands in another slot, too.
  [[nodiscard]] bool is_inconsistent(ItemIndex item) const { return inconsistent_[item]; }
  /// Replacements beyond the contract's remedy.
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
  };

  [[nodiscard]] bool is_roster_item(const Attempt& attempt) const;
  void read_replacements();
  void find_rounds();
  void renew();
  void check_allowance();
  [[nodiscard]] bool renews(const Replacement& replacement, ItemIndex item) const;
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
  std::vector<std::uint64_t> renewals_;
  std::vector<std::uint32_t> generations_;
  std::vector<bool> inconsistent_;
  std::unordered_map<std::string_view, std::vector<Ban>> bans_;
  std::vector<Defect> defects_;
};

}  // namespace assay
