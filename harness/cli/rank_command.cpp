// assay rank: started by a launcher of MPI or by a worker, not by people.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "harness/cli/commands.h"
#include "harness/run/rank.h"

namespace assay {
namespace {

struct RankOptions {
  std::string socket, module;
  DeviceRankChoice device;
};

}  // namespace

void add_rank(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("rank", "Inner: one rank of a collective");
  command->group("");
  const auto options = std::make_shared<RankOptions>();
  command->add_option("--socket", options->socket, "Where the worker listens")->required();
  command->add_option("--module", options->module, "File of its module, and its settings");
  command->add_option("--backend", options->device.backend, "Backend of a rank on a device");
  command->add_option("--device", options->device.device, "Device of that backend");
  command->add_option("--rank", options->device.rank, "Number of a rank on a device");
  command->callback([&chosen = shell.chosen, options] {
    chosen = [options] { return rank_main(options->socket, options->module, options->device); };
  });
}

}  // namespace assay
