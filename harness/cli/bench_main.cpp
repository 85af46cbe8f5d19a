// assay-bench: the cases as Google Benchmarks. Started by `assay bench`, with a worker's
// environment; a program of its own, so that no worker has the library's code in it.
// Usage: assay-bench BACKEND MODULE SCRATCH MPIRUN ASSAY "NAME=VALUE ..." [--benchmark_...]
#include <exception>
#include <iostream>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "harness/cli/console.h"
#include "harness/cli/exit_code.h"
#include "harness/model/how_many.h"
#include "harness/model/units.h"
#include "harness/run/case_bench.h"
#include "harness/run/device_work.h"
#include "harness/run/ranked_backend.h"
#include "kernels/module.h"
#include "reports/random.h"

#include "version.h"

namespace assay {
namespace {

/// The program's name comes before them.
enum OwnArgument {
  k_backend = 1,
  k_module,
  k_scratch,
  k_mpirun,
  k_assay,
  k_fixed,
  k_own_arguments
};

/// What all benchmarks share.
struct Bench {
  std::vector<BenchedCase> cases;
  LoadedBackend backend;
  Device device;
  std::string scratch;  ///< Directory for the files of cases that need some.
  bool wrong = false;   ///< An output was: then the figures of the others don't count for much.
};

Result<LoadedBackend> backend_of(const char* const* arguments) {
  const std::string name = arguments[k_backend];
  const RankLaunch launch{.launcher = arguments[k_mpirun], .command = {arguments[k_assay], "rank"}};
  if (name == "host") {
    return LoadedBackend{.backend = make_ranked_host_backend(launch), .mark = ""};
  }
  return load_ranked_backend(name, arguments[k_module], launch);
}

Params fixed_from(const std::string& words) {
  Params fixed;
  std::istringstream stream(words);
  for (std::string word; stream >> word;) {
    const std::size_t equals = word.find('=');
    fixed[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return fixed;
}

/// "emulated: cuBLASLt 13.1 kernel": what ran, marked as in every report.
std::string label_of(const Bench& bench, const Ran& ran) {
  std::string label = bench.backend.mark.empty() ? "" : bench.backend.mark + ": ";
  label += ran.software + " " + ran.version + " " + ran.kernel;
  return ran.threads > 1 ? label + ", " + std::to_string(ran.threads) + " threads" : label;
}

/// The time of `asked` steps as the window's own rate has it, so that the library's quotients are
/// those that a run's value is: all work over all time, checks included, or over that of the calls
/// alone where the case times each.
double seconds_of(const WindowSums& sums, std::int64_t asked) {
  constexpr double k_ns = 1e-9;
  return static_cast<double>(sums.timed_ns.value_or(sums.elapsed_ns)) * k_ns *
         static_cast<double>(asked) / static_cast<double>(sums.steps);
}

void report(benchmark::State& state, const Bench& bench, const BenchedWindow& window) {
  state.SetLabel(label_of(bench, window.ran));
  const auto work = static_cast<double>(window.work_per_step);
  if (window.dimension != Dimension::time) {  // a time is that of a step: real_time
    const std::string_view unit = base_unit(window.dimension);
    state.counters[unit.empty() ? "operations/s" : std::string(unit)] =
        benchmark::Counter(work, benchmark::Counter::kIsIterationInvariantRate);
  }
  state.counters["check_share"] =
      static_cast<double>(window.sums.check_ns) / static_cast<double>(window.sums.elapsed_ns);
  state.counters["checked_in_full"] = static_cast<double>(window.sums.full);
}

/// The figure, or the sentence why there is none.
Result<BenchedWindow> measured(Bench& bench, CaseBench& runner, const BenchedCase& benched,
                               std::int64_t asked) {
  auto window = runner.run(benched, static_cast<std::uint64_t>(asked));
  if (window && window->sums.wrong > 0) {
    bench.wrong = true;
    return Error{Error::Code::device,
                 how_many(static_cast<std::uint64_t>(window->sums.wrong), "output") + " of " +
                     std::to_string(window->sums.steps) + " wrong"};
  }
  return window;
}

void run_benchmark(benchmark::State& state, Bench& bench, CaseBench& runner,
                   const BenchedCase& benched) {
  const auto asked = state.max_iterations;
  while (state.KeepRunningBatch(asked)) {  // once: all of them are one window
    const auto window = measured(bench, runner, benched, asked);
    if (!window) {
      state.SkipWithError(window.error().message.c_str());
      break;
    }
    state.SetIterationTime(seconds_of(window->sums, asked));
    report(state, bench, *window);
  }
}

Result<Bench> make_bench(std::vector<BenchedCase> cases, const char* const* arguments) {
  auto backend = backend_of(arguments);
  if (!backend) {
    return backend.error();
  }
  auto device = device_named(*backend->backend, "");
  if (!device) {
    return device.error();
  }
  return Bench{std::move(cases), *std::move(backend), *std::move(device), arguments[k_scratch]};
}

int run_all(const Console& console, Bench& bench) {
  const auto link = random_digest();
  if (!link) {
    return complain(console, link.error().message, exit_code_of(link.error()));
  }
  const auto host_probe = make_host_probe();
  const auto device_probe = make_device_probe(*host_probe, *bench.backend.backend, bench.device);
  CaseBench runner({.backend = *bench.backend.backend,
                    .device = bench.device,
                    .clock = system_clock(),
                    .probe = device_probe ? *device_probe : *host_probe,
                    .link = *link,
                    .scratch = bench.scratch});
  for (const BenchedCase& benched : bench.cases) {
    benchmark::RegisterBenchmark(benched.name.c_str(), [&bench, &runner,
                                                        &benched](benchmark::State& state) {
      run_benchmark(state, bench, runner, benched);
    })->UseManualTime();
  }
  benchmark::AddCustomContext("assay_version", k_assay_version);
  benchmark::AddCustomContext("assay_backend", std::string(bench.backend.backend->name()));
  benchmark::AddCustomContext("assay_device", bench.device.id + ": " + bench.device.model);
  benchmark::AddCustomContext("assay_mark", bench.backend.mark);
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    return k_exit_usage;  // the library has said why
  }
  console.out.flush();
  if (!console.out) {
    return complain(console, "standard output can't be written", k_exit_io);
  }
  return bench.wrong ? k_exit_rejected : k_exit_ok;
}

int bench_main(int argc, char** argv) {
  const Console console = system_console();
  if (argc < k_own_arguments) {
    return complain(console, "assay-bench is started by assay bench", k_exit_usage);
  }
  auto cases = benched_cases(all_cases(), fixed_from(argv[k_fixed]));
  if (!cases) {
    return complain(console, "--set: " + cases.error().message, k_exit_usage);
  }
  auto bench = make_bench(*std::move(cases), argv);
  if (!bench) {
    return complain(console, bench.error().message, exit_code_of(bench.error()));
  }
  std::vector<char*> flags{argv[0]};
  flags.insert(flags.end(), argv + k_own_arguments, argv + argc);
  int count = static_cast<int>(flags.size());
  flags.push_back(nullptr);
  benchmark::Initialize(&count, flags.data());
  if (benchmark::ReportUnrecognizedArguments(count, flags.data())) {
    return k_exit_usage;
  }
  return run_all(console, *bench);
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  try {
    return assay::bench_main(argc, argv);
  } catch (const std::exception& bug) {
    std::cerr << "assay: internal error: " << bug.what() << '\n';
    return assay::k_exit_bug;
  }
}
