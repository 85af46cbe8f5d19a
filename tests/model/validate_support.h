// A sound contract, and how one that is changed is refused.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness/model/contract.h"

namespace assay::testing_validate {

inline Quantity q(const char* text) {
  return *parse_quantity(text);
}

/// 10 nodes with 8 GPUs, one FLOP/s clause on each GPU and one on the system.
inline Contract sound() {
  Contract contract{.id = "sound", .buyer = "Buyer", .supplier = "Supplier", .days = 3};
  contract.inventory.push_back(
      {.id = "b200",
       .kind = "dgx-b200",
       .nodes = 10,
       .gpus = Gpus{
           .model = "NVIDIA B200", .count = 8, .memory = q("180 GB"), .power_limit = q("1000 W")}});
  contract.conditions.block_gap = q("1 %");
  contract.conditions.clock_disagreement = q("0.01 %");
  Clause clause{.id = "C-1",
                .case_id = "compute.gemm",
                .population = {"b200"},
                .scope = Scope::each_gpu,
                .concurrent = Concurrency::all_items};
  clause.params = {{"input", "bf16"},
                   {"accumulate", "f32"},
                   {"output", "bf16"},
                   {"sparsity", "dense"},
                   {"emulation", "forbidden"},
                   {"operands", "integers"},
                   {"m", "8192"},
                   {"n", "8192"},
                   {"k", "8192"}};
  clause.soak = q("60 s");
  clause.window = q("300 s");
  clause.limit = q("1620 TFLOP/s");
  clause.every_run = q("1571 TFLOP/s");
  clause.plausible = q("2382 TFLOP/s");
  contract.clauses.push_back(clause);
  clause.id = "C-2";
  clause.scope = Scope::system;
  clause.aggregate = Aggregate::sum;
  clause.limit = q("129.6 PFLOP/s");
  clause.every_run.reset();
  clause.plausible = q("190.5 PFLOP/s");
  contract.clauses.push_back(clause);
  return contract;
}

/// Rule on a time instead of a rate.
inline Clause latency() {
  Clause clause{.id = "L-1",
                .case_id = "network.latency",
                .population = {"b200"},
                .concurrent = Concurrency::one_at_a_time};
  clause.window = q("1 s");
  clause.comparator = Comparator::at_most;
  clause.limit = q("12 us");
  clause.every_run = q("15 us");
  clause.plausible = q("5 us");
  return clause;
}

inline std::string refusal_of(const Contract& contract) {
  const auto checked = validate(contract);
  return checked ? "accepted" : checked.error().message;
}

struct Fault {
  std::function<void(Contract&)> change;
  std::string message;
};

inline void expect_refusals(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    Contract contract = sound();
    fault.change(contract);
    EXPECT_EQ(refusal_of(contract), fault.message);
  }
}

}  // namespace assay::testing_validate
