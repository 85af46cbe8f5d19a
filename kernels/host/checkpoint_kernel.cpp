#include "kernels/host/checkpoint_kernel.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/storage_room.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

using storage::BlockFindings;
using storage::BlockName;
using storage::DirectFile;
using storage::Extent;
using storage::k_block;

constexpr std::uint64_t k_tuples = 4096;
constexpr std::uint64_t k_shift_stream = 3, k_witness_stream = 5;

std::string said(int error) {
  return std::generic_category().message(error);
}

bool everyone(std::size_t /*client*/) {
  return true;
}

/// A shard that isn't there, or not whole.
BlockFindings not_there(const BlockName& due, std::string actual) {
  BlockFindings found;
  found.wrong = 1;
  found.due = 1;
  found.first = Mismatch{.index = 0,
                         .expected = "a shard of generation " + std::to_string(due.generation),
                         .actual = std::move(actual)};
  return found;
}

}  // namespace

Result<std::unique_ptr<CheckpointKernel>> CheckpointKernel::prepare(const StorageProblem& problem,
                                                                    const Seed& seed,
                                                                    StorageOutside outside) {
  if (auto able = storage::check_problem(problem); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<CheckpointKernel>(problem, seed, std::move(outside));
  if (auto opened = kernel->open(); !opened) {
    return opened.error();
  }
  return kernel;
}

CheckpointKernel::CheckpointKernel(StorageProblem problem, const Seed& seed, StorageOutside outside)
    : problem_(std::move(problem)),
      seed_(seed),
      outside_(std::move(outside)),
      slots_(storage::k_checkpoints_kept) {
  for (Slot& slot : slots_) {
    slot.inodes.resize(problem_.clients);
  }
}

Result<Done> CheckpointKernel::open() {
  auto space = storage::open_space(problem_, outside_, claims_);
  if (!space) {
    return space.error();
  }
  space_ = *std::move(space);
  auto team = storage::StorageTeam::make(outside_.queue, problem_);
  if (!team) {
    return team.error();
  }
  team_ = std::move(*team);
  directory_ =
      storage::OwnedDescriptor(::open(space_->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // What a reader finds, and what a writer replaces.
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (auto saved = save(slot, ++saved_); !saved) {
      return saved;
    }
  }
  const storage::OwnedDescriptor first(
      ::open(path_of(0, 0).c_str(), O_RDONLY | O_CLOEXEC | (outside_.direct ? O_DIRECT : 0)));
  if (auto shown = storage::prove_direct(outside_, claims_.file_system(), saves(), first.number(),
                                         problem_.file_bytes);
      !shown) {
    return shown;
  }
  claims_.begin();
  return Done{};
}

std::string CheckpointKernel::path_of(std::uint32_t slot, std::size_t client) const {
  return space_->path() + "/checkpoint-" + std::to_string(slot) + "-" + std::to_string(client);
}

BlockName CheckpointKernel::name_of_shard(std::uint32_t slot, std::size_t shard) const {
  return {.campaign = storage::campaign_of(seed_),
          .file = slots_[slot].inodes[shard],
          .offset = 0,
          .generation = slots_[slot].generation};
}

Result<Done> CheckpointKernel::save_shard(std::uint32_t slot, std::size_t client) {
  const std::string path = path_of(slot, client);
  const std::string unfinished = path + ".unfinished";
  ::unlink(unfinished.c_str());  // there only if a rename lied
  auto file = DirectFile::make(unfinished, problem_.file_bytes, outside_.direct);
  if (!file) {
    return file.error();
  }
  slots_[slot].inodes[client] = file->inode();
  const Extent whole{.client = static_cast<std::uint32_t>(client),
                     .file = file->descriptor(),
                     .first = name_of_shard(slot, client),
                     .bytes = problem_.file_bytes,
                     .is_written = true};
  BlockFindings none;
  if (auto written = team_.move_own(client, {&whole, 1}, {&none, 1}); !written) {
    return written;
  }
  if (outside_.rename(unfinished.c_str(), path.c_str()) != 0) {
    return Error{Error::Code::io, "a shard could not be renamed: " + said(errno)};
  }
  if (outside_.sync(directory_.number()) != 0) {
    return Error{Error::Code::io,
                 "the directory of a checkpoint could not be made durable: " + said(errno)};
  }
  return Done{};
}

Result<Done> CheckpointKernel::save(std::uint32_t slot, std::uint64_t generation) {
  slots_[slot].generation = generation;
  auto saved = team_.each(everyone, [&](std::size_t client) { return save_shard(slot, client); });
  claims_.add(problem_.clients * problem_.file_bytes, true);
  return saved;
}

Result<BlockFindings> CheckpointKernel::read_shard(std::uint32_t slot, std::size_t reader,
                                                   std::size_t shard, std::uint64_t bytes) {
  const BlockName due = name_of_shard(slot, shard);
  const storage::OwnedDescriptor file(::open(
      path_of(slot, shard).c_str(), O_RDONLY | O_CLOEXEC | (outside_.direct ? O_DIRECT : 0)));
  struct stat facts {};
  if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) {
    return not_there(due, "none that can be opened: " + said(errno));
  }
  if (static_cast<std::uint64_t>(facts.st_size) != problem_.file_bytes) {
    return not_there(due, "one of " + std::to_string(facts.st_size) + " bytes");
  }
  if (!outside_.direct) {
    static_cast<void>(outside_.drop(file.number()));
  }
  const Extent part{.client = static_cast<std::uint32_t>(reader),
                    .file = file.number(),
                    .first = due,
                    .bytes = bytes};
  BlockFindings found;
  const auto moved = team_.move_own(reader, {&part, 1}, {&found, 1});
  return moved ? Result<BlockFindings>(std::move(found)) : moved.error();
}

Result<BlockFindings> CheckpointKernel::restore(std::uint32_t slot, std::uint64_t shift) {
  std::vector<BlockFindings> found(team_.size());
  const auto read = team_.each(everyone, [&](std::size_t client) -> Result<Done> {
    auto one = read_shard(slot, client, (client + shift) % team_.size(), problem_.file_bytes);
    if (!one) {
      return one.error();
    }
    found[client] = std::move(*one);
    return Done{};
  });
  if (!read) {
    return read.error();
  }
  claims_.add(problem_.clients * problem_.file_bytes, false);
  BlockFindings all;
  for (const BlockFindings& one : found) {
    all.add(one);
  }
  return all;
}

/// Another client's, where there is another.
std::uint64_t CheckpointKernel::shift_by(std::uint64_t drawn) const {
  return team_.size() == 1 ? 0 : 1 + drawn % (team_.size() - 1);
}

std::uint64_t CheckpointKernel::tuples() const {
  return k_tuples;
}

std::uint32_t CheckpointKernel::slots() const {
  return storage::k_checkpoints_kept;
}

std::uint64_t CheckpointKernel::slot_bits() const {
  return saves() ? 8 * problem_.clients * problem_.file_bytes : 64;
}

Ran CheckpointKernel::ran() const {
  return {.software = "assay",
          .version = "1",
          .kernel = "checkpoint_" + std::string(name_of(problem_.op)) + ":" + team_.queue_names() +
                    ":" + claims_.file_system().type,
          .isa = std::string(name_of(own_vectors())),
          .threads = static_cast<std::uint32_t>(problem_.clients)};
}

Result<Done> CheckpointKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    slots_[step.slot].is_used = false;
  }
  return Done{};
}

