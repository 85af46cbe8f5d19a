#include "harness/model/roster.h"

#include <algorithm>

namespace assay {
namespace {

std::string node_id(const InventoryLine& line, std::uint32_t node) {
  constexpr std::size_t k_digits = 5;
  const std::string number = std::to_string(node);
  const std::size_t zeros = number.size() < k_digits ? k_digits - number.size() : 0;
  return line.id + "/" + std::string(zeros, '0') + number;
}

/// The items of the clause's population for which `wanted(item, its line)` holds.
template <class Wanted>
std::vector<ItemIndex> select(const Clause& clause, const Contract& contract,
                              const std::vector<Item>& roster, Wanted wanted) {
  std::vector<bool> bound;
  for (const InventoryLine& line : contract.inventory) {
    bound.push_back(binds(clause, line));
  }
  std::vector<ItemIndex> chosen;
  for (ItemIndex i = 0; i < roster.size(); ++i) {
    const Item& item = roster[i];
    if (item.kind != Scope::system && bound[item.line] &&
        wanted(item, contract.inventory[item.line])) {
      chosen.push_back(i);
    }
  }
  return chosen;
}

}  // namespace

bool is_same_or_within(std::string_view item, std::string_view whole) {
  return whole == "system" || item == whole ||
         (item.starts_with(whole) && item.substr(whole.size()).starts_with('/'));
}

bool binds(const Clause& clause, const InventoryLine& line) {
  return std::find(clause.population.begin(), clause.population.end(), line.id) !=
         clause.population.end();
}

std::vector<Item> roster_of(const Contract& contract) {
  std::vector<Item> roster;
  std::uint32_t node = 0;
  for (std::uint32_t index = 0; index < contract.inventory.size(); ++index) {
    const InventoryLine& line = contract.inventory[index];
    for (std::uint32_t i = 0; i < line.nodes; ++i, ++node) {
      const std::string id = node_id(line, node);
      roster.push_back({id, Scope::each_node, index, node});
      for (std::uint32_t gpu = 0; line.gpus && gpu < line.gpus->count; ++gpu) {
        roster.push_back({id + "/gpu" + std::to_string(gpu), Scope::each_gpu, index, node});
      }
      for (std::uint32_t link = 0; link < line.links; ++link) {
        roster.push_back({id + "/link" + std::to_string(link), Scope::each_link, index, node});
      }
    }
  }
  roster.push_back({"system", Scope::system, 0, 0});
  return roster;
}

std::vector<ItemIndex> items_of(const Clause& clause, const Contract& contract,
                                const std::vector<Item>& roster) {
  if (clause.scope == Scope::system) {
    return {static_cast<ItemIndex>(roster.size() - 1)};
  }
  return select(clause, contract, roster, [&clause](const Item& item, const InventoryLine&) {
    return item.kind == clause.scope;
  });
}

std::vector<ItemIndex> parts_of(const Clause& clause, const Contract& contract,
                                const std::vector<Item>& roster) {
  if (clause.scope != Scope::system) {
    return items_of(clause, contract, roster);
  }
  return select(clause, contract, roster, [](const Item& item, const InventoryLine& line) {
    return item.kind == (line.gpus ? Scope::each_gpu : Scope::each_node);
  });
}

}  // namespace assay
