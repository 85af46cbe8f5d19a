// compute.memory: sustained bandwidth of memory: the host's, or a GPU's own.
//
// STREAM counting (McCalpin): 8 bytes an element are read, copy moves 16, triad 24; write-allocate
// traffic is not counted. A run's value is total bytes over the window, never the best pass.
#include "harness/model/step_size.h"
#include "harness/run/array_param.h"
#include "harness/run/case.h"

namespace assay {
namespace {

Dimension dimension(const Params& /*params*/) {
  return Dimension::byte_rate;
}

Result<Problem> problem(const Params& params) {
  const std::string& op = params.at("op");
  MemoryProblem memory;
  memory.op = op == "read"   ? MemoryProblem::Op::read
              : op == "copy" ? MemoryProblem::Op::copy
                             : MemoryProblem::Op::triad;
  memory.non_temporal = params.at("stores") == "non_temporal";
  const auto bytes = array_bytes_of(params);
  if (!bytes) {
    return bytes.error();
  }
  memory.array_bytes = *bytes;
  return Problem{memory};
}

}  // namespace

Case compute_memory() {
  return {
      .id = "compute.memory",
      .summary =
          "Sustained bandwidth of memory (host's or GPU's): read, copy, triad; every pass verified",
      .formula = "8, 16 or 24 bytes x elements x passes / T (STREAM counting; 1 GB/s = 1e9)",
      .scopes = {Scope::each_gpu, Scope::each_node, Scope::system},
      .rules = {Rule::sign_1_5_9, Rule::sign_1_4_8, Rule::zero_wrong},
      .params = {{.name = "op", .meaning = "kernel", .values = {"read", "copy", "triad"}},
                 {.name = "stores",
                  .meaning = "how results are stored",
                  .values = {"non_temporal", "ordinary"},
                  .fallback = "non_temporal"},
                 {.name = "array_mib",
                  .meaning =
                      "size of each array in MiB; 4x_llc: four times the last caches (a GPU's L2)",
                  .values = {k_by_caches},
                  .whole = true,
                  .fallback = k_by_caches}},
      .dimension = dimension,
      .problem = problem};
}

}  // namespace assay
