// assay completion: a completion script made from the parser itself, so it can't be out of date.
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"

namespace assay {
namespace {

std::string long_options_of(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words += (words.empty() ? "--" : " --") + name;
    }
  }
  return words;
}

std::string commands_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) {
      words += (words.empty() ? "" : " ") + command->get_name();
    }
  }
  return words;
}

void print_bash(std::ostream& out, const CLI::App& app) {
  out << "# bash completion for assay; source it, or install it as\n"
         "# /usr/share/bash-completion/completions/assay\n"
         "_assay() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" words\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    words=\""
      << commands_of(app) << ' ' << long_options_of(app)
      << "\"\n"
         "  else\n"
         "    case \"${COMP_WORDS[1]}\" in\n";
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) {
      out << "      " << command->get_name() << ") words=\"" << long_options_of(*command)
          << "\" ;;\n";
    }
  }
  out << "    esac\n"
         "  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  if [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -F _assay assay\n";
}

}  // namespace

void add_completion(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("completion", "Print a shell completion script");
  const auto kind = std::make_shared<std::string>();
  command->add_option("SHELL", *kind, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  command->footer(
      "Example\n  assay completion bash > ~/.local/share/bash-completion/completions/assay");
  command->callback([&app, &console = shell.console, &chosen = shell.chosen, kind] {
    chosen = [&app, &console, kind] {
      if (*kind == "zsh") {
        console.out << "#compdef assay\nautoload -U +X bashcompinit && bashcompinit\n";
      }
      print_bash(console.out, app);
      return k_exit_ok;
    };
  });
}

}  // namespace assay
