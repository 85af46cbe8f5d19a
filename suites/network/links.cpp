// network.links: messages between all pairs of ranks; what counts is the slowest.
//
// S is the size of a message. A step uses every link between two ranks, in rounds (circle method;
// permutations; all to one), and its time is that of its slowest round. Each run draws which rank
// has which part in it. The slowest link is named in the journal.
#include "harness/run/collective_case.h"

namespace assay {

Case network_links() {
  return message_case({.id = "network.links",
                       .summary = "Messages between all pairs of ranks, the slowest of which "
                                  "counts and is named, every message verified",
                       .formula =
                           "algbw S / t, of incast (n - 1) S / t; t: mean over all sweeps of "
                           "the time of their slowest round",
                       .params = {{.name = "pattern",
                                   .meaning = "who exchanges with whom at once: disjoint pairs, "
                                              "each with another, all with one",
                                   .values = {"pairs", "permutation", "incast"}}},
                       .problem = [](const Params& params) {
                         return collective_problem(CollectiveProblem::Op::links, params);
                       }});
}

}  // namespace assay