Result<Done> CheckpointKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  using Clock = std::chrono::steady_clock;
  const Keyed draw(seed_, k_shift_stream);
  timed_ns_ = 0;
  for (const Step& step : steps) {
    Slot& slot = slots_[step.slot];
    const auto begun = Clock::now();
    if (saves()) {
      if (auto saved = save(step.slot, ++saved_); !saved) {
        const bool refused = saved.error().code == Error::Code::unsupported;  // too late for that
        return refused ? Error{Error::Code::io, saved.error().message} : saved.error();
      }
    } else {
      auto restored = restore(step.slot, shift_by(draw(step.tuple)));
      if (!restored) {
        return restored.error();
      }
      slot.restored = std::move(*restored);
    }
    timed_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begun).count();
    slot.is_used = true;
    slot.tuple = step.tuple;
  }
  return Done{};
}

/// Equal on all items of a round, whatever files they have: what is right adds nothing to what is
/// drawn for the tuple. Of what was saved, the first block is read.
Result<std::vector<std::uint8_t>> CheckpointKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  const Keyed draw(seed_, k_witness_stream);
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    BlockFindings found = slots_[step.slot].restored;
    if (saves()) {
      auto first = read_shard(step.slot, 0, 0, k_block);
      if (!first) {
        return first.error();
      }
      claims_.add(k_block, false);
      found = std::move(*first);
    }
    const std::uint64_t word = draw(step.tuple) + found.sum - found.due;
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

