// Every contract that is shipped can be planned with the cases that are shipped.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

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

/// One day and windows of 200 ms are too little for a delivery that is to be accepted; this one
/// must be rejected, and soon.
std::size_t warnings_of(const std::string& name) {
  return name == "examples/rejects" ? 5 : 0;
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
    EXPECT_EQ(plan->warnings.size(), warnings_of(name)) << testing::PrintToString(plan->warnings);
    for (const Clause& clause : contract->clauses) {
      EXPECT_EQ(clause.title.count("en") + clause.title.count("de"), 2U) << clause.id;
      EXPECT_FALSE(clause.source.empty()) << clause.id;
    }
    ++count;
  }
  EXPECT_EQ(count, 8);
}

TEST(ShippedContracts, MeasureThisHostInUnderAMinute) {
  const Plan plan = plan_of("this-host");
  EXPECT_EQ(plan.clauses.size(), 11U);
  EXPECT_EQ(to_decimal(plan.first_look_ns), "45100000000");
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

/// Whether nobody has published the figure of this very part, or others have published less.
bool is_doubtful(const Clause& clause) {
  const bool judges_a_limit = !is_finding(clause.case_id) && clause.rule != Rule::zero_wrong;
  if (!judges_a_limit || clause.weight == Weight::advisory) {
    return false;
  }
  const auto op = clause.params.find("op");
  const bool is_triad = op != clause.params.end() && op->second == "triad";
  return clause.params.contains("input") || is_triad || clause.case_id == "network.peer_copy" ||
         clause.case_id.starts_with("storage.");
}

TEST(ShippedContracts, OfNodesHaveAllThatIsPaidFor) {
  for (const char* name : {"dgx-b200-node", "h100-node", "rtx-pro-server-node"}) {
    const auto contract = shipped(name);
    ASSERT_TRUE(contract) << name;
    std::set<std::string> cases;
    for (const Clause& clause : contract->clauses) {
      cases.insert(clause.case_id);
    }
    // Which disks an RTX PRO server has is its maker's choice: no figure is everybody's.
    const bool has_known_disks = contract->id != "rtx-pro-server-node";
    for (const char* needed : {"compute.gemm", "compute.attention", "compute.memory",
                               "compute.soak", "network.all_reduce"}) {
      EXPECT_TRUE(cases.contains(needed)) << name << " " << needed;
    }
    for (const char* needed : {"storage.read", "storage.write"}) {
      EXPECT_EQ(cases.contains(needed), has_known_disks) << name << " " << needed;
    }
  }
}

TEST(ShippedContracts, KeepDoubtfulFiguresProvisional) {
  for (const char* name : {"dgx-b200-node", "industrial-ai-cloud"}) {
    const auto contract = shipped(name);
    ASSERT_TRUE(contract);
    for (const Clause& clause : contract->clauses) {
      EXPECT_EQ(clause.provisional, is_doubtful(clause)) << clause.id;
    }
  }
}

}  // namespace
}  // namespace assay
