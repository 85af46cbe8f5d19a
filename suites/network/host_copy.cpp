// network.host_copy: sustained bandwidth of the link between a GPU and its host.
//
// Copies between GPU memory and pinned memory of the host, by the copy engines. `near`: the NUMA
// node at which the GPU is; `far`: the one farthest from it, so that the link between the sockets
// counts.
#include "harness/run/link_case.h"

namespace assay {
namespace {

Result<Problem> problem(const Params& params) {
  auto link = link_problem(params);
  if (!link) {
    return link.error();
  }
  link->path =
      params.at("numa") == "near" ? LinkProblem::Path::near_host : LinkProblem::Path::far_host;
  return Problem{*link};
}

}  // namespace

Case network_host_copy() {
  return link_case({.id = "network.host_copy",
                    .summary = "Sustained bandwidth between a GPU and pinned memory of its host, "
                               "every copy verified",
                    .params = {{.name = "numa",
                                .meaning = "NUMA node of the host's memory, seen from the GPU",
                                .values = {"near", "far"}}},
                    .problem = problem});
}

}  // namespace assay
