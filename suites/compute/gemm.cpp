// compute.gemm: dense matrix product on one device.
//
// C = A x B, A m x k, B k x n. A run's value is 2 m n k I / T: I products completed in the window
// of length T, checks included (Hoefler & Belli 2015, rule 3: total work over total time).
#include "harness/run/product_params.h"

namespace assay {
namespace {

Dimension dimension(const Params& params) {
  return params.at("input") == "s8" ? Dimension::op_rate : Dimension::flop_rate;
}

Result<Problem> problem(const Params& params) {
  const auto gemm = product_of(params);
  return gemm ? Result<Problem>(*gemm) : Result<Problem>(gemm.error());
}

}  // namespace

Case compute_gemm() {
  return {.id = "compute.gemm",
          .summary = "Dense matrix product on one device, every output slot verified",
          .formula = "2 m n k I / T (I products in a window of T; 1 TFLOP/s = 1e12)",
          .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
          .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
          .params = product_params(),
          .dimension = dimension,
          .problem = problem};
}

}  // namespace assay
