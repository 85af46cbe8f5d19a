// How Open MPI's launcher is called on one host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/run/environment.h"

namespace assay {

struct MpirunJob {
  std::uint32_t ranks = 1;
  std::string folder;     ///< For what MPI keeps while it runs.
  bool computes = false;  ///< Ranks share all cores instead of having one each.
};

/// Whole ones, of those that there are; at least one.
[[nodiscard]] std::uint32_t cores_of_rank(const MpirunJob& job);

/// `rank`: the command of each rank.
[[nodiscard]] std::vector<std::string> mpirun_command(const std::string& mpirun,
                                                      const std::vector<std::string>& rank,
                                                      const MpirunJob& job);

/// Of launcher and ranks: neither the caller's variables nor his own settings of MPI reach them.
[[nodiscard]] Environment mpirun_environment(const MpirunJob& job);

/// Of ranks on devices: what their worker was given, and nothing of the user's.
[[nodiscard]] Environment device_rank_environment(const std::string& folder);

/// The program that the caller's PATH finds; "": none.
[[nodiscard]] std::string program_on_path(const std::string& name, const Environment& caller);
[[nodiscard]] std::string mpirun_of(const Environment& caller);

}  // namespace assay
