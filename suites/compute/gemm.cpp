// compute.gemm: dense matrix product on one device.
//
// C = A x B, A m x k, B k x n. A run's value is 2 m n k I / T: I products completed in the window
// of length T, checks included (Hoefler & Belli 2015, rule 3: total work over total time).
#include "harness/run/case.h"

namespace assay {
namespace {

Dimension dimension(const Params& params) {
  return params.at("input") == "s8" ? Dimension::op_rate : Dimension::flop_rate;
}

/// Sums are kept in the widest type of the same kind; a narrower one would be another quantity.
Result<Done> check_types(const GemmProblem& gemm) {
  const bool integer = gemm.input == NumberType::s8;
  const bool wide = gemm.input == NumberType::f64;
  const NumberType sums = integer ? NumberType::s32 : wide ? NumberType::f64 : NumberType::f32;
  if (gemm.accumulate != sums) {
    return Error{Error::Code::bad_input, "params.accumulate: " + std::string(name_of(gemm.input)) +
                                             " is summed in " + std::string(name_of(sums))};
  }
  const bool fits = integer || wide
                        ? gemm.output == sums
                        : gemm.output == NumberType::f32 || gemm.output == NumberType::bf16 ||
                              gemm.output == NumberType::f16;
  if (!fits) {
    return Error{Error::Code::bad_input,
                 "params.output: sums of " + std::string(name_of(gemm.input)) +
                     " are not stored as " + std::string(name_of(gemm.output))};
  }
  return Done{};
}

Result<Problem> problem(const Params& params) {
  const auto input = number_type_from(params.at("input"));
  const auto accumulate = number_type_from(params.at("accumulate"));
  const auto output = number_type_from(params.at("output"));
  const auto m = natural_from(params.at("m"));
  const auto n = natural_from(params.at("n"));
  const auto k = natural_from(params.at("k"));
  if (!input || !accumulate || !output || !m || !n || !k) {
    return Error{Error::Code::bad_input, "params: not those of compute.gemm"};
  }
  constexpr Natural k_largest_order = 1U << 20U;
  if (*m > k_largest_order || *n > k_largest_order || *k > k_largest_order) {
    return Error{Error::Code::bad_input, "params: m, n and k are at most 1048576"};
  }
  const GemmProblem gemm{.input = *input,
                         .accumulate = *accumulate,
                         .output = *output,
                         .m = static_cast<std::uint64_t>(*m),
                         .n = static_cast<std::uint64_t>(*n),
                         .k = static_cast<std::uint64_t>(*k)};
  const auto types = check_types(gemm);
  if (!types) {
    return types.error();
  }
  return Problem{gemm};
}

}  // namespace

Case compute_gemm() {
  return {
      .id = "compute.gemm",
      .summary = "Dense matrix product on one device, every output slot verified",
      .formula = "2 m n k I / T (I products in a window of T; 1 TFLOP/s = 1e12)",
      .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
      .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
      .params =
          {{.name = "input",
            .meaning = "type of A and B; fp8_e5m2_e4m3: of A, of B",
            .values = {"f64", "f32", "tf32", "bf16", "f16", "fp8_e4m3", "fp8_e5m2", "fp8_e5m2_e4m3",
                       "mxfp8_e4m3", "nvfp4", "s8"}},
           {.name = "accumulate",
            .meaning = "type sums are kept in",
            .values = {"f64", "f32", "s32"}},
           {.name = "output",
            .meaning = "type of C",
            .values = {"f64", "f32", "bf16", "f16", "s32"}},
           {.name = "sparsity", .meaning = "structure of A", .values = {"dense"}},
           {.name = "emulation",
            .meaning = "whether other types may stand in",
            .values = {"forbidden"}},
           {.name = "operands", .meaning = "distribution of the values", .values = {"integers"}},
           {.name = "m", .meaning = "rows of A and C", .whole = true, .bench = "1024"},
           {.name = "n", .meaning = "columns of B and C", .whole = true, .bench = "1024"},
           {.name = "k", .meaning = "columns of A, rows of B", .whole = true, .bench = "1024"}},
      .dimension = dimension,
      .problem = problem};
}

}  // namespace assay
