#include "harness/run/gpu_file_kernel.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "harness/run/watched_child.h"
#include "kernels/findings.h"
#include "kernels/host/keyed_block.h"
#include "kernels/host/storage_room.h"

namespace assay {
namespace {

using storage::DirectFile;
using storage::Extent;
using storage::k_block;
using Op = StorageProblem::Op;

constexpr std::uint64_t k_tuples = 4096;
constexpr std::uint64_t k_laid_out = 1;  // generation of what a reader finds
constexpr std::uint64_t k_host_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t k_host_depth = 8;
constexpr std::uint64_t k_most_slots = 64;
constexpr std::uint64_t k_buffer_bytes = std::uint64_t{1} << 30U;  // and no less than a slot

std::string place_in(const DirectFile& file, std::uint64_t offset) {
  return "byte " + std::to_string(offset) + " of file " + std::to_string(file.inode());
}

/// As many as come before a slot comes again.
std::size_t distinct_at_front(std::span<const Step> steps) {
  std::size_t count = 0;
  const auto is_before = [&](std::uint32_t slot) {
    return std::any_of(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count),
                       [slot](const Step& step) { return step.slot == slot; });
  };
  while (count < steps.size() && !is_before(steps[count].slot)) {
    ++count;
  }
  return count;
}

}  // namespace

Result<Done> GpuFileKernel::supports(const StorageProblem& problem) {
  if (problem.op != Op::write && problem.op != Op::read) {
    return Error{Error::Code::bad_input, "a GPU's memory is read from files or written to them"};
  }
  return storage::check_problem(problem);
}

Result<std::unique_ptr<GpuFileKernel>> GpuFileKernel::prepare(const StorageProblem& problem,
                                                              const Seed& seed,
                                                              const DeviceFilesMaker& maker,
                                                              StorageOutside outside) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<GpuFileKernel>(problem, seed, std::move(outside));
  if (auto opened = kernel->open(maker); !opened) {
    return opened.error();
  }
  for (const auto step : {&GpuFileKernel::lay_out, &GpuFileKernel::prove_direct}) {
    if (auto done = (kernel.get()->*step)(); !done) {
      return done.error();
    }
  }
  return kernel;
}

GpuFileKernel::GpuFileKernel(StorageProblem problem, const Seed& seed, StorageOutside outside)
    : problem_(std::move(problem)),
      seed_(seed),
      outside_(std::move(outside)),
      slots_(GpuFileKernel::slots()) {}

Result<Done> GpuFileKernel::open(const DeviceFilesMaker& maker) {
  auto space = storage::open_space(problem_, outside_, claims_);
  auto memory = Buffer::of_bytes(k_host_bytes);
  if (!space || !memory) {
    return space ? memory.error() : space.error();
  }
  space_ = *std::move(space);
  memory_ = *std::move(memory);
  auto device = maker(slots() * step_bytes());
  if (!device) {
    return device.error();
  }
  device_ = *std::move(device);
  auto files = storage::make_files(*space_, problem_, outside_);
  if (!files) {
    return files.error();
  }
  files_ = *std::move(files);
  for (const DirectFile& file : files_) {
    if (auto added = device_->add_file(file.descriptor()); !added) {
      return added;
    }
  }
  return Done{};
}

/// By the host, past the page cache: all data of a reader; one block of each file for a writer,
/// which shows what the file system does with it.
Result<Done> GpuFileKernel::lay_out() {
  StorageProblem host = problem_;
  host.depth = k_host_depth;
  host.request_bytes = std::min(problem_.extent_bytes, k_host_bytes);
  auto team = storage::StorageTeam::make(outside_.queue, host);
  if (!team) {
    return team.error();
  }
  team_ = *std::move(team);
  std::vector<Extent> all;
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    all.push_back({.client = static_cast<std::uint32_t>(client),
                   .file = files_[client].descriptor(),
                   .first = name_of_block({.generation = k_laid_out}, client, 0),
                   .bytes = writes() ? k_block : problem_.file_bytes,
                   .is_written = true});
  }
  const auto laid_out = team_.move(all);
  return laid_out ? Result<Done>(Done{}) : laid_out.error();
}

/// What was moved so far is not claimed: it would hide what the window doesn't move.
Result<Done> GpuFileKernel::prove_direct() {
  if (auto shown = storage::prove_direct(outside_, claims_.file_system(), writes(),
                                         files_.front().descriptor(),
                                         writes() ? k_block : problem_.file_bytes);
      !shown) {
    return shown;
  }
  for (const DirectFile& file : files_) {
    if (auto dropped = outside_.drop(file.descriptor()); !dropped) {
      return dropped;
    }
  }
  begin_window();
  return Done{};
}

/// A soak would hide what a window lacks.
void GpuFileKernel::begin_window() {
  claims_.begin();
  before_ = device_->path();
  moved_ = 0;
}

storage::BlockName GpuFileKernel::name_of_block(const Slot& slot, std::uint64_t client,
                                                std::uint64_t offset) const {
  return {.campaign = storage::campaign_of(seed_),
          .file = files_[client].inode(),
          .offset = slot.offset + offset,
          .generation = slot.generation};
}

std::uint64_t GpuFileKernel::tuples() const {
  return k_tuples;
}

std::uint32_t GpuFileKernel::slots() const {
  const std::uint64_t fitting = std::max<std::uint64_t>(k_buffer_bytes / step_bytes(), 1);
  return static_cast<std::uint32_t>(std::min({fitting, rows(), k_most_slots}));
}

