#include "harness/run/mpirun_command.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

namespace assay {

std::uint32_t cores_of_rank(const MpirunJob& job) {
  return job.computes ? std::max<std::uint32_t>(usable_cores() / job.ranks, 1) : 1;
}

std::vector<std::string> mpirun_command(const std::string& mpirun,
                                        const std::vector<std::string>& rank,
                                        const MpirunJob& job) {
  const bool fits = job.ranks <= usable_cores();
  std::vector<std::string> command{mpirun, "-np", std::to_string(job.ranks), "--oversubscribe",
                                   "--bind-to", fits ? "core" : "none",
                                   // What memory the ranks share goes with the folder.
                                   "--mca", "btl_vader_backing_directory", job.folder,
                                   // Ranks without a core of their own must not hold another's.
                                   "--mca", "mpi_yield_when_idle", fits ? "0" : "1"};
  if (fits && cores_of_rank(job) > 1) {
    command.insert(command.end(), {"--map-by", "slot:PE=" + std::to_string(cores_of_rank(job))});
  }
  command.insert(command.end(), rank.begin(), rank.end());
  return command;
}

Environment mpirun_environment(const MpirunJob& job) {
  Environment environment{{"HOME", job.folder},
                          {"LANG", "C"},
                          {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                          {"TMPDIR", job.folder}};
  if (job.computes) {
    environment["OMP_NUM_THREADS"] = std::to_string(cores_of_rank(job));
  }
  if (::geteuid() == 0) {
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";  // both, or it refuses
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
  }
  return environment;
}

Environment device_rank_environment(const std::string& folder) {
  Environment environment = own_environment();
  environment["HOME"] = folder;
  environment["NCCL_CONF_FILE"] = "/dev/null";  // else it finds the user's by the system's list
  environment["TMPDIR"] = folder;
  return environment;
}

std::string program_on_path(const std::string& name, const Environment& caller) {
  const auto path = caller.find("PATH");
  std::istringstream folders(path == caller.end() ? "" : path->second);
  std::string folder;
  while (std::getline(folders, folder, ':')) {
    const std::string file = std::string(folder).append("/").append(name);
    std::error_code error;
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) {
      const auto whole = std::filesystem::absolute(file, error);
      return error ? "" : whole.string();
    }
  }
  return "";
}

std::string mpirun_of(const Environment& caller) {
  return program_on_path("mpirun", caller);
}

}  // namespace assay
