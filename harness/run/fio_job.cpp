#include "harness/run/fio_job.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "harness/run/mapped_program.h"
#include "harness/run/watched_child.h"

namespace assay {
namespace {

using Op = StorageProblem::Op;

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;
/// Of programs and libraries that the system has let go of since; nothing is loaded by writing.
constexpr std::uint64_t k_loaded_bytes = 64 * k_mib;
constexpr std::int64_t k_ms = 1'000'000;
constexpr std::uint64_t k_grains = 1000;  // of a job's bytes that samples tell apart

Environment environment() {
  return {{"LANG", "C"}, {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
}

std::string word_for(Op op) {
  return op == Op::write         ? "write"
         : op == Op::random_read ? "randread"
         : op == Op::mixed       ? "randrw"
                                 : "read";
}

/// fio takes a colon for the end of a file's name.
std::string escaped(const std::string& file) {
  std::string text;
  for (const char letter : file) {
    text += letter == ':' || letter == '\\' ? std::string("\\") + letter : std::string(1, letter);
  }
  return text;
}

/// In one line, as a sentence goes on.
std::string last_line_of(const std::string& errors, const std::string& output) {
  for (const std::string* text : {&errors, &output}) {
    const auto end = text->find_last_not_of(" \n");
    if (end == std::string::npos) {
      continue;
    }
    const auto begin = text->rfind('\n', end);
    std::string line = text->substr(begin == std::string::npos ? 0 : begin + 1,
                                    end - (begin == std::string::npos ? 0 : begin + 1) + 1);
    if (line != "}") {
      return line;
    }
  }
  return "";
}

std::string name_of_client(const FioJob& job) {
  return "fio of client " + std::to_string(job.client);
}

Error lie(const FioJob& job, const std::string& what) {
  return {Error::Code::not_witnessed, name_of_client(job) + " " + what};
}

Error failure(const FioJob& job, const ChildRun& run) {
  const std::string line = last_line_of(run.errors, run.output);
  const bool full = (run.errors + run.output).find("No space left on device") != std::string::npos;
  return {Error::Code::io,
          (full ? "the file system of the scratch directory is full: " : std::string()) +
              name_of_client(job) + " " + run.how + (line.empty() ? "" : "; it said: " + line)};
}

/// Of a mix about as many of its requests write as it was told to: six standard deviations.
bool is_share(const FioTransfer& written, std::uint64_t requests, std::uint64_t percent) {
  const double share = static_cast<double>(percent) / 100;
  const double due = share * static_cast<double>(requests);
  const double allowed = 6 * std::sqrt(due * (1 - share)) + 1;
  return std::abs(static_cast<double>(written.requests) - due) <= allowed;
}

Result<Done> check_bytes(const FioJob& job, const FioSaid& said, const ChildBytes& counted,
                         bool is_timed) {
  const std::uint64_t written = job.op == Op::write   ? job.bytes
                                : job.op == Op::mixed ? said.written.bytes
                                                      : 0;
  if (said.written.bytes != written || said.read.bytes + said.written.bytes != job.bytes) {
    return lie(job, "says that it has read " + std::to_string(said.read.bytes) + " and written " +
                        std::to_string(said.written.bytes) +
                        " bytes, and was "
                        "to move " +
                        std::to_string(job.bytes));
  }
  if (Natural{said.read.requests + said.written.requests} * job.request_bytes != job.bytes) {
    return lie(job, "says that it made " +
                        std::to_string(said.read.requests + said.written.requests) +
                        " requests of " + std::to_string(job.request_bytes) + " bytes each for " +
                        std::to_string(job.bytes));
  }
  if (job.op == Op::mixed &&
      !is_share(said.written, job.bytes / job.request_bytes, job.write_percent)) {
    return lie(job, "wrote with " + std::to_string(said.written.requests) + " of " +
                        std::to_string(job.bytes / job.request_bytes) + " requests, and " +
                        std::to_string(job.write_percent) + " % were to write");
  }
  for (const auto& [what, claimed, seen, aside] :
       {std::tuple("read", said.read.bytes, counted.read, k_loaded_bytes),
        std::tuple("written", said.written.bytes, counted.written, k_mib)}) {
    // More than it claims would be cheap bytes that hide how long the others took.
    const Natural most = Natural{claimed} + claimed / 100 + aside;
    if (Natural{seen} * 100 < Natural{claimed} * 98 || (is_timed && Natural{seen} > most)) {
      return lie(job, "says that it has " + std::string(what) + " " + std::to_string(claimed) +
                          " bytes, and its process's counter has " + std::to_string(seen));
    }
  }
  return Done{};
}

/// Sets when it began and ended. What the counters show can't have taken less time than they were
/// seen to grow, nor longer than the process lived.
Result<Done> check_times(const FioProgram& program, const FioJob& job, const ByteTimes& times,
                         FioMoved& moved) {
  const std::int64_t said_ns = std::max(moved.said.read.runtime_ns, moved.said.written.runtime_ns);
  const std::int64_t lived_ns = moved.exited_ns - moved.spawned_ns;
  const std::string says = "says that it took " + std::to_string(said_ns / k_ms) + " ms";
  if (said_ns > lived_ns + k_ms) {
    return lie(job, says + ", and lived for " + std::to_string(lived_ns / k_ms) + " ms");
  }
  const auto seen = times.span_of(job.bytes);
  const std::int64_t least_ns = seen.until_ns - seen.from_ns;
  if (program.is_timed && said_ns + said_ns / 50 + 2 * k_ms < least_ns) {
    return lie(job, says + ", and its process's counters grew for " +
                        std::to_string(least_ns / k_ms) + " ms");
  }
  if (program.is_timed && said_ns < program.shortest_ns) {
    return lie(job, says +
                        ": too little for a clock of whole milliseconds, a larger extent_mib "
                        "is needed");
  }
  if (!seen.was_seen && program.is_timed && program.shortest_ns > 0) {
    return lie(job, says + ", and its process's counters were not seen to grow in that time");
  }
  const std::int64_t time_ns = std::max(said_ns, least_ns);
  moved.begun_ns = moved.exited_ns - time_ns;
  if (seen.was_seen) {
    moved.begun_ns = std::min(moved.begun_ns, seen.from_ns);
  }
  moved.begun_ns = std::max(moved.begun_ns, moved.spawned_ns);
  moved.ended_ns = std::min(moved.begun_ns + time_ns, moved.exited_ns);
  return Done{};
}

}  // namespace

Result<std::string> FioProgram::file() const {
  std::string looked;
  for (const std::string& file : files) {
    if (::access(file.c_str(), X_OK) == 0) {
      return file;
    }
    looked += (looked.empty() ? "" : " and no ") + file;
  }
  return Error{Error::Code::unsupported, "fio is not here: there is no " + looked};
}

Result<std::string> FioProgram::version() const {
  const auto found = file();
  if (!found) {
    return found.error();
  }
  const auto run = run_watched({*found, "--version"}, environment(), {.silence_ns = silence_ns});
  if (!run) {
    return Error{run.error().code, *found + " --version " + run.error().message};
  }
  const std::string line = last_line_of(run->output, run->errors);
  if (line.rfind("fio-3.", 0) != 0) {
    return Error{Error::Code::unsupported,
                 *found + " calls itself '" + line.substr(0, 64) + "': only fio 3 is known"};
  }
  return line;
}

Result<std::shared_ptr<void>> FioProgram::mapped() const {
  const auto found = file();
  if (!found) {
    return found.error();
  }
  return mapped_program(*found);
}

std::vector<std::string> fio_arguments(const FioJob& job) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  std::vector<std::string> arguments{
      "--name=client" + number(job.client), "--filename=" + escaped(job.file),
      "--rw=" + word_for(job.op),           "--ioengine=" + job.engine,
      "--bs=" + number(job.request_bytes),  "--iodepth=" + number(job.depth),
      "--offset=" + number(job.offset),     "--size=" + number(job.region_bytes),
      "--io_size=" + number(job.bytes),     "--randseed=" + number(job.seed)};
  if (job.op == Op::mixed) {
    arguments.push_back("--rwmixwrite=" + number(job.write_percent));
  }
  if (job.op == Op::mixed || job.op == Op::write) {
    // Where all is read, these would have fio compare it with what it never wrote.
    for (const char* const fixed :
         {"--verify=crc32c", "--verify_interval=4096", "--do_verify=0", "--verify_state_save=0"}) {
      arguments.emplace_back(fixed);
    }
  }
  for (const char* const fixed : {"--direct=1",
                                  "--numjobs=1",
                                  "--thread=1",
                                  "--randrepeat=0",
                                  "--norandommap=1",
                                  "--random_distribution=random",
                                  "--end_fsync=1",
                                  "--refill_buffers=1",
                                  "--buffer_compress_percentage=0",
                                  "--dedupe_percentage=0",
                                  "--time_based=0",
                                  "--loops=1",
                                  "--overwrite=1",
                                  "--fallocate=none",
                                  "--allow_file_create=0",
                                  "--invalidate=1",
                                  "--clocksource=clock_gettime",
                                  "--lat_percentiles=1",
                                  "--clat_percentiles=0",
                                  "--eta=never",
                                  "--output-format=json+"}) {
    arguments.emplace_back(fixed);
  }
  return arguments;
}

Result<FioMoved> run_fio(const FioProgram& program, const FioJob& job) {
  const auto file = program.file();
  if (!file) {
    return file.error();
  }
  std::vector<std::string> command{*file};
  for (std::string& argument : fio_arguments(job)) {
    command.push_back(std::move(argument));
  }
  const auto run = run_watched(command, environment(),
                               {.silence_ns = program.silence_ns, .grain = job.bytes / k_grains});
  if (!run) {
    return Error{run.error().code, name_of_client(job) + " " + run.error().message};
  }
  if (run->how != "exited with status 0") {
    return failure(job, *run);
  }
  auto said = read_fio(run->output);
  if (!said) {
    return lie(job, "gave no result: " + said.error().message);
  }
  FioMoved moved{
      .said = *std::move(said), .spawned_ns = run->spawned_ns, .exited_ns = run->exited_ns};
  if (auto checked = check_bytes(job, moved.said, run->times.last(), program.is_timed); !checked) {
    return checked.error();
  }
  if (auto checked = check_times(program, job, run->times, moved); !checked) {
    return checked.error();
  }
  return moved;
}

}  // namespace assay
