// What comparing the data of files costs, how near the own engine comes to fio on the same pattern
// (ours with every byte compared, fio's without), and the cases that have fio move the bytes to the
// bare command line: by turns in one directory.
//
// Usage: storage_bench DIRECTORY [seconds-per-measurement [rounds]]
#include <array>
#include <charconv>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/fio_kernel.h"
#include "kernels/host/keyed_block.h"
#include "kernels/host/storage_kernel.h"

#include "bench/compare.h"

namespace assay::bench {
namespace {

constexpr std::uint64_t k_kib = 1024, k_mib = 1024 * 1024;
constexpr std::uint64_t k_file_mib = 512;

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Bytes a second of one core, by the time that it had: the requests of an extent, one by one.
void comparing(const Options& options) {
  constexpr std::uint64_t k_blocks = k_mib / storage::k_block;
  constexpr double k_least = 5e9;
  std::vector<std::uint64_t> words(8 * k_blocks * storage::k_block_words);
  const storage::BlockName first{.campaign = 1, .file = 2, .offset = 0, .generation = 3};
  storage::fill_blocks(first, 8 * k_blocks, words.data());
  Row row{.what = "comparing blocks, one core, of 5 GB/s", .unit = "GB/s", .scale = 1e-9};
  for (int round = 0; round < options.rounds; ++round) {
    const double begun = thread_seconds();
    double bytes = 0;
    while (thread_seconds() - begun < options.seconds) {
      storage::BlockName name = first;
      for (std::uint64_t request = 0; request < 8; ++request) {
        const auto found = storage::check_blocks(
            name, k_blocks, words.data() + request * k_blocks * storage::k_block_words);
        if (found.wrong != 0) {
          give_up({Error::Code::device, "a block is wrong"});
        }
        name.offset += k_mib;
        bytes += k_mib;
      }
    }
    row.ours.push_back(bytes / (thread_seconds() - begun));
    row.theirs.push_back(k_least);
    row.ratios.push_back(row.ours.back() / k_least);
  }
  print(row);
}

struct Pattern {
  StorageProblem::Op op;
  const char* fio;  ///< Its word for it.
  std::uint64_t request_kib, depth;
};

/// Bytes a second by fio's own word.
double rate_said(const std::string& command, const char* direction) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string said;
  std::array<char, 4096> part{};
  while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) {
    said += part.data();
  }
  const auto kind = said.find(std::string("\"") + direction + "\" : {");
  const std::string key = "\"bw_bytes\" : ";
  const auto at = kind == std::string::npos ? kind : said.find(key, kind);
  std::uint64_t rate = 0;
  if (at != std::string::npos) {
    const char* const begin = said.data() + at + key.size();
    std::from_chars(begin, said.data() + said.size(), rate);
  }
  if (rate == 0) {
    give_up({Error::Code::io, "fio has measured nothing"});
  }
  return static_cast<double>(rate);
}

const char* direction_of(const Pattern& pattern) {
  return pattern.op == StorageProblem::Op::write ? "write" : "read";
}

/// With io_uring as ours.
double fio_rate(const Pattern& pattern, const std::string& directory, const Options& options) {
  const std::string file = directory + "/storage_bench.fio";
  return rate_said("fio --name=bench --filename=" + file + " --rw=" + pattern.fio +
                       " --bs=" + std::to_string(pattern.request_kib) + "k --iodepth=" +
                       std::to_string(pattern.depth) + " --size=" + std::to_string(k_file_mib) +
                       "m --ioengine=io_uring --direct=1 --randrepeat=0 --refill_buffers=1 "
                       "--end_fsync=1 --thread --group_reporting --time_based --runtime=" +
                       std::to_string(int(options.seconds)) + " --output-format=json 2>/dev/null",
                   direction_of(pattern));
}

double own_rate(Kernel& kernel, const Options& options) {
  std::vector<Step> steps;
  for (std::uint32_t slot = 0; slot < kernel.slots(); ++slot) {
    steps.push_back({.tuple = slot, .slot = slot});
  }
  double bytes = 0;
  double seconds = 0;
  while (seconds < options.seconds) {
    seconds += seconds_of([&] { need(kernel.run(steps)); });
    bytes += static_cast<double>(kernel.work_per_step()) * static_cast<double>(steps.size());
  }
  return bytes / seconds;
}

