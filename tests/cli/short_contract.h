// A contract whose campaign takes a few seconds on any host.
#pragma once

#include <string>

namespace assay {

/// One short clause. `limit` in GFLOP/s.
inline std::string contract_with_limit(const std::string& limit) {
  return R"({"schema": "assay.contract/1", "id": "short", "purpose": "demonstration",
    "title": {"en": "One short clause"}, "parties": {"buyer": {"name": "B"}, "supplier": {"name": "S"}},
    "inventory": [{"id": "host", "kind": "x86-64-host", "nodes": 1}], "sessions": {"days": 1},
    "conditions": {"block_gap": "1 %", "clock_disagreement": "1 %"},
    "clauses": [{"id": "G", "title": {"en": "Matrix product"}, "case": "compute.gemm", "population": "host",
      "scope": "each_node", "concurrent": "all_items",
      "params": {"input": "f32", "accumulate": "f32", "output": "f32", "sparsity": "dense",
                 "emulation": "forbidden", "operands": "integers", "m": 256, "n": 256, "k": 256},
      "soak": "10 ms", "window": "100 ms", "rule": "1-5-9", "at_least": ")" +
         limit + R"( GFLOP/s", "at_most_plausible": "900 TFLOP/s", "weight": "mandatory",
      "defect_class": 1}]})";
}

}  // namespace assay
