// A test's own program as worker and rank of real MPI.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "harness/run/environment.h"
#include "harness/run/host_worker.h"
#include "harness/run/mpirun_command.h"
#include "harness/run/rank.h"
#include "harness/run/rank_job.h"

namespace assay::testing_doubles {

inline std::string mpirun_here() {
  return mpirun_of(own_environment());
}

inline RankLaunch launch_with(const std::string& module) {
  return {.launcher = mpirun_here(),
          .command = {std::filesystem::read_symlink("/proc/self/exe").string(), "rank"},
          .module = module};
}

/// For main(): worker or rank where it was started as one, else the tests.
inline int tests_worker_or_rank(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  if (words.size() > 3 && words[1] == "worker") {
    RankLaunch launch = launch_with(words[2]);
    launch.launcher = words[3];  // a worker has no PATH to find it on
    return host_worker(all_cases(), {.ranks = std::move(launch)});
  }
  if (words.size() > 3 && words[1] == "rank") {
    return rank_main(words[3], words.size() > 5 ? words[5] : "");  // --socket S --module M
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}

}  // namespace assay::testing_doubles
