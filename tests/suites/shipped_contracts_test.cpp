// Every contract that is shipped can be planned with the cases that are shipped.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "harness/model/as_ordered.h"
#include "harness/run/plan.h"
#include "reports/contract_json.h"

namespace assay {
namespace {

Result<Contract> shipped(const std::string& name) {
  std::ifstream file(ASSAY_SOURCE_DIR "/contracts/" + name + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  return read_contract(text.str());
}

Plan plan_of(const std::string& name) {
  const auto contract = shipped(name);
  EXPECT_TRUE(contract) << contract.error().message;
  auto plan = make_plan(*contract, all_cases());
  EXPECT_TRUE(plan) << plan.error().message;
  return *std::move(plan);
}

TEST(ShippedContracts, CanAllBePlanned) {
  int count = 0;
  const std::filesystem::path folder = ASSAY_SOURCE_DIR "/contracts";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    const auto name = entry.path().lexically_relative(folder).replace_extension().string();
    SCOPED_TRACE(name);
    const auto contract = shipped(name);
    ASSERT_TRUE(contract) << contract.error().message;
    const auto plan = make_plan(*contract, all_cases());
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(entry.path().stem(), contract->id);
    EXPECT_EQ(plan->warnings, std::vector<std::string>{});
    for (const Clause& clause : contract->clauses) {
      EXPECT_EQ(clause.title.count("en") + clause.title.count("de"), 2U) << clause.id;
      EXPECT_FALSE(clause.source.empty()) << clause.id;
    }
    ++count;
  }
  EXPECT_EQ(count, 7);
}

TEST(ShippedContracts, MeasureThisHostInUnderAMinute) {
  const Plan plan = plan_of("this-host");
  EXPECT_EQ(plan.clauses.size(), 8U);
  EXPECT_EQ(to_decimal(plan.first_look_ns), "36000000000");
}

TEST(ShippedContracts, CoverTenThousandGpus) {
  const Plan plan = plan_of("industrial-ai-cloud");
  EXPECT_EQ(plan.nodes, 1250U);
  std::uint64_t gpus = 0;
  for (const PlannedClause& clause : plan.clauses) {
    gpus += clause.id == "B-1" || clause.id == "R-1" ? clause.items : 0;
  }
  EXPECT_EQ(gpus, 10'000U);
}

TEST(ShippedContracts, LookAtEveryGpuBeforeAndAfterItIsLoaded) {
  for (const char* name :
       {"dgx-b200-node", "h100-node", "industrial-ai-cloud", "rtx-pro-server-node"}) {
    const auto contract = shipped(name);
    ASSERT_TRUE(contract) << name;
    for (const char* needed : {"system.inventory", "system.health"}) {
      for (const InventoryLine& line : contract->inventory) {
        const auto binds = [&](const Clause& clause) {
          return clause.case_id == needed && clause.population.front() == line.id &&
                 is_mandatory(clause);
        };
        EXPECT_TRUE(std::any_of(contract->clauses.begin(), contract->clauses.end(), binds))
            << name << " " << line.id << " " << needed;
      }
    }
  }
}

TEST(ShippedContracts, KeepDoubtfulFiguresProvisional) {
  for (const char* name : {"dgx-b200-node", "industrial-ai-cloud"}) {
    const auto contract = shipped(name);
    ASSERT_TRUE(contract);
    for (const Clause& clause : contract->clauses) {
      if (is_finding(clause.case_id)) {
        EXPECT_FALSE(clause.provisional) << clause.id;
        continue;
      }
      const auto op = clause.params.find("op");
      const bool is_triad = op != clause.params.end() && op->second == "triad";
      const bool is_link = clause.case_id == "network.peer_copy";  // measured on a sibling only
      EXPECT_EQ(clause.provisional, clause.params.contains("input") || is_triad || is_link)
          << clause.id;
    }
  }
}

}  // namespace
}  // namespace assay
