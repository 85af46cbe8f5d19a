#include "harness/model/ordered_gpu.h"

#include <algorithm>
#include <utility>

#include "harness/model/as_ordered.h"
#include "harness/model/power_limit.h"

namespace assay {
namespace {

void take_switch(const Clause& clause, const char* param, std::optional<bool>& ordered) {
  const auto found = clause.params.find(param);
  if (found != clause.params.end() && (found->second == "on" || found->second == "off")) {
    ordered = found->second == "on";
  }
}

OrderedGpu ordered_of(const Contract& contract, const InventoryLine& line) {
  OrderedGpu ordered;
  if (!line.gpus) {
    return ordered;
  }
  ordered.power_limit = line.gpus->power_limit;
  for (const Clause& clause : contract.clauses) {
    if (is_finding(clause.case_id) && is_mandatory(clause) && binds(clause, line)) {
      take_switch(clause, "ecc", ordered.ecc);
      take_switch(clause, "mig", ordered.mig);
    }
  }
  return ordered;
}

std::string written(std::int64_t is_on) {
  return is_on != 0 ? "on" : "off";
}

StateInWindow compare_limit(const Quantity& stated, const ShownGpu::BothEnds& shown) {
  for (const std::optional<std::int64_t>& limit : shown) {
    if (limit && !is_stated(*limit, stated)) {
      return {Ending::power_limit, "the GPU's enforced power limit is " + watts(*limit) +
                                       ", and the contract states " + stated.text};
    }
  }
  return {};
}

StateInWindow compare_switch(const std::string& name, bool ordered,
                             const ShownGpu::BothEnds& shown) {
  for (const std::optional<std::int64_t>& is_on : shown) {
    if (is_on && (*is_on != 0) != ordered) {
      return {Ending::gpu_state, "the GPU's " + name + " is " + written(*is_on) +
                                     ", and the contract orders it " + written(ordered ? 1 : 0)};
    }
  }
  return {};
}

bool is_hidden(const ShownGpu::BothEnds& shown) {
  return !shown[0] || !shown[1];
}

}  // namespace

std::vector<OrderedGpu> ordered_gpus(const Contract& contract, const std::vector<Item>& roster) {
  std::vector<OrderedGpu> of_lines;
  for (const InventoryLine& line : contract.inventory) {
    of_lines.push_back(ordered_of(contract, line));
  }
  std::vector<OrderedGpu> of_items;
  for (const Item& item : roster) {
    of_items.push_back(item.kind == Scope::system ? OrderedGpu{} : of_lines[item.line]);
    of_items.back().must_show = item.kind == Scope::each_gpu;
  }
  return of_items;
}

StateInWindow state_in_window(const OrderedGpu& ordered, const ShownGpu& shown) {
  std::string hidden;
  const auto note_hidden = [&](const std::string& name, const ShownGpu::BothEnds& ends) {
    hidden = ordered.must_show && hidden.empty() && is_hidden(ends) ? name : hidden;
  };
  std::vector<StateInWindow> states;
  if (ordered.power_limit) {
    states.push_back(compare_limit(*ordered.power_limit, shown.power_limit_mw));
    note_hidden("enforced power limit", shown.power_limit_mw);
  }
  if (ordered.ecc) {
    states.push_back(compare_switch("ECC", *ordered.ecc, shown.ecc));
    note_hidden("ECC mode", shown.ecc);
  }
  if (ordered.mig) {
    states.push_back(compare_switch("MIG mode", *ordered.mig, shown.mig));
    note_hidden("MIG mode", shown.mig);
  }
  const auto other = std::find_if(states.begin(), states.end(), [](const StateInWindow& state) {
    return state.ending != Ending::measured;
  });
  if (other != states.end()) {
    return *other;
  }
  return hidden.empty() ? StateInWindow{}
                        : StateInWindow{Ending::no_telemetry,
                                        "the window does not show the GPU's " + hidden +
                                            " at both ends, and the contract orders one"};
}

}  // namespace assay
