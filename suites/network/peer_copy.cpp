// network.peer_copy: sustained bandwidth between two GPUs of a node.
//
// Each GPU copies to and from GPU `peer` after it, beginning anew after the last one: peers 1 ..
// n-1 are all pairs of a node of n GPUs. With `concurrent: all_items` every GPU of the node does so
// at once. The GPU that is judged reads from and writes to its peer, by the copy engines.
#include "harness/run/link_case.h"

namespace assay {
namespace {

Result<Problem> problem(const Params& params) {
  constexpr Natural k_farthest = 1023;  // A node has up to 1024 GPUs.
  auto link = link_problem(params);
  if (!link) {
    return link.error();
  }
  const auto peer = natural_from(params.at("peer"));
  if (!peer || *peer > k_farthest) {
    return Error{Error::Code::bad_input, "params.peer: at most 1023"};
  }
  link->path = LinkProblem::Path::peer;
  link->peer_distance = static_cast<std::uint64_t>(*peer);
  return Problem{*link};
}

}  // namespace

Case network_peer_copy() {
  return link_case(
      {.id = "network.peer_copy",
       .summary = "Sustained bandwidth between two GPUs of a node, every copy verified",
       .params = {{.name = "peer",
                   .meaning = "how many GPUs further the other one is; after the last "
                              "comes the first",
                   .values = {},
                   .whole = true}},
       .problem = problem});
}

}  // namespace assay
