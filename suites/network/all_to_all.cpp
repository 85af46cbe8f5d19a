// network.all_to_all: each rank sends another part to every rank: how experts get their tokens.
//
// S is the size of what each rank sends, and gets.
#include "harness/run/collective_case.h"

namespace assay {

Case network_all_to_all() {
  return collective_case(
      {.id = "network.all_to_all",
       .summary = "A part from each rank to each (MPI_Alltoall; NCCL), every result verified",
       .formula = "algbw S / t; busbw (n - 1) / n x S / t; t: mean of the calls' times, each the "
                  "longest of n ranks' (nccl-tests PERFORMANCE.md)",
       .problem =
           [](const Params& params) {
             return collective_problem(CollectiveProblem::Op::all_to_all, params);
           }},
      InPlace::offered);
}

}  // namespace assay
