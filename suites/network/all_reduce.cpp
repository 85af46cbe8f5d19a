// network.all_reduce: the sum of what all ranks hold, on all ranks: how gradients are exchanged.
//
// S is the size of one rank's operands. A call's time is the longest of all ranks' from their
// common start; every element of every call is compared on every rank, outside that time.
#include "harness/run/collective_case.h"

namespace assay {

Case network_all_reduce() {
  return collective_case(
      {.id = "network.all_reduce",
       .summary = "Sum over all ranks, on all ranks (MPI_Allreduce; NCCL), every result verified",
       .formula = "algbw S / t; busbw 2 (n - 1) / n x S / t; t: mean of the calls' times, each the "
                  "longest of n ranks' (nccl-tests PERFORMANCE.md)",
       .params = {{.name = "op", .meaning = "how operands are combined", .values = {"sum"}}},
       .problem =
           [](const Params& params) {
             return collective_problem(CollectiveProblem::Op::all_reduce, params);
           }},
      InPlace::offered);
}

}  // namespace assay
