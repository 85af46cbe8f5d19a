// network.broadcast: what the first rank holds, on all ranks.
//
// S is the size of it. Which process is the first rank is drawn anew for each run.
#include "harness/run/collective_case.h"

namespace assay {

Case network_broadcast() {
  return collective_case(
      {.id = "network.broadcast",
       .summary = "One rank's data on all ranks (MPI_Bcast; NCCL), every result verified",
       .formula = "algbw and busbw S / t; t: mean of the calls' times, each the longest of n "
                  "ranks' (nccl-tests PERFORMANCE.md)",
       .problem =
           [](const Params& params) {
             return collective_problem(CollectiveProblem::Op::broadcast, params);
           }},
      InPlace::none);
}

}  // namespace assay
