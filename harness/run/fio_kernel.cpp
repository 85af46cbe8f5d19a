#include "harness/run/fio_kernel.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "harness/run/watched_child.h"
#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/fio_block.h"
#include "kernels/host/storage_room.h"
#include "kernels/keyed.h"

namespace assay {
namespace {

using storage::DirectFile;
using storage::Extent;
using storage::k_block;
using Op = StorageProblem::Op;

constexpr std::uint64_t k_tuples = 4096;
constexpr std::uint64_t k_job_stream = 7;

Noted latency(std::string name, const FioBins& bins, std::int64_t per_mille) {
  return {.name = std::move(name),
          .value = quantile_of(bins, per_mille),
          .reason = "fio made no such request"};
}

void add(const FioBins& more, FioBins& bins) {
  for (const auto& [latency, count] : more) {
    bins[latency] += count;
  }
}

}  // namespace

Result<Done> FioKernel::supports(const StorageProblem& problem, const FioOutside& outside) {
  const bool is_known = problem.op == Op::write || problem.op == Op::read ||
                        problem.op == Op::random_read || problem.op == Op::mixed;
  if (!is_known) {
    return Error{Error::Code::bad_input, "fio writes, reads, or does both"};
  }
  if (auto able = storage::check_problem(problem); !able) {
    return able;
  }
  const auto version = outside.program.version();
  return version ? Result<Done>(Done{}) : version.error();
}

Result<std::unique_ptr<FioKernel>> FioKernel::prepare(const StorageProblem& problem,
                                                      const Seed& seed, FioOutside outside) {
  if (auto able = supports(problem, outside); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<FioKernel>(problem, seed, std::move(outside));
  for (const auto step :
       {&FioKernel::know_program, &FioKernel::open, &FioKernel::lay_out, &FioKernel::try_engines,
        &FioKernel::know_blocks, &FioKernel::prove_direct}) {
    if (auto done = (kernel.get()->*step)(); !done) {
      return done.error();
    }
  }
  kernel->outside_.program.is_timed = false;  // one step may be short, and is timed in no window
  return kernel;
}

FioKernel::FioKernel(StorageProblem problem, const Seed& seed, FioOutside outside)
    : problem_(std::move(problem)),
      seed_(seed),
      outside_(std::move(outside)),
      slots_(slots()),
      begun_ns_(monotonic_ns()) {}

Result<Done> FioKernel::know_program() {
  auto mapped = outside_.program.mapped();
  if (!mapped) {
    return mapped.error();
  }
  program_ = *std::move(mapped);
  const auto version = outside_.program.version();
  if (!version) {
    return version.error();
  }
  version_ = *version;
  return Done{};
}

Result<Done> FioKernel::open() {
  auto space = storage::open_space(problem_, outside_.storage, claims_);
  if (!space) {
    return space.error();
  }
  space_ = *std::move(space);
  auto files = storage::make_files(*space_, problem_, outside_.storage);
  if (!files) {
    return files.error();
  }
  files_ = *std::move(files);
  auto memory = Buffer::of_bytes(k_again_bytes);
  if (!memory) {
    return memory.error();
  }
  memory_ = std::move(*memory);
  return Done{};
}

/// All data of a reader, by the own engine; one block of each file for a writer, which shows what
/// the file system does with it.
Result<Done> FioKernel::lay_out() {
  auto team = storage::StorageTeam::make(outside_.storage.queue, problem_);
  if (!team) {
    return team.error();
  }
  team_ = *std::move(team);
  std::vector<Extent> all;
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    all.push_back({.client = static_cast<std::uint32_t>(client),
                   .file = files_[client].descriptor(),
                   .first = {.campaign = storage::campaign_of(seed_),
                             .file = files_[client].inode(),
                             .offset = 0,
                             .generation = k_generation},
                   .bytes = only_writes() ? k_block : problem_.file_bytes,
                   .is_written = true});
  }
  const auto laid_out = team_.move(all);
  return laid_out ? Result<Done>(Done{}) : laid_out.error();
}

/// io_uring where it is allowed: one request shows it, and that fio does as it is told.
Result<Done> FioKernel::try_engines() {
  FioProgram trial = outside_.program;
  trial.is_timed = false;
  Result<Done> tried = Done{};
  for (const char* const engine : {"io_uring", "libaio"}) {
    engine_ = engine;
    FioJob job = job_of(0, 0, problem_.request_bytes);
    job.region_bytes = problem_.request_bytes;
    job.op = writes() ? Op::write : Op::read;
    const auto ran = run_fio(trial, job);
    if (ran && ran->said.version != version_) {
      return Error{
          Error::Code::not_witnessed,
          "fio calls itself " + version_ + ", and its result is one of " + ran->said.version};
    }
    tried = ran ? Result<Done>(Done{}) : Result<Done>(ran.error());
    if (ran || ran.error().code != Error::Code::io) {
      return tried;
    }
  }
  return tried;
}

/// Another release may write other headers: that would be its fault, and look like the disk's.
Result<Done> FioKernel::know_blocks() {
  if (!writes()) {
    return Done{};
  }
  const auto whole = static_cast<ssize_t>(k_block);
  if (::pread(files_.front().descriptor(), memory_.data(), k_block, 0) != whole) {
    return Error{Error::Code::io, "what fio wrote as a trial can't be read again"};
  }
  const std::string fault = storage::fault_in_fio_block(
      {.offset = 0, .from_ns = begun_ns_, .until_ns = monotonic_ns()}, memory_.as<std::uint64_t>());
  if (!fault.empty()) {
    return Error{Error::Code::unsupported, "where " + version_ + " wrote a block as a trial is " +
                                               fault + ": what it writes is not known"};
  }
  return Done{};
}

/// What was moved so far is not claimed: it would hide what the window doesn't move.
Result<Done> FioKernel::prove_direct() {
  if (auto shown = storage::prove_direct(outside_.storage, claims_.file_system(), writes(),
                                         files_.front().descriptor(),
                                         only_writes() ? k_block : problem_.file_bytes);
      !shown) {
    return shown;
  }
  for (const DirectFile& file : files_) {
    if (auto dropped = outside_.storage.drop(file.descriptor()); !dropped) {
      return dropped;
    }
  }
  claims_.begin();
  return Done{};
}

std::uint64_t FioKernel::tuples() const {
  return k_tuples;
}

std::uint32_t FioKernel::slots() const {
  return static_cast<std::uint32_t>(std::min(rows(), k_tuples));
}

Ran FioKernel::ran() const {
  return {.software = "fio",
          .version = version_.substr(version_.find('-') + 1),
          .kernel =
              std::string(name_of(problem_.op)) + ":" + engine_ + ":" + claims_.file_system().type,
          .isa = std::string(name_of(own_vectors())),
          .threads = static_cast<std::uint32_t>(problem_.clients)};
}

void FioKernel::begin_window() {
  claims_.begin();
  outside_.program.is_timed = true;
  read_latencies_.clear();
  write_latencies_.clear();
}

Result<Done> FioKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    slots_[step.slot].is_used = false;
  }
  return Done{};
}

