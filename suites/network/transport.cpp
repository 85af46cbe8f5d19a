// network.transport: messages in a ring that must go the way that the clause states.
//
// As network.send_recv. Which way they went is shown by counters that know nothing of MPI or NCCL:
// those of the ranks' TCP sockets, of the host's verbs devices, and of the GPUs' NVLinks. A run
// that went another way, as where a library falls back from a fast network to a slow one, is
// INVALID, however fast it was.
#include "harness/run/collective_case.h"

namespace assay {

Case network_transport() {
  return message_case({.id = "network.transport",
                       .summary = "To the next rank and from the one before, by the path that is "
                                  "stated, as counters beside MPI and NCCL show it",
                       .formula = "algbw S / t; t: mean of the calls' times, each the longest of n "
                                  "ranks' (nccl-tests PERFORMANCE.md)",
                       .params = {{.name = "path",
                                   .meaning = "which way messages must go",
                                   .values = {"shared_memory", "tcp", "verbs", "nvlink"}}},
                       .problem = [](const Params& params) {
                         return collective_problem(CollectiveProblem::Op::transport, params);
                       }});
}

}  // namespace assay
