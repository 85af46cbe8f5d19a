// assay run: a campaign from contract to report on this machine.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/judgement_text.h"
#include "harness/cli/progress_line.h"
#include "harness/run/campaign_run.h"
#include "harness/run/rank_launcher.h"
#include "kernels/module.h"
#include "reports/contract_json.h"
#include "reports/files.h"
#include "reports/machine_facts.h"
#include "reports/sizes.h"

namespace assay {
namespace {

struct RunOptions {
  std::string contract, folder, backend = "host", module, nonce, recording, scratch, launcher,
                                mpi_module;
  bool resume = false, json = false;
};

std::string_view name_of(RunOutcome::Finish finish) {
  switch (finish) {
    case RunOutcome::Finish::complete: return "complete";
    case RunOutcome::Finish::next_day: return "next_day";
    case RunOutcome::Finish::interrupted: return "interrupted";
  }
  return "";
}

Json outcome_json(const RunOptions& options, const RunOutcome& outcome) {
  Json::Object json = *judgement_json(outcome.judgement).object();
  json.emplace_back("complete", outcome.finish == RunOutcome::Finish::complete);
  json.emplace_back("finish", name_of(outcome.finish));
  json.emplace_back("folder", printable(options.folder));
  json.emplace_back("marks", Json::Array(outcome.marks.begin(), outcome.marks.end()));
  json.emplace_back("next_day",
                    outcome.next_day
                        ? Json(Json::Object{{"day", outcome.next_day->day},
                                            {"days", outcome.next_day->days},
                                            {"not_before", outcome.next_day->not_before}})
                        : Json());
  json.emplace_back("sentence", printable(outcome.sentence));
  return json;
}

int finish(const Console& console, const RunOptions& options, const Contract& contract,
           const RunOutcome& outcome) {
  if (options.json) {
    console.out << canonical_json(outcome_json(options, outcome)) << '\n';
  } else {
    print_judgement(console, contract, roster_of(contract), outcome.judgement, outcome.marks);
    console.out << wrapped(outcome.sentence, 0);
  }
  return outcome.finish == RunOutcome::Finish::interrupted
             ? k_exit_interrupted
             : exit_code_of(outcome.judgement.decision);
}

/// What everything measured by this backend is marked with. A module that is missing marks nothing:
/// the workers say so, for every clause.
std::vector<std::string> marks_of(const RunOptions& options) {
  if (options.backend == "host") {
    return {};
  }
  const auto loaded = load_backend(options.backend, ModuleChoice::from(options.module));
  return loaded && !loaded->mark.empty() ? std::vector<std::string>{loaded->mark}
                                         : std::vector<std::string>{};
}

/// Better said before the campaign than by every worker in it.
Result<Done> check_recording(const std::string& file) {
  constexpr std::size_t k_largest = std::size_t{16} << 20U;
  if (file.empty()) {
    return Done{};
  }
  const auto text = read_file(file, k_largest);
  if (!text) {
    return text.error();
  }
  const auto looks = read_recording(*text);
  return looks ? Result<Done>(Done{})
               : Result<Done>(Error{looks.error().code, file + ": " + looks.error().message});
}

/// How a worker starts ranks. The caller's PATH reaches no worker, so it is looked up here.
Result<std::vector<std::string>> rank_options(const RunOptions& options,
                                              const Environment& environment) {
  std::vector<std::string> given;
  const auto launcher = found_launcher(options.launcher, environment);
  if (!launcher) {
    return launcher.error();
  }
  if (!launcher->empty()) {
    given.insert(given.end(), {"--launcher", *launcher});
  }
  if (!options.mpi_module.empty()) {
    given.insert(given.end(), {"--mpi-module", options.mpi_module});
  }
  return given;
}

int run_command(const Console& console, const RunOptions& options) {
  if (!options.module.empty() && options.backend == "host") {
    return complain(console, "run: --module is the file of another backend; name it (--backend)",
                    k_exit_usage);
  }
  outlive_readers();
  const auto bytes = read_named_file(options.contract, k_largest_contract);
  if (!bytes) {
    return complain(console, bytes.error().message, exit_code_of(bytes.error()));
  }
  const auto contract = read_contract(*bytes);
  if (!contract) {
    return complain(console, options.contract + ": " + contract.error().message, k_exit_bad_input);
  }
  if (const auto fit = check_recording(options.recording); !fit) {
    return complain(console, fit.error().message, exit_code_of(fit.error()));
  }
  RunWorld world;
  world.cases = all_cases();
  world.environment = own_environment();
  world.clock = &system_clock();
  if (!options.module.empty()) {
    world.worker.insert(world.worker.end(), {"--module", options.module});
  }
  const auto for_ranks = rank_options(options, world.environment);
  if (!for_ranks) {
    return complain(console, "run: " + for_ranks.error().message, k_exit_usage);
  }
  world.worker.insert(world.worker.end(), for_ranks->begin(), for_ranks->end());
  ProgressLine progress(console);
  const auto outcome = run_campaign({.contract_bytes = *bytes,
                                     .folder = options.folder,
                                     .backend = options.backend,
                                     .nonce_file = options.nonce,
                                     .marks = marks_of(options),
                                     .recording = options.recording,
                                     .scratch = options.scratch,
                                     .resume = options.resume},
                                    world, progress);
  if (!outcome) {
    return complain(console, outcome.error().message, exit_code_of(outcome.error()));
  }
  return finish(console, options, *contract, *outcome);
}

}  // namespace

void add_run(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("run", "Measure this machine against a contract, judge it");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("CONTRACT", options->contract, "The contract, a JSON file")->required();
  command->add_option("--out", options->folder, "Folder of the campaign")->required();
  command->add_option("--backend", options->backend, "What executes")
      ->check(CLI::IsMember({"host", "cuda"}))
      ->capture_default_str();
  command->add_option("--module", options->module,
                      "File of the backend's module, if not the\none installed");
  command->add_option(
      "--launcher,--mpirun", options->launcher,
      "What starts the ranks of collectives, with\narguments of the site's: mpirun, "
      "or in an\nallocation of Slurm srun; default: mpirun on PATH");
  command->add_option("--mpi-module", options->mpi_module,
                      "File of the MPI module, if not the one\ninstalled");
  command->add_option("--nonce", options->nonce,
                      "Last link of the buyer's nonce chain\n(hex, file of mode 0600)");
  command->add_option(
      "--replay-machine", options->recording,
      "A recorded machine for system.inventory\nand system.health; marked, never an\n"
      "acceptance");
  command->add_option("--scratch", options->scratch,
                      "Directory on the file system that is to be\nmeasured (storage.*); default: "
                      "the campaign's\nfolder");
  command->add_flag("--resume", options->resume, "Go on with the campaign in the folder");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example\n  assay run contracts/this-host.json --out out/campaign");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return run_command(console, *options); };
  });
}

}  // namespace assay
