// assay bench: every case as a Google Benchmark, in the process that a worker would have.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <system_error>

#include "harness/cli/commands.h"
#include "harness/cli/exit_code.h"
#include "harness/run/environment.h"
#include "harness/run/mpirun_command.h"
#include "kernels/module.h"

namespace assay {
namespace {

constexpr const char* k_out = "--benchmark_out";

/// A flag of the library, handed on as it is.
struct LibraryFlag {
  const char* name;
  const char* meaning;
  std::vector<std::string> words;  ///< The values allowed; empty: any.
  bool number = false;
};

const std::vector<LibraryFlag>& library_flags() {
  static const std::vector<std::string> k_truth{"true", "false"};
  static const std::vector<std::string> k_formats{"console", "json", "csv"};
  static const std::vector<LibraryFlag> k_flags{
      {"--benchmark_filter", "Names to run: a regular expression", {}},
      {"--benchmark_min_time", "Seconds for each, 0.5 if not said", {}, true},
      {"--benchmark_min_warmup_time", "Seconds before that", {}, true},
      {"--benchmark_repetitions", "How often each", {}, true},
      {"--benchmark_format", "What is printed", k_formats},
      {k_out, "File to write as well", {}},
      {"--benchmark_out_format", "What is written into it", k_formats},
      {"--benchmark_time_unit", "Unit of times", {"ns", "us", "ms", "s"}},
      {"--benchmark_color", "Colours", {"auto", "true", "false"}},
      {"--benchmark_context", "KEY=VALUE,... to repeat in the output", {}},
      {"--benchmark_report_aggregates_only", "Of repetitions", k_truth},
      {"--benchmark_display_aggregates_only", "On the screen", k_truth},
      {"--benchmark_enable_random_interleaving", "Of repetitions", k_truth},
      {"--benchmark_counters_tabular", "Counters as columns", k_truth}};
  return k_flags;
}

struct BenchOptions {
  std::string backend = "host", module, scratch = ".";
  std::vector<std::string> fixed;
  std::string out;                 ///< File that the library writes.
  std::vector<std::string> given;  ///< Of the library's flags, in their order.
  bool list = false, json = false;
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// The library would end the process where it can't; "" is none.
bool can_be_written(const std::string& file) {
  return file.empty() || std::ofstream(file, std::ios::app).good();
}

/// Becomes `program`; returns only if it can't.
int become(const Console& console, const std::string& program, std::vector<std::string> arguments,
           const Environment& environment) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) {
    variables.emplace_back(name).append("=").append(value);
  }
  console.out.flush();
  ::execve(program.c_str(), pointers_to(arguments).data(), pointers_to(variables).data());
  const std::string why = std::generic_category().message(errno);
  return complain(console, program + " can't be started: " + why, k_exit_io);
}

int bench_command(const Console& console, const BenchOptions& options) {
  if (!options.module.empty() && options.backend == "host") {
    return complain(console, "bench: --module is the file of another backend; name it (--backend)",
                    k_exit_usage);
  }
  const auto environment = worker_environment(own_environment(), usable_cores());
  if (!environment) {
    return complain(console, environment.error().message, exit_code_of(environment.error()));
  }
  const auto program = installed_file("assay-bench");
  if (!program) {
    return complain(console,
                    "the program assay-bench is not there (" + program.error().message + ")",
                    k_exit_io);
  }
  if (!can_be_written(options.out)) {
    return complain(console, options.out + " can't be written", k_exit_io);
  }
  std::string fixed;
  for (const std::string& word : options.fixed) {
    fixed.append(fixed.empty() ? "" : " ").append(word);
  }
  std::error_code error;
  const std::string own = std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::vector<std::string> arguments{
      *program, options.backend, options.module, options.scratch, mpirun_of(own_environment()), own,
      fixed};
  if (options.json) {
    arguments.emplace_back("--benchmark_format=json");
  }
  if (options.list) {
    arguments.emplace_back("--benchmark_list_tests=true");
  }
  arguments.insert(arguments.end(), options.given.begin(), options.given.end());
  return become(console, *program, std::move(arguments), *environment);
}

std::string no_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  const bool fit = equals != std::string::npos && equals > 0 && equals + 1 < word.size() &&
                   word.find_first_of(" \t\n") == std::string::npos;
  return fit ? "" : "'" + word + "' is not NAME=VALUE";
}

void add_library_flags(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
  for (const LibraryFlag& flag : library_flags()) {
    const std::string name = flag.name;
    auto* option = command.add_option_function<std::string>(
        name,
        [options, name](const std::string& value) {
          options->given.emplace_back(name).append("=").append(value);
          options->out = name == k_out ? value : options->out;
        },
        flag.meaning);
    if (!flag.words.empty()) {
      option->check(CLI::IsMember(flag.words));
    }
    if (flag.number) {
      option->check(CLI::NonNegativeNumber);
    }
    option->type_name("")->group("Google Benchmark's");
  }
  command.add_flag("--benchmark_list_tests", options->list, "Print the names and run nothing")
      ->group("Google Benchmark's");
}

}  // namespace

void add_bench(CLI::App& app, const Shell& shell) {
  auto* command = app.add_subcommand("bench", "Every case as a Google Benchmark");
  const auto options = std::make_shared<BenchOptions>();
  command->add_option("--backend", options->backend, "What executes")
      ->check(CLI::IsMember({"host", "cuda"}))
      ->capture_default_str();
  command->add_option("--module", options->module,
                      "File of the backend's module, if not the\none installed");
  command->add_option("--scratch", options->scratch, "Directory for the files of storage.*")
      ->capture_default_str();
  command
      ->add_option("--set", options->fixed,
                   "NAME=VALUE: only cases with this parameter,\nand only this value of it")
      ->check(no_assignment)
      ->allow_extra_args(false)
      ->type_name("");
  command->add_flag("--json", options->json, "As --benchmark_format json");
  add_library_flags(*command, options);
  command->footer(
      "Examples\n"
      "  assay bench --benchmark_filter=compute.memory\n"
      "  assay bench --set input=bf16 --set m=4096 --json");
  command->callback([&console = shell.console, &chosen = shell.chosen, options] {
    chosen = [&console, options] { return bench_command(console, *options); };
  });
}

}  // namespace assay
