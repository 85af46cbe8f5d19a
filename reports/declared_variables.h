// The environment variables of a worker. They may change what is measured, so that name and value
// of each stand in the journal and in the report; their values are no secrets. All others are kept
// from workers and out of reports.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace assay {

/// The caller's, passed on where he sets them.
inline constexpr std::array<std::string_view, 3> k_passed_variables{
    "ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"};

/// The same, of an allocation of Slurm: what its `srun` needs to start ranks in it, and no more.
inline constexpr std::array<std::string_view, 3> k_slurm_variables{"SLURMD_NODENAME", "SLURM_CONF",
                                                                   "SLURM_JOB_ID"};

/// Set by the controller, whatever the caller has there.
inline constexpr std::array<std::string_view, 5> k_set_variables{
    "CUDA_DEVICE_ORDER", "LANG", "OMP_NUM_THREADS", "OMP_PLACES", "OMP_PROC_BIND"};

/// What a build for finding faults needs; a program that is delivered knows none of them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::array<std::string_view, 4> k_sanitizer_variables{
    "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};
#else
inline constexpr std::array<std::string_view, 0> k_sanitizer_variables{};
#endif

[[nodiscard]] constexpr bool is_declared_variable(std::string_view name) {
  const auto holds = [name](const auto& list) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  return holds(k_passed_variables) || holds(k_slurm_variables) || holds(k_set_variables) ||
         holds(k_sanitizer_variables);
}

}  // namespace assay
