// network.reduce_scatter: each rank gets its part of the sum of what all ranks hold.
//
// S is the size of one rank's operands, the parts of all ranks. In place the part stands where the
// operands began.
#include "harness/run/collective_case.h"

namespace assay {

Case network_reduce_scatter() {
  return collective_case(
      {.id = "network.reduce_scatter",
       .summary = "Sum over all ranks, a part on each (MPI_Reduce_scatter_block; NCCL), every "
                  "result verified",
       .formula = "algbw S / t; busbw (n - 1) / n x S / t; t: mean of the calls' times, each the "
                  "longest of n ranks' (nccl-tests PERFORMANCE.md)",
       .params = {{.name = "op", .meaning = "how operands are combined", .values = {"sum"}}},
       .problem =
           [](const Params& params) {
             return collective_problem(CollectiveProblem::Op::reduce_scatter, params);
           }},
      InPlace::offered);
}

}  // namespace assay
