// network.send_recv: each rank sends to the next one and receives from the one before, a ring.
//
// S is the size of what each rank sends. Who is next to whom is drawn anew for each run.
#include "harness/run/collective_case.h"

namespace assay {

Case network_send_recv() {
  return collective_case({.id = "network.send_recv",
                          .summary = "To the next rank and from the one before, at once "
                                     "(MPI_Sendrecv; NCCL), every result verified",
                          .formula = "algbw and busbw S / t; t: mean of the calls' times, each the "
                                     "longest of n ranks' (nccl-tests PERFORMANCE.md)",
                          .problem =
                              [](const Params& params) {
                                return collective_problem(CollectiveProblem::Op::send_recv, params);
                              }},
                         InPlace::none);
}

}  // namespace assay
