// All-reduce as a run measures it, against the same MPI in a bare loop, by turns: ratios of one
// run, and their medians.
//   collective_bench MODULE BARE [ROUNDS]     assay-mpi.so, bare_all_reduce
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "harness/run/collective_kernel.h"
#include "harness/run/mpirun_command.h"
#include "harness/run/process.h"
#include "harness/run/rank.h"

namespace {

using namespace assay;

struct Size {
  std::uint64_t bytes;
  std::uint32_t calls;
};

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Mean time of a call in ns, and the median of them; the first batches are no evidence.
std::pair<double, double> by_kernel(CollectiveKernel& kernel, std::uint32_t calls) {
  std::uint32_t done = 0;
  double total = 0;
  bool warm = false;
  while (done < calls) {
    std::vector<Step> steps(std::min(kernel.slots(), calls));
    for (std::uint32_t i = 0; i < steps.size(); ++i) {
      steps[i] = {.tuple = i, .slot = i};
    }
    if (!kernel.poison(steps) || !kernel.run(steps)) {
      std::abort();
    }
    if (!warm) {
      warm = true;
      kernel.begin_window();
      continue;
    }
    total += static_cast<double>(kernel.timed_ns().value());
    done += static_cast<std::uint32_t>(steps.size());
  }
  double middle = 0;
  const auto notes = kernel.notes();
  for (const Noted& note : *notes) {
    middle = note.name == "calls_p50_ns" ? static_cast<double>(note.value.value()) : middle;
  }
  return {total / done, middle};
}

double by_bare_loop(const std::string& mpirun, const std::string& program, const Size& size) {
  const auto command = mpirun_command(
      mpirun, {program, std::to_string(size.bytes), std::to_string(size.calls)}, {2, "/tmp"});
  auto process = Process::start(command, mpirun_environment({.folder = "/tmp"}));
  if (!process) {
    std::abort();
  }
  std::string text(64, '\0');
  const auto read = ::read((*process)->output(), text.data(), text.size());
  static_cast<void>((*process)->wait(60'000));
  return read > 0 ? std::atof(text.c_str()) : 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  if (count > 5 && words[1] == "rank") {
    return rank_main(words[3], words[5]);
  }
  if (count < 3) {
    return 64;
  }
  const std::string mpirun = mpirun_of(own_environment());
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const int rounds = count > 3 ? std::atoi(arguments[3]) : 5;
  std::printf(
      "| all-reduce, 2 ranks | run, mean | run, p50 | bare loop | bare / mean | bare / p50 |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const Size& size : {Size{8, 1'000}, Size{32'768, 500}, Size{64U << 20U, 4}}) {
    std::vector<double> means;
    std::vector<double> middles;
    std::vector<double> bare;
    std::vector<double> by_mean;
    std::vector<double> by_middle;
    const auto kernel = CollectiveKernel::prepare(
        {.launcher = mpirun, .command = {self, "rank"}, .module = words[1]},
        {.op = CollectiveProblem::Op::all_reduce, .bytes = size.bytes, .ranks = 2}, Seed{});
    if (!kernel) {
      std::fprintf(stderr, "%s\n", kernel.error().message.c_str());
      return 1;
    }
    for (int round = 0; round < rounds; ++round) {
      const auto [mean, middle] = by_kernel(**kernel, size.calls);
      means.push_back(mean);
      middles.push_back(middle);
      bare.push_back(by_bare_loop(mpirun, words[2], size));
      by_mean.push_back(bare.back() / mean);
      by_middle.push_back(bare.back() / middle);
    }
    std::printf("| %llu B | %.2f us | %.2f us | %.2f us | %.3f | %.3f |\n",
                static_cast<unsigned long long>(size.bytes), median_of(means) / 1e3,
                median_of(middles) / 1e3, median_of(bare) / 1e3, median_of(by_mean),
                median_of(by_middle));
    std::fflush(stdout);
  }
  return 0;
}
