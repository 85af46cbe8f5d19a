// compute.soak: hours of load in which nothing may be wrong.
//
// A step is one matrix product, one triad and one copy, so that tensor cores, memory and the way
// to it are loaded in turn within one window. Every product, triad and copy is verified. Judged is
// not how fast it was, but whether any was wrong: zero in N says that fewer than 3/N are, with
// 95 % confidence. All items of a round have the same operands, so their outputs must agree.
#include "harness/run/array_param.h"
#include "harness/run/product_params.h"

namespace assay {
namespace {

Dimension dimension(const Params& /*params*/) {
  return Dimension::count;
}

Result<Problem> problem(const Params& params) {
  const auto product = product_of(params);
  const auto array = bytes_of_mib(params, "array_mib");
  const auto copy = bytes_of_mib(params, "copy_mib");
  if (!product) {
    return product.error();
  }
  if (!array || !copy) {
    return array ? copy.error() : array.error();
  }
  return Problem{SoakProblem{.product = *product, .array_bytes = *array, .copy_bytes = *copy}};
}

/// No size is left to the machine: items whose steps differ could not be compared.
std::vector<Param> params() {
  std::vector<Param> all = product_params();
  for (Param& param : all) {
    param.bench = param.whole ? "512" : param.values.size() > 1 ? "f32" : "";
  }
  all.push_back({.name = "array_mib",
                 .meaning = "size of each array of the triad in MiB",
                 .whole = true,
                 .bench = "16"});
  all.push_back({.name = "copy_mib",
                 .meaning = "size of the copy in MiB: of memory; of a GPU: to its host and back",
                 .whole = true,
                 .bench = "16"});
  return all;
}

}  // namespace

Case compute_soak() {
  return {.id = "compute.soak",
          .summary = "Load for hours: products, triads and copies in turn, every one verified",
          .formula = "operations: 3 x steps (a product, a triad, a copy); wrong ones among them",
          .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
          .rules = {Rule::zero_wrong},
          .params = params(),
          .repeats_wrong_step = true,
          .dimension = dimension,
          .problem = problem};
}

}  // namespace assay