/// Whether the slot is not what this step left, or something in it is wrong.
std::optional<Mismatch> CheckpointKernel::fault_in(const Step& step,
                                                   const BlockFindings& found) const {
  const Slot& slot = slots_[step.slot];
  if (!slot.is_used || slot.tuple != step.tuple) {
    return Mismatch{.index = 0,
                    .expected = "step " + std::to_string(step.tuple),
                    .actual = slot.is_used ? "step " + std::to_string(slot.tuple) : "nothing"};
  }
  if (!found.first &&
      (found.sum != found.due || Natural{found.blocks} * k_block != work_per_step())) {
    return Mismatch{.index = 0,
                    .expected = "the sum " + std::to_string(found.due),
                    .actual = "the sum " + std::to_string(found.sum)};
  }
  return found.first;
}

Result<CheckResult> CheckpointKernel::check(std::span<const Step> steps, const Seed& challenge,
                                            std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  const Keyed draw(challenge, k_shift_stream);
  std::vector<std::optional<Mismatch>> faults;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    BlockFindings found = slots_[steps[i].slot].restored;
    if (saves()) {
      auto read = restore(steps[i].slot, shift_by(draw(i)));
      if (!read) {
        return read.error();
      }
      found = std::move(*read);
    }
    faults.push_back(fault_in(steps[i], found));
  }
  const storage::OwnedDescriptor file(::open(path_of(0, 0).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() >= 0) {  // a shard that is not there was found to be missing above
    if (auto sampled = claims_.sample_residency(file.number(), problem_.file_bytes); !sampled) {
      return sampled.error();
    }
  }
  return summed_up(std::move(faults), steps.size(), memory::k_log2_nothing_missed);
}

Result<Done> CheckpointKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  if (!saves()) {
    slots_[slot].restored.sum ^= std::uint64_t{1} << bit;
    return Done{};
  }
  const std::uint64_t byte = bit / 8;
  const storage::OwnedDescriptor file(
      ::open(path_of(slot, byte / problem_.file_bytes).c_str(),
             O_RDWR | O_CLOEXEC | (outside_.direct ? O_DIRECT : 0)));
  return storage::flip_bit(file.number(), byte % problem_.file_bytes, bit % 8);
}

Result<std::vector<Noted>> CheckpointKernel::notes() {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const storage::OwnedDescriptor file(::open(path_of(slot, 0).c_str(), O_RDONLY | O_CLOEXEC));
    if (auto sampled = claims_.sample_residency(file.number(), problem_.file_bytes); !sampled) {
      return sampled.error();
    }
  }
  return claims_.notes(space_->path(), slots_.size() * problem_.clients * problem_.file_bytes);
}

}  // namespace assay
