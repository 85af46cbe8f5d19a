// What one step of a clause is, by the definition of its case and the clause's parameters alone:
// who judges and who verifies must not take it from who measured.
//
// The table belongs to schema run/1: no size in it may change. A case may be added; sessions of
// before don't state its sizes, and their windows are held against the table alone.
#pragma once

#include <optional>
#include <string_view>

#include "harness/model/contract.h"
#include "harness/model/natural.h"

namespace assay {

/// Cases by whose name floors that measure nothing know them.
inline constexpr std::string_view k_product_case = "compute.gemm";
inline constexpr std::string_view k_memory_case = "compute.memory";
inline constexpr std::string_view k_links_case = "network.links";
inline constexpr std::string_view k_layer_case = "compute.transformer_step";
inline constexpr std::string_view k_metadata_case = "storage.metadata";
inline constexpr std::string_view k_gpu_read_case = "storage.gpu_read";
inline constexpr std::string_view k_gpu_write_case = "storage.gpu_write";

/// Where a contract doesn't say otherwise.
inline constexpr std::string_view k_usual_copy_mib = "1024";
inline constexpr std::string_view k_usual_extent_mib = "64";
inline constexpr std::string_view k_usual_loads = "100000";
inline constexpr std::string_view k_usual_engine = "own", k_fio_engine = "fio";
/// Of arrays: the machine decides, by its caches.
inline constexpr std::string_view k_by_caches = "4x_llc";

/// FLOPs, operations (of files, too), bytes or loads of a step. None where the machine decides,
/// where parameters are missing or absurd, or for a case that has_step_size() doesn't know.
[[nodiscard]] std::optional<Natural> step_size(std::string_view case_id, const Params& params);

/// Whether the case times each of its steps by itself, so that its value is work over that time and
/// not over the window, in which each step is also prepared and verified. What fio moves is timed
/// so, too.
[[nodiscard]] bool times_each_step(std::string_view case_id, const Params& params);

/// Whether files go into or out of a GPU's memory.
[[nodiscard]] constexpr bool moves_gpu_files(std::string_view case_id) {
  return case_id == k_gpu_read_case || case_id == k_gpu_write_case;
}

/// Whether equal operands make equal outputs on every machine, so that items are compared by them.
/// Not of a case whose sums round: their order is the machine's.
[[nodiscard]] bool agrees_to_the_bit(std::string_view case_id);

/// Whether this release knows what a step of that case is.
[[nodiscard]] bool has_step_size(std::string_view case_id);

}  // namespace assay
