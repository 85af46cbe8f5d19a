#include "harness/run/link_case.h"

#include "harness/model/step_size.h"
#include "harness/run/array_param.h"

namespace assay {
namespace {

using Direction = LinkProblem::Direction;

Direction direction_of(const Params& params) {
  const std::string& word = params.at("direction");
  return word == "to_gpu"     ? Direction::to_device
         : word == "from_gpu" ? Direction::from_device
                              : Direction::both;
}

}  // namespace

Result<LinkProblem> link_problem(const Params& params) {
  const auto bytes = bytes_of_mib(params, "copy_mib");
  if (!bytes) {
    return bytes.error();
  }
  return LinkProblem{.direction = direction_of(params), .bytes = *bytes};
}

Case link_case(Case base) {
  base.formula = "bytes copied / T, those of both directions added up (1 GB/s = 1e9)";
  base.scopes = {Scope::each_gpu, Scope::system};
  base.rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong};
  base.params.push_back({.name = "direction",
                         .meaning = "of the copies; both: at once",
                         .values = {"to_gpu", "from_gpu", "both"}});
  base.params.push_back({.name = "copy_mib",
                         .meaning = "size of one copy in MiB",
                         .values = {},
                         .whole = true,
                         .fallback = k_usual_copy_mib});
  base.dimension = [](const Params&) { return Dimension::byte_rate; };
  return base;
}

}  // namespace assay
