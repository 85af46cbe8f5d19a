// compute.latency: how long memory (the host's, or a GPU's own) takes to answer.
//
// One thread follows a chain through an array: each load needs what the one before found. The chain
// is a cycle through all lines of 64 bytes in a drawn order. A run's value is the mean time of a
// chain, with the checks between them: divided by its loads it is the latency of one.
#include "harness/model/step_size.h"
#include "harness/run/array_param.h"
#include "harness/run/case.h"

namespace assay {
namespace {

constexpr Natural k_most_loads = 1'000'000'000;

Dimension dimension(const Params& /*params*/) {
  return Dimension::time;
}

Result<Problem> problem(const Params& params) {
  LatencyProblem latency;
  const auto loads = natural_from(params.at("loads"));
  if (!loads || *loads > k_most_loads) {
    return Error{Error::Code::bad_input, "params.loads: at most 1000000000"};
  }
  latency.loads = static_cast<std::uint64_t>(*loads);
  const auto bytes = array_bytes_of(params);
  if (!bytes) {
    return bytes.error();
  }
  latency.array_bytes = *bytes;
  return Problem{latency};
}

}  // namespace

Case compute_latency() {
  return {.id = "compute.latency",
          .summary =
              "Latency of memory (host's or GPU's): a chain of dependent loads, every chain "
              "verified",
          .formula = "T / chains: the mean time of one chain of `loads` loads, checks included",
          .scopes = {Scope::each_gpu, Scope::each_node},
          .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
          .params = {{.name = "loads",
                      .meaning = "loads of one chain",
                      .values = {},
                      .whole = true,
                      .fallback = k_usual_loads},
                     {.name = "array_mib",
                      .meaning = "size of the array in MiB; 4x_llc: four times the last caches (a "
                                 "GPU's L2)",
                      .values = {k_by_caches},
                      .whole = true,
                      .fallback = k_by_caches}},
          .dimension = dimension,
          .problem = problem};
}

}  // namespace assay
