// What was found against what was ordered. Pure: the controller states by it whether a finding
// matches, and every verifier states it again from the contract and the facts in the journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/contract.h"
#include "harness/model/evidence.h"
#include "harness/model/gpu_facts.h"
#include "harness/model/roster.h"

namespace assay {

/// One clause of a case that finds instead of measuring, on one item.
struct Order {
  const InventoryLine& line;
  const Clause& clause;
  std::optional<std::uint32_t> gpu;  ///< Of clauses on single GPUs: which. None: the whole node.
};

[[nodiscard]] Order order_of(const Contract& contract, const Clause& clause, const Item& item);

/// A parameter of these cases. None has a default: whatever is judged stands in the contract.
struct OrderParam {
  std::string_view name;
  std::string_view meaning;
  std::vector<std::string_view> words;  ///< Allowed: "unstated" and "any" judge nothing.
  bool whole = false;                   ///< A whole number from 1 is allowed, too.
};
/// Those of "system.inventory" or "system.health", in the order of their names.
[[nodiscard]] const std::vector<OrderParam>& order_params(std::string_view case_id);

/// Each a sentence that names the GPU and both values.
struct Comparison {
  std::vector<std::string> differs;
  std::vector<std::string> not_shown;  ///< What is judged, but the machine doesn't show.

  [[nodiscard]] bool matches() const { return differs.empty() && not_shown.empty(); }
};

/// "system.inventory" and "system.health".
[[nodiscard]] bool is_finding(std::string_view case_id);
/// Whether items are looked at before the first run and again after the last: "system.health".
[[nodiscard]] bool looks_twice(std::string_view case_id);

/// Why there is nothing to compare with this order: a parameter that is missing, unknown or means
/// nothing for this line, or an order of nothing at all. "" if there is something.
[[nodiscard]] std::string fault_of_order(const Order& order);

/// `before` is the item's first look under this clause; nullptr for the first look itself.
/// Precondition: is_finding(order.clause.case_id).
[[nodiscard]] Comparison as_ordered(const Order& order, const MachineFacts& found,
                                    const MachineFacts* before);

/// What an attempt says of a finding.
struct Found {
  /// no_telemetry where nothing differs, but not all is shown; device_lost where the one GPU that a
  /// clause on single GPUs looks at is missing or doesn't answer.
  Ending ending = Ending::measured;
  std::uint64_t matching = 0;
  /// The sentences in one: those that differ, else those not shown; "" if all matches. At most 20,
  /// and how many more there are.
  std::string note;
  std::string serial;  ///< UUID of the one GPU that a clause on single GPUs looked at, else "".
};
[[nodiscard]] Found state_of(const Order& order, const MachineFacts& found,
                             const MachineFacts* before);

/// The number of "gpu3" in "b200/00012/gpu3"; none for other items.
[[nodiscard]] std::optional<std::uint32_t> gpu_of_item(std::string_view item);

}  // namespace assay