Ran GpuFileKernel::ran() const {
  return {.software = "cuFile",
          .version = device_->version(),
          .kernel = "gpu_" + std::string(name_of(problem_.op)) + ":" + claims_.file_system().type,
          .isa = "",
          .threads = static_cast<std::uint32_t>(problem_.clients)};
}

Result<Done> GpuFileKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    slots_[step.slot].is_used = false;
    if (auto wiped = device_->wipe(place_of(step.slot, 0), step_bytes()); !wiped) {
      return wiped;
    }
  }
  return Done{};
}

/// Blocks of the slot's generation, made by the host.
Result<Done> GpuFileKernel::fill(std::uint32_t slot) {
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    for (std::uint64_t done = 0; done < problem_.extent_bytes;) {
      const std::uint64_t bytes = std::min(problem_.extent_bytes - done, k_host_bytes);
      storage::fill_blocks(name_of_block(slots_[slot], client, done), bytes / k_block,
                           memory_.as<std::uint64_t>());
      if (auto filled =
              device_->fill(place_of(slot, client) + done, {memory_.as<std::byte>(), bytes});
          !filled) {
        return filled;
      }
      done += bytes;
    }
  }
  return Done{};
}

/// One client's part of a step.
Result<Done> GpuFileKernel::move_all(std::uint32_t slot, std::uint64_t client) {
  for (std::uint64_t done = 0; done < problem_.extent_bytes; done += problem_.request_bytes) {
    const DeviceStretch stretch{.file = client,
                                .file_offset = slots_[slot].offset + done,
                                .buffer_offset = place_of(slot, client) + done,
                                .bytes = problem_.request_bytes};
    const auto moved = writes() ? device_->write(stretch) : device_->read(stretch);
    const std::string place = place_in(files_[client], stretch.file_offset);
    if (!moved) {
      return Error{
          moved.error().code,
          place + " could not be " + (writes() ? "written: " : "read: ") + moved.error().message};
    }
    if (*moved != stretch.bytes) {
      return Error{Error::Code::io, "of " + std::to_string(stretch.bytes) + " bytes at " + place +
                                        " cuFile moved only " + std::to_string(*moved)};
    }
  }
  return Done{};
}

/// Steps in different slots, and at different places of the files.
Result<Done> GpuFileKernel::run_batch(std::span<const Step> steps) {
  for (const Step& step : steps) {
    slots_[step.slot] = {.is_used = false,
                         .tuple = step.tuple,
                         .offset = cursor_ % rows() * problem_.extent_bytes,
                         .generation = writes() ? k_laid_out + 1 + cursor_ : k_laid_out};
    ++cursor_;
    if (auto filled = writes() ? fill(step.slot) : Result<Done>(Done{}); !filled) {
      return filled;
    }
  }
  const std::int64_t begun_ns = monotonic_ns();
  auto moved = team_.each([](std::size_t) { return true; },
                          [&](std::size_t client) -> Result<Done> {
                            for (const Step& step : steps) {
                              if (auto done = move_all(step.slot, client); !done) {
                                return done;
                              }
                            }
                            if (writes() && outside_.sync(files_[client].descriptor()) != 0) {
                              return Error{Error::Code::io,
                                           "what a GPU wrote could not be made durable (fsync): " +
                                               std::generic_category().message(errno)};
                            }
                            return Done{};
                          });
  timed_ns_ += monotonic_ns() - begun_ns;
  if (!moved) {
    return moved;
  }
  const std::uint64_t bytes = steps.size() * step_bytes();
  claims_.add(bytes, writes());
  moved_ += bytes;
  for (const Step& step : steps) {
    slots_[step.slot].is_used = true;
  }
  return Done{};
}

Result<Done> GpuFileKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  timed_ns_ = 0;
  while (!steps.empty()) {
    const std::size_t count = distinct_at_front(steps);
    if (auto ran = run_batch(steps.first(count)); !ran) {
      return ran;
    }
    steps = steps.subspan(count);
  }
  return Done{};
}

Result<std::vector<Noted>> GpuFileKernel::notes() {
  for (const DirectFile& file : files_) {
    if (auto sampled = claims_.sample_residency(file.descriptor(), problem_.file_bytes); !sampled) {
      return sampled.error();
    }
  }
  auto noted = claims_.notes(space_->path(), problem_.clients * problem_.file_bytes);
  const DirectPath now = device_->path();
  const auto& before = writes() ? before_.written_bytes : before_.read_bytes;
  const auto& after = writes() ? now.written_bytes : now.read_bytes;
  noted.push_back(
      {.name = "storage_gpu_claimed_bytes", .value = static_cast<std::int64_t>(moved_)});
  noted.push_back({.name = "storage_gpu_direct_bytes",
                   .value = before && after && *after >= *before
                                ? std::optional(static_cast<std::int64_t>(*after - *before))
                                : std::nullopt,
                   .reason = now.why_not.empty() ? "nvidia-fs was loaded anew" : now.why_not});
  noted.push_back({.name = "storage_gpu_may_bounce",
                   .value = now.may_bounce ? std::optional<std::int64_t>(*now.may_bounce ? 1 : 0)
                                           : std::nullopt,
                   .reason = "cuFile doesn't say whether its compatibility mode is allowed"});
  return noted;
}

}  // namespace assay
