// system.inventory: whether what was ordered is there, GPU by GPU.
//
// Nothing is executed. What the driver says of each GPU stands in the journal, and everybody who
// verifies compares it with the inventory line again (harness/model/as_ordered.h).
#include "harness/run/finding_case.h"

namespace assay {

Case system_inventory() {
  return finding_case({.id = "system.inventory",
                       .summary = "What is there against what was ordered: number, model, memory, "
                                  "power limit and identity of the GPUs, links, host",
                       .formula = "1 if nothing differs from the inventory line and the parameters",
                       .scopes = {Scope::each_gpu, Scope::each_node}});
}

}  // namespace assay
