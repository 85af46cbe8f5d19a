#include "harness/model/roster.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

Contract two_lines() {
  Contract contract;
  contract.inventory.push_back({.id = "b200",
                                .kind = "dgx-b200",
                                .nodes = 2,
                                .spares = 1,
                                .gpus = Gpus{.model = "NVIDIA B200", .count = 2},
                                .links = 1});
  contract.inventory.push_back({.id = "host", .kind = "x86-64-host", .nodes = 1});
  return contract;
}

std::vector<std::string> ids(const std::vector<Item>& roster,
                             const std::vector<ItemIndex>& chosen) {
  std::vector<std::string> names;
  for (const ItemIndex index : chosen) {
    names.push_back(roster[index].id);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Roster, ListsNodesGpusAndLinksInTheOrderOfTheLinesAndTheSystemLast) {
  const auto roster = roster_of(two_lines());
  Names names;
  for (const Item& item : roster) {
    names.push_back(item.id);
  }
  EXPECT_EQ(names, (Names{"b200/00000", "b200/00000/gpu0", "b200/00000/gpu1", "b200/00000/link0",
                          "b200/00001", "b200/00001/gpu0", "b200/00001/gpu1", "b200/00001/link0",
                          "host/00002", "system"}));
  EXPECT_EQ(roster[8].node, 2U);
  EXPECT_EQ(roster[8].line, 1U);
  EXPECT_EQ(roster.back().kind, Scope::system);
}

TEST(Roster, WritesAllDigitsOfANumberBeyondFive) {
  Contract contract;
  contract.inventory.push_back({.id = "n", .kind = "k", .nodes = 100'001});
  EXPECT_EQ(roster_of(contract)[100'000].id, "n/100000");
}

TEST(ItemsOf, BindsOnlyThePopulationAndTheScope) {
  const Contract contract = two_lines();
  const auto roster = roster_of(contract);
  const Clause gpus{.population = {"b200"}, .scope = Scope::each_gpu};
  EXPECT_EQ(ids(roster, items_of(gpus, contract, roster)),
            (Names{"b200/00000/gpu0", "b200/00000/gpu1", "b200/00001/gpu0", "b200/00001/gpu1"}));
  const Clause nodes{.population = {"host"}, .scope = Scope::each_node};
  EXPECT_EQ(ids(roster, items_of(nodes, contract, roster)), Names{"host/00002"});
  const Clause links{.population = {"b200", "host"}, .scope = Scope::each_link};
  EXPECT_EQ(ids(roster, items_of(links, contract, roster)),
            (Names{"b200/00000/link0", "b200/00001/link0"}));
}

TEST(ItemsOf, GivesTheOneSystemForTheScopeSystem) {
  const Contract contract = two_lines();
  const auto roster = roster_of(contract);
  const Clause clause{.population = {"b200", "host"}, .scope = Scope::system};
  EXPECT_EQ(ids(roster, items_of(clause, contract, roster)), Names{"system"});
}

TEST(PartsOf, AreGpusWhereALineHasThemAndNodesWhereNot) {
  const Contract contract = two_lines();
  const auto roster = roster_of(contract);
  const Clause clause{.population = {"b200", "host"}, .scope = Scope::system};
  EXPECT_EQ(ids(roster, parts_of(clause, contract, roster)),
            (Names{"b200/00000/gpu0", "b200/00000/gpu1", "b200/00001/gpu0", "b200/00001/gpu1",
                   "host/00002"}));
}

TEST(PartsOf, AreTheItemsThemselvesForEveryOtherScope) {
  const Contract contract = two_lines();
  const auto roster = roster_of(contract);
  const Clause clause{.population = {"b200"}, .scope = Scope::each_node};
  EXPECT_EQ(parts_of(clause, contract, roster), items_of(clause, contract, roster));
}

}  // namespace
}  // namespace assay
