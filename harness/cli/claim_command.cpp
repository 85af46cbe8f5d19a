// assay claim: what a stated figure of FLOP/s can mean for the GPUs of a contract.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/claim_text.h"
#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "reports/contract_json.h"
#include "reports/files.h"
#include "reports/sizes.h"

namespace assay {
namespace {

struct ClaimOptions {
  std::string claim, inventory;
  bool json = false;
};

int claim_command(const Console& console, const ClaimOptions& options) {
  const auto claim = parse_claim(options.claim);
  if (!claim) {
    return complain(console, "CLAIM: " + claim.error().message, k_exit_usage);
  }
  const auto text = read_named_file(options.inventory, k_largest_contract);
  if (!text) {
    return complain(console, text.error().message, exit_code_of(text.error()));
  }
  const auto contract = read_contract(*text);
  const auto meanings =
      contract ? meanings_of(*claim, *contract) : Result<ClaimMeanings>(contract.error());
  if (!meanings) {
    return complain(console, options.inventory + ": " + meanings.error().message,
                    exit_code_of(meanings.error()));
  }
  const AskedClaim asked{.claim = *claim, .contract = contract->id};
  if (options.json) {
    console.out << canonical_json(meanings_json(asked, *meanings)) << '\n';
  } else {
    print_meanings(console, asked, *meanings);
  }
  return k_exit_ok;
}

}  // namespace

void add_claim(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("claim", "What a stated exaflop figure can mean");
  const auto options = std::make_shared<ClaimOptions>();
  command->add_option("CLAIM", options->claim, "The figure, with its unit: \"0.5 EFLOP/s\"")
      ->required();
  command
      ->add_option("--inventory", options->inventory,
                   "A contract, whose inventory says\nwhich GPUs and how many")
      ->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Examples\n"
      "  assay claim \"0.5 EFLOP/s\" --inventory contracts/industrial-ai-cloud.json\n"
      "  assay claim \"144 PFLOP/s\" --inventory contracts/dgx-b200-node.json --json");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return claim_command(console, *options); };
  });
}

}  // namespace assay