/// Front to back in its stretch, or at drawn places all over the file. Every job of a client has
/// other data and other places.
FioJob FioKernel::job_of(std::size_t client, std::uint64_t offset, std::uint64_t bytes) const {
  const bool in_order = goes_in_order();
  const Keyed draw(seed_, k_job_stream + client);
  return {.op = problem_.op,
          .client = client,
          .file = space_->path() + "/" + std::to_string(client),
          .engine = engine_,
          .offset = in_order ? offset : 0,
          .region_bytes = in_order ? bytes : problem_.file_bytes,
          .bytes = bytes,
          .request_bytes = problem_.request_bytes,
          .depth = problem_.depth,
          .write_percent = problem_.write_percent,
          .seed = draw(jobs_) >> 2U};
}

Result<std::vector<FioMoved>> FioKernel::run_clients(std::uint64_t offset, std::uint64_t bytes) {
  std::vector<FioMoved> moved(problem_.clients);
  const auto ran = team_.each([](std::size_t) { return true; },
                              [&](std::size_t client) -> Result<Done> {
                                auto one = run_fio(outside_.program, job_of(client, offset, bytes));
                                if (!one) {
                                  return one.error();
                                }
                                moved[client] = *std::move(one);
                                return Done{};
                              });
  ++jobs_;
  return ran ? Result<std::vector<FioMoved>>(std::move(moved)) : ran.error();
}

/// It takes no time if fio has done it.
Result<std::int64_t> FioKernel::sync_files() {
  const std::int64_t begun = monotonic_ns();
  for (const DirectFile& file : files_) {
    if (writes() && outside_.storage.sync(file.descriptor()) != 0) {
      return Error{Error::Code::io, "what fio wrote could not be made durable (fsync): " +
                                        std::generic_category().message(errno)};
    }
  }
  return writes() ? monotonic_ns() - begun : 0;
}

/// Steps that follow each other in the file.
Result<Done> FioKernel::run_batch(std::span<const Step> steps) {
  const std::uint64_t offset = cursor_ % rows() * problem_.extent_bytes;
  const std::int64_t from_ns = monotonic_ns();
  const auto moved = run_clients(offset, steps.size() * problem_.extent_bytes);
  if (!moved) {
    return moved.error();
  }
  const auto sync_ns = sync_files();
  if (!sync_ns) {
    return sync_ns.error();
  }
  std::int64_t begun_ns = moved->front().begun_ns;
  std::int64_t ended_ns = moved->front().ended_ns;
  for (const FioMoved& one : *moved) {
    begun_ns = std::min(begun_ns, one.begun_ns);
    ended_ns = std::max(ended_ns, one.ended_ns);
    claims_.add(one.said.read.bytes, false);
    claims_.add(one.said.written.bytes, true);
    add(one.said.read.latencies, read_latencies_);
    add(one.said.written.latencies, write_latencies_);
  }
  timed_ns_ += ended_ns - begun_ns + *sync_ns;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    slots_[steps[i].slot] = {.is_used = true,
                             .tuple = steps[i].tuple,
                             .offset = (cursor_ + i) % rows() * problem_.extent_bytes,
                             .from_ns = from_ns,
                             .until_ns = monotonic_ns()};
  }
  cursor_ += steps.size();
  return Done{};
}

Result<Done> FioKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  timed_ns_ = 0;
  while (!steps.empty()) {
    const std::uint64_t to_end = rows() - cursor_ % rows();
    const std::size_t count =
        goes_in_order() ? std::min<std::uint64_t>(steps.size(), to_end) : steps.size();
    if (auto ran = run_batch(steps.first(count)); !ran) {
      return ran;
    }
    steps = steps.subspan(count);
  }
  return Done{};
}

Result<std::vector<Noted>> FioKernel::notes() {
  for (const DirectFile& file : files_) {
    if (auto sampled = claims_.sample_residency(file.descriptor(), problem_.file_bytes); !sampled) {
      return sampled.error();
    }
  }
  auto noted = claims_.notes(space_->path(), problem_.clients * problem_.file_bytes);
  for (const auto& [direction, bins] :
       {std::pair("read", &read_latencies_), std::pair("written", &write_latencies_)}) {
    const std::string stem = std::string("storage_") + direction;
    noted.push_back(latency(stem + "_p50_ns", *bins, 500));
    noted.push_back(latency(stem + "_p99_ns", *bins, 990));
  }
  return noted;
}

}  // namespace assay
