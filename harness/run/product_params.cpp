#include "harness/run/product_params.h"

#include "harness/model/natural.h"

namespace assay {
namespace {

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

}  // namespace

Result<GemmProblem> product_of(const Params& params) {
  const auto input = number_type_from(params.at("input"));
  const auto accumulate = number_type_from(params.at("accumulate"));
  const auto output = number_type_from(params.at("output"));
  const auto m = natural_from(params.at("m"));
  const auto n = natural_from(params.at("n"));
  const auto k = natural_from(params.at("k"));
  if (!input || !accumulate || !output || !m || !n || !k) {
    return Error{Error::Code::bad_input, "params: not those of a matrix product"};
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
  return gemm;
}

std::vector<Param> product_params() {
  return {
      {.name = "input",
       .meaning = "type of A and B; fp8_e5m2_e4m3: of A, of B",
       .values = {"f64", "f32", "tf32", "bf16", "f16", "fp8_e4m3", "fp8_e5m2", "fp8_e5m2_e4m3",
                  "mxfp8_e4m3", "nvfp4", "s8"}},
      {.name = "accumulate", .meaning = "type sums are kept in", .values = {"f64", "f32", "s32"}},
      {.name = "output", .meaning = "type of C", .values = {"f64", "f32", "bf16", "f16", "s32"}},
      {.name = "sparsity", .meaning = "structure of A", .values = {"dense"}},
      {.name = "emulation", .meaning = "whether other types may stand in", .values = {"forbidden"}},
      {.name = "operands", .meaning = "distribution of the values", .values = {"integers"}},
      {.name = "m", .meaning = "rows of A and C", .whole = true, .bench = "1024"},
      {.name = "n", .meaning = "columns of B and C", .whole = true, .bench = "1024"},
      {.name = "k", .meaning = "columns of A, rows of B", .whole = true, .bench = "1024"}};
}

}  // namespace assay
