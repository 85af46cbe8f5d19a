// Whether a window was measured on a GPU in the state that the contract orders.
#include "harness/model/ordered_gpu.h"

#include <gtest/gtest.h>

#include "tests/model/campaign_maker.h"

namespace assay {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

OrderedGpu ordered() {
  return {.power_limit = quantity("1000 W"), .ecc = true, .mig = false, .must_show = true};
}
ShownGpu shown() {
  return {.power_limit_mw = {1'000'000, 1'000'000}, .ecc = {1, 1}, .mig = {0, 0}};
}

TEST(StateInWindow, IsMeasuredWhereBothEndsShowWhatIsOrdered) {
  EXPECT_EQ(state_in_window(ordered(), shown()).ending, Ending::measured);
  EXPECT_EQ(state_in_window(ordered(), shown()).note, "");
  EXPECT_EQ(state_in_window({.must_show = true}, {}).ending, Ending::measured)
      << "nothing is ordered";
}

TEST(StateInWindow, IsAnotherPowerLimitAtEitherEnd) {
  for (const std::size_t end : {0U, 1U}) {
    ShownGpu other = shown();
    other.power_limit_mw[end] = 1'000'001;
    EXPECT_EQ(state_in_window(ordered(), other).ending, Ending::power_limit);
    other.power_limit_mw[end] = 700'000;
    EXPECT_EQ(state_in_window(ordered(), other).note,
              "the GPU's enforced power limit is 700.0 W, and the contract states 1000 W");
  }
}

TEST(StateInWindow, IsEccOffOrMigOnAtEitherEnd) {
  for (const std::size_t end : {0U, 1U}) {
    ShownGpu other = shown();
    other.ecc[end] = 0;
    EXPECT_EQ(state_in_window(ordered(), other).ending, Ending::gpu_state);
    EXPECT_EQ(state_in_window(ordered(), other).note,
              "the GPU's ECC is off, and the contract orders it on");
    other = shown();
    other.mig[end] = 1;
    EXPECT_EQ(state_in_window(ordered(), other).ending, Ending::gpu_state);
    EXPECT_EQ(state_in_window(ordered(), other).note,
              "the GPU's MIG mode is on, and the contract orders it off");
  }
}

TEST(StateInWindow, IsNoTelemetryWhereAnOrderedStateIsHidden) {
  for (const std::size_t end : {0U, 1U}) {
    for (ShownGpu::BothEnds ShownGpu::*hidden :
         {&ShownGpu::power_limit_mw, &ShownGpu::ecc, &ShownGpu::mig}) {
      ShownGpu half = shown();
      (half.*hidden)[end].reset();
      EXPECT_EQ(state_in_window(ordered(), half).ending, Ending::no_telemetry);
    }
  }
  EXPECT_EQ(
      state_in_window(ordered(), {}).note,
      "the window does not show the GPU's enforced power limit at both ends, and the contract "
      "orders one");
  ShownGpu half_other{.power_limit_mw = {std::nullopt, 700'000}};
  EXPECT_EQ(state_in_window(ordered(), half_other).ending, Ending::power_limit)
      << "what is shown and wrong comes first";
}

TEST(StateInWindow, IsNotWantedOfAWholeNode) {
  OrderedGpu of_node = ordered();
  of_node.must_show = false;
  EXPECT_EQ(state_in_window(of_node, {}).ending, Ending::measured);
  EXPECT_EQ(state_in_window(of_node, {.ecc = {0, 0}}).ending, Ending::gpu_state);
}

TEST(OrderedGpus, ComeFromTheInventoryLineAndItsMandatoryInventoryClauses) {
  Clause look = rate_clause();
  look.case_id = "system.inventory";
  look.rule = Rule::once;
  look.params = {{"ecc", "on"}, {"mig", "unstated"}};
  Contract contract = contract_of({rate_clause(), look}, 1, 1);
  contract.inventory[0].gpus->power_limit = quantity("600 W");
  const auto of_gpu = [&] { return ordered_gpus(contract, roster_of(contract)).at(1); };
  EXPECT_EQ(of_gpu().power_limit->text, "600 W");
  EXPECT_EQ(of_gpu().ecc, true);
  EXPECT_EQ(of_gpu().mig, std::nullopt);
  EXPECT_TRUE(of_gpu().must_show);
  EXPECT_FALSE(ordered_gpus(contract, roster_of(contract)).at(0).must_show) << "the node";
  contract.clauses[1].weight = Weight::advisory;
  EXPECT_EQ(of_gpu().ecc, std::nullopt) << "advice orders nothing";
}

}  // namespace
}  // namespace assay
