// network.all_gather: every rank gets the parts of all.
//
// S is the size of what each rank gets, the parts of all ranks. In place each rank's own part
// stands there already.
#include "harness/run/collective_case.h"

namespace assay {

Case network_all_gather() {
  return collective_case(
      {.id = "network.all_gather",
       .summary = "Parts of all ranks, on all ranks (MPI_Allgather; NCCL), every result verified",
       .formula = "algbw S / t; busbw (n - 1) / n x S / t; t: mean of the calls' times, each the "
                  "longest of n ranks' (nccl-tests PERFORMANCE.md)",
       .problem =
           [](const Params& params) {
             return collective_problem(CollectiveProblem::Op::all_gather, params);
           }},
      InPlace::offered);
}

}  // namespace assay
