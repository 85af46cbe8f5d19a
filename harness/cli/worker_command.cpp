// assay worker: started by the controller, not by people.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "harness/cli/commands.h"
#include "harness/run/host_worker.h"

namespace assay {

namespace {

/// This program, by the file that it was started from: a launcher has another /proc/self/exe.
std::vector<std::string> rank_command() {
  std::error_code error;
  return {std::filesystem::read_symlink("/proc/self/exe", error).string(), "rank"};
}

}  // namespace

void add_worker(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("worker", "Inner: runs one job read from standard input");
  command->group("");
  const auto choice = std::make_shared<HostWorker>();
  command->add_option("--module", choice->module, "File of the backend's module, and its settings");
  command->add_option("--replay-machine", choice->recording, "File of a recorded machine");
  command->add_option("--launcher", choice->ranks.launcher, "Words of the launcher of ranks");
  command->add_option("--mpi-module", choice->ranks.module,
                      "File of the MPI module, and its settings");
  const auto limit_ms = std::make_shared<std::int64_t>(0);
  command->add_option("--rank-limit-ms", *limit_ms, "For a rank to answer");
  command->callback([&chosen = shell.chosen, choice, limit_ms] {
    choice->ranks.command = rank_command();
    if (*limit_ms > 0) {
      choice->ranks.limit_ns = *limit_ms * 1'000'000;
    }
    chosen = [choice] { return host_worker(all_cases(), *choice); };
  });
}

}  // namespace assay
