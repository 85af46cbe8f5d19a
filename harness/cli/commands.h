// The commands of `assay`, one file each. Each adds itself to the parser; the chosen one leaves
// its exit code.
#pragma once

#include <functional>

#include "harness/cli/console.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the name of CLI11
class App;
}  // namespace CLI

namespace assay {

/// What every command gets.
struct Shell {
  const Console& console;
  std::function<int()>& chosen;  ///< What to do once the arguments are read.
};

void add_doctor(CLI::App& app, const Shell& shell);
void add_list(CLI::App& app, const Shell& shell);
void add_plan(CLI::App& app, const Shell& shell);
void add_run(CLI::App& app, const Shell& shell);
void add_judge(CLI::App& app, const Shell& shell);
void add_keygen(CLI::App& app, const Shell& shell);
void add_sign(CLI::App& app, const Shell& shell);
void add_verify(CLI::App& app, const Shell& shell);
void add_inspect(CLI::App& app, const Shell& shell);
void add_bench(CLI::App& app, const Shell& shell);
void add_claim(CLI::App& app, const Shell& shell);
void add_selftest(CLI::App& app, const Shell& shell);
void add_completion(CLI::App& app, const Shell& shell);
void add_worker(CLI::App& app, const Shell& shell);
void add_rank(CLI::App& app, const Shell& shell);

}  // namespace assay
