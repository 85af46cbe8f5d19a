// Who is judged: the inventory of a contract, item by item, frozen before the first run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/contract.h"

namespace assay {

using ItemIndex = std::uint32_t;

struct Item {
  /// "b200/00012/gpu3", "host/00000", "b200/00012/link5", "system"; the number is that of the node
  /// over all lines, so that an item leads to its journal.
  std::string id;
  Scope kind = Scope::each_node;
  std::uint32_t line = 0;  ///< Index into Contract::inventory; unused for "system".
  std::uint32_t node = 0;  ///< Number of the node over all lines; also of its journal.
};

/// All items of the contract: for each line and node the node itself, its GPUs and its links; last
/// the item "system". Spares are no items until they replace one.
[[nodiscard]] std::vector<Item> roster_of(const Contract& contract);

/// Whether an item is `whole` or in it. Items are named by their places: "b200/00003/gpu1" is
/// within "b200/00003", and all is in "system".
[[nodiscard]] bool is_same_or_within(std::string_view item, std::string_view whole);

/// Whether the line is of the clause's population.
[[nodiscard]] bool binds(const Clause& clause, const InventoryLine& line);

/// The items a clause binds, in the order of the roster: those of its scope and population; for
/// Scope::system the one item "system".
[[nodiscard]] std::vector<ItemIndex> items_of(const Clause& clause, const Contract& contract,
                                              const std::vector<Item>& roster);

/// The items that must be measured for a clause: as items_of, but for Scope::system its parts: the
/// GPUs of the population's lines, or their nodes where a line has no GPUs.
[[nodiscard]] std::vector<ItemIndex> parts_of(const Clause& clause, const Contract& contract,
                                              const std::vector<Item>& roster);

}  // namespace assay
