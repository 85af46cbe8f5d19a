#include "reports/report_machines.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(ReportMachines, ShowTheDeclaredVariablesAndNothingElseOfTheEnvironment) {
  Campaign campaign;
  NodeFacts facts;
  facts.environment =
      R"({"HOME":"/home/someone","LANG":"C","OMP_NUM_THREADS":"2","ONEDNN_MAX_CPU_ISA":"AVX2",)"
      R"("OPENBLAS_CORETYPE":"Haswell","OPENBLAS_L2_SIZE":"512"})";
  campaign.nodes.push_back(facts);
  const Json::Array machines = machines_of(campaign);
  ASSERT_EQ(machines.size(), 1U);
  EXPECT_EQ(canonical_json(*machines[0].find("environment")),
            R"({"LANG":"C","OMP_NUM_THREADS":"2","ONEDNN_MAX_CPU_ISA":"AVX2",)"
            R"("OPENBLAS_CORETYPE":"Haswell","OPENBLAS_L2_SIZE":"512"})");
}

}  // namespace
}  // namespace assay
