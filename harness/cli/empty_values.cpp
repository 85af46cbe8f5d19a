#include "harness/cli/empty_values.h"

#include <CLI/CLI.hpp>
#include <string>

namespace assay {

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() > 0) {  // no flag
      option->check([](const std::string& value) {
        return std::string(value.empty() ? "must not be empty" : "");
      });
    }
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App* /*any*/) { return true; })) {
    refuse_empty_values(*command);
  }
}

}  // namespace assay