void own_of_fio(const Pattern& pattern, const std::string& directory, const Options& options) {
  auto kernel = need(StorageKernel::prepare({.op = pattern.op,
                                             .file_bytes = k_file_mib * k_mib,
                                             .extent_bytes = 64 * k_mib,
                                             .request_bytes = pattern.request_kib * k_kib,
                                             .depth = pattern.depth,
                                             .directory = directory},
                                            Seed{1}));
  Row row{.what = std::string(name_of(pattern.op)) + ", " + std::to_string(pattern.request_kib) +
                  " KiB, " + std::to_string(pattern.depth) + " in flight (" + kernel->ran().kernel +
                  "), of fio",
          .unit = "GB/s",
          .scale = 1e-9};
  for (int round = 0; round < options.rounds; ++round) {
    row.ours.push_back(own_rate(*kernel, options));
    row.theirs.push_back(fio_rate(pattern, directory, options));
    row.ratios.push_back(row.ours.back() / row.theirs.back());
  }
  print(row);
  std::remove((directory + "/storage_bench.fio").c_str());
}

/// The value of a case against that of the same job on a command line, of a file laid out once.
void case_of_fio(const Pattern& pattern, const std::string& directory, const Options& options) {
  constexpr std::uint64_t k_bytes = 1024 * k_mib;
  auto kernel = need(FioKernel::prepare({.op = pattern.op,
                                         .engine = StorageProblem::Engine::fio,
                                         .file_bytes = k_bytes,
                                         .extent_bytes = k_bytes,
                                         .request_bytes = pattern.request_kib * k_kib,
                                         .depth = pattern.depth,
                                         .directory = directory},
                                        Seed{1}));
  FioJob job{.op = pattern.op,
             .file = directory + "/storage_bench.fio",
             .engine = "io_uring",
             .region_bytes = k_bytes,
             .bytes = k_bytes,
             .request_bytes = pattern.request_kib * k_kib,
             .depth = pattern.depth};
  rate_said("fio --name=lay-out --filename=" + job.file + " --rw=write --bs=1m --size=" +
                std::to_string(k_bytes) + " --direct=1 --refill_buffers=1 --output-format=json",
            "write");
  Row row{.what = "the case of " + std::string(name_of(pattern.op)) + " by fio, " +
                  std::to_string(pattern.request_kib) + " KiB, " + std::to_string(pattern.depth) +
                  " in flight (" + kernel->ran().kernel + "), of the bare command line",
          .unit = "GB/s",
          .scale = 1e-9};
  const std::vector<Step> step{Step{}};
  need(kernel->run(step));  // writes to where nothing was yet: not what is compared
  for (int round = 0; round < options.rounds; ++round) {
    need(kernel->run(step));
    row.ours.push_back(static_cast<double>(kernel->work_per_step()) * 1e9 /
                       static_cast<double>(kernel->timed_ns().value_or(0)));
    job.seed = static_cast<std::uint64_t>(round);
    std::string command = "fio";
    for (const std::string& argument : fio_arguments(job)) {
      command += " '" + argument + "'";
    }
    row.theirs.push_back(rate_said(command, direction_of(pattern)));
    row.ratios.push_back(row.ours.back() / row.theirs.back());
  }
  print(row);
  std::remove(job.file.c_str());
}

int run(const std::string& directory, const Options& options) {
  using enum StorageProblem::Op;
  std::printf("| measured | this | reference | ratio, median | range |\n|---|---|---|---|---|\n");
  comparing(options);
  for (const Pattern& pattern : {Pattern{write, "write", 1024, 8}, Pattern{read, "read", 1024, 8},
                                 Pattern{random_read, "randread", 4, 32}}) {
    own_of_fio(pattern, directory, options);
    case_of_fio(pattern, directory, options);
  }
  return 0;
}

}  // namespace
}  // namespace assay::bench

int main(int count, char** values) {
  assay::bench::Options options{.seconds = 5, .rounds = 3, .only = {}};
  if (count > 2) {
    options.seconds = std::atoi(values[2]);
  }
  if (count > 3) {
    options.rounds = std::atoi(values[3]);
  }
  if (count < 2 || count > 4 || options.seconds < 1 || options.rounds < 1) {
    std::fprintf(stderr, "usage: storage_bench DIRECTORY [seconds-per-measurement [rounds]]\n");
    return 64;
  }
  return assay::bench::run(values[1], options);
}
