#include "kernels/host/storage_kernel.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/storage_room.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

using storage::BlockFindings;
using storage::DirectFile;
using storage::Extent;
using storage::k_block;

constexpr std::uint64_t k_tuples = 4096;
constexpr std::uint64_t k_drawn_blocks = 4;     // of each extent that was written
constexpr std::uint64_t k_laid_out = k_tuples;  // generation of what a reader finds
constexpr std::uint64_t k_place_stream = 3, k_witness_stream = 5;
constexpr std::uint64_t k_read_stream = 1'000'000, k_write_stream = 2'000'000;  // and the client

}  // namespace

Result<std::unique_ptr<StorageKernel>> StorageKernel::prepare(const StorageProblem& problem,
                                                              const Seed& seed,
                                                              StorageOutside outside) {
  if (auto able = storage::check_problem(problem); !able) {
    return able.error();
  }
  auto kernel = std::make_unique<StorageKernel>(problem, seed, std::move(outside));
  for (const auto step :
       {&StorageKernel::open, &StorageKernel::lay_out, &StorageKernel::prove_direct}) {
    if (auto done = (kernel.get()->*step)(); !done) {
      return done.error();
    }
  }
  return kernel;
}

StorageKernel::StorageKernel(StorageProblem problem, const Seed& seed, StorageOutside outside)
    : problem_(std::move(problem)),
      seed_(seed),
      outside_(std::move(outside)),
      slots_(slots()),
      pace_(problem_.clients, problem_.compute_ns) {}

Result<Done> StorageKernel::open() {
  auto space = storage::open_space(problem_, outside_, claims_);
  if (!space) {
    return space.error();
  }
  space_ = *std::move(space);
  auto files = storage::make_files(*space_, problem_, outside_);
  if (!files) {
    return files.error();
  }
  files_ = *std::move(files);
  auto team = storage::StorageTeam::make(outside_.queue, problem_);
  if (!team) {
    return team.error();
  }
  team_ = std::move(*team);
  return Done{};
}

/// All data of a reader; one block of each file for a writer, which shows what the file system does
/// with it.
Result<Done> StorageKernel::lay_out() {
  const std::uint64_t places = problem_.file_bytes / problem_.request_bytes;
  const bool is_mixed = problem_.op == StorageProblem::Op::mixed;
  Extents all;
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    const std::uint64_t half = std::max<std::uint64_t>(places / 2, 1);
    read_places_.emplace_back(seed_, k_read_stream + client, is_mixed ? half : places);
    write_places_.emplace_back(seed_, k_write_stream + client, half);
    for (std::uint64_t row = 0; row < (only_writes() ? 1 : rows()); ++row) {
      all.push_back(extent_at(client, row * problem_.extent_bytes, k_laid_out));
      all.back().bytes = only_writes() ? k_block : problem_.extent_bytes;
      all.back().is_written = true;
    }
  }
  const auto laid_out = move(all);
  return laid_out ? Result<Done>(Done{}) : laid_out.error();
}

/// What was moved so far is not claimed: it would hide what the window doesn't move.
Result<Done> StorageKernel::prove_direct() {
  if (auto shown = storage::prove_direct(outside_, claims_.file_system(), writes(),
                                         files_.front().descriptor(),
                                         only_writes() ? k_block : problem_.file_bytes);
      !shown) {
    return shown;
  }
  for (const DirectFile& file : files_) {
    if (auto dropped = outside_.drop(file.descriptor()); !dropped) {
      return dropped;
    }
  }
  claims_.begin();
  return Done{};
}

Extent StorageKernel::extent_at(std::uint64_t client, std::uint64_t offset,
                                std::uint64_t generation) const {
  const DirectFile& file = files_[client];
  return {.client = static_cast<std::uint32_t>(client),
          .file = file.descriptor(),
          .first = {.campaign = storage::campaign_of(seed_),
                    .file = file.inode(),
                    .offset = offset,
                    .generation = generation},
          .bytes = problem_.extent_bytes};
}

/// Front to back through every file.
void StorageKernel::add_row(std::uint64_t generation, Extents& extents) const {
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    extents.push_back(extent_at(client, cursor_ % rows() * problem_.extent_bytes,
                                only_writes() ? generation : k_laid_out));
    extents.back().is_written = only_writes();
  }
}

/// Requests at drawn places, those of a mix that write spread evenly among the others.
void StorageKernel::add_drawn(std::uint64_t generation, Extents& extents) const {
  constexpr std::uint64_t k_percent = 100;
  const std::uint64_t percent =
      problem_.op == StorageProblem::Op::mixed ? problem_.write_percent : 0;
  const std::uint64_t requests = problem_.extent_bytes / problem_.request_bytes;
  const std::uint64_t half = problem_.file_bytes / problem_.request_bytes / 2;
  for (std::uint64_t client = 0; client < problem_.clients; ++client) {
    for (std::uint64_t i = cursor_ * requests; i < (cursor_ + 1) * requests; ++i) {
      const std::uint64_t before = i * percent / k_percent;
      const bool is_write = (i + 1) * percent / k_percent > before;
      const std::uint64_t place =
          is_write ? half + write_places_[client](before) : read_places_[client](i - before);
      extents.push_back(
          extent_at(client, place * problem_.request_bytes, is_write ? generation : k_laid_out));
      extents.back().bytes = problem_.request_bytes;
      extents.back().is_written = is_write;
    }
  }
}

std::uint64_t StorageKernel::tuples() const {
  return k_tuples;
}

std::uint32_t StorageKernel::slots() const {
  return static_cast<std::uint32_t>(std::min(rows(), k_tuples));
}

std::uint64_t StorageKernel::slot_bits() const {
  return only_writes() ? 8 * problem_.clients * problem_.extent_bytes : 64;
}

Ran StorageKernel::ran() const {
  return {.software = "assay",
          .version = "1",
          .kernel = std::string(name_of(problem_.op)) + ":" + team_.queue_names() + ":" +
                    claims_.file_system().type,
          .isa = std::string(name_of(own_vectors())),
          .threads = static_cast<std::uint32_t>(problem_.clients)};
}

Result<std::vector<BlockFindings>> StorageKernel::move(std::span<const Extent> extents) {
  auto found = team_.move(extents);
  for (const Extent& extent : extents) {
    claims_.add(extent.bytes, extent.is_written);
  }
  return found;
}

/// As move(), batch by batch of each client, as fast as its accelerator takes them.
Result<std::vector<BlockFindings>> StorageKernel::train(std::span<const Extent> extents) {
  const std::uint64_t samples = problem_.extent_bytes / problem_.request_bytes;
  const std::size_t in_step = samples * problem_.clients;  // client after client
  std::vector<BlockFindings> found(extents.size());
  const auto read =
      team_.each([](std::size_t) { return true; },
                 [&](std::size_t client) -> Result<Done> {
                   for (std::size_t at = client * samples; at < extents.size(); at += in_step) {
                     pace_.wait_for_room(client);
                     if (auto moved = team_.move_own(client, extents.subspan(at, samples),
                                                     std::span(found).subspan(at, samples));
                         !moved) {
                       return moved;
                     }
                     pace_.take(client);
                   }
                   return Done{};
                 });
  if (!read) {
    return read.error();
  }
  claims_.add(extents.size() * problem_.request_bytes, false);
  return found;
}

Result<std::vector<BlockFindings>> StorageKernel::read_again(Extents extents) {
  for (Extent& extent : extents) {
    extent.is_written = false;
  }
  return move(extents);
}

Result<Done> StorageKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    slots_[step.slot].is_used = false;
  }
  return Done{};
}

Result<Done> StorageKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  const bool in_order =
      problem_.op == StorageProblem::Op::write || problem_.op == StorageProblem::Op::read;
  Extents all;
  std::vector<std::size_t> ends;
  for (const Step& step : steps) {
    const std::uint64_t generation = (cursor_ + 2) * k_tuples + step.tuple;
    in_order ? add_row(generation, all) : add_drawn(generation, all);
    ends.push_back(all.size());
    ++cursor_;
  }
  const auto found = problem_.op == StorageProblem::Op::training ? train(all) : move(all);
  if (!found) {
    return found.error();
  }
  std::size_t next = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Slot& slot = slots_[steps[i].slot];
    slot = {.is_used = true, .tuple = steps[i].tuple};
    for (; next < ends[i]; ++next) {
      if (all[next].is_written) {
        slot.written.push_back(all[next]);
      } else {
        slot.blocks_read += all[next].bytes / k_block;
        slot.found.add((*found)[next]);
      }
    }
  }
  return Done{};
}

/// Equal on all items of a round, whatever files they have: what is right adds nothing to what is
/// drawn for the tuple. Of what was written, the first block is read again.
Result<std::vector<std::uint8_t>> StorageKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  Extents first_blocks;
  std::vector<std::size_t> of_step;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Slot& slot = slots_[steps[i].slot];
    if (slot.is_used && !slot.written.empty()) {
      first_blocks.push_back(slot.written.front());
      first_blocks.back().bytes = k_block;
      of_step.push_back(i);
    }
  }
  const auto seen = read_again(first_blocks);
  if (!seen) {
    return seen.error();
  }
  const Keyed draw(seed_, k_witness_stream);
  std::vector<std::uint64_t> words;
  for (const Step& step : steps) {
    const Slot& slot = slots_[step.slot];
    words.push_back(draw(step.tuple) + slot.found.sum - slot.found.due);
  }
  for (std::size_t i = 0; i < seen->size(); ++i) {
    words[of_step[i]] += (*seen)[i].sum - (*seen)[i].due;
    Slot& slot = slots_[steps[of_step[i]].slot];
    slot.found.first = slot.found.first ? slot.found.first : (*seen)[i].first;
  }
  std::vector<std::uint8_t> bytes;
  for (const std::uint64_t word : words) {
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

/// Whether the slot is not what this step left.
std::optional<Mismatch> StorageKernel::stale(const Step& step) const {
  const Slot& slot = slots_[step.slot];
  if (slot.is_used && slot.tuple == step.tuple) {
    return std::nullopt;
  }
  return Mismatch{.index = 0,
                  .expected = "step " + std::to_string(step.tuple),
                  .actual = slot.is_used ? "step " + std::to_string(slot.tuple) : "nothing"};
}

/// Drawn blocks of what each step wrote, and for some all of it.
Result<std::vector<std::optional<Mismatch>>> StorageKernel::check_written(
    std::span<const Step> steps, const Seed& challenge, std::span<const std::uint32_t> full) {
  Extents again;
  std::vector<std::size_t> of_step;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Extents& written = slots_[steps[i].slot].written;
    const Keyed draw(challenge, k_place_stream + i);
    for (std::uint64_t place = 0; place < k_drawn_blocks && !written.empty(); ++place) {
      Extent block = written[draw.below(2 * place, written.size())];
      block.first.offset += draw.below(2 * place + 1, block.bytes / k_block) * k_block;
      block.bytes = k_block;
      again.push_back(block);
      of_step.push_back(i);
    }
  }
  for (const std::uint32_t index : full) {
    const Extents& written = slots_[steps[index].slot].written;
    again.insert(again.end(), written.begin(), written.end());
    of_step.insert(of_step.end(), written.size(), index);
  }
  const auto seen = read_again(std::move(again));
  if (!seen) {
    return seen.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t i = 0; i < seen->size(); ++i) {
    auto& first = found[of_step[i]];
    first = first ? first : (*seen)[i].first;
  }
  return found;
}

Result<CheckResult> StorageKernel::check(std::span<const Step> steps, const Seed& challenge,
                                         std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  auto found = check_written(steps, challenge, full);
  if (!found) {
    return found.error();
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Slot& slot = slots_[steps[i].slot];
    const BlockFindings& read = slot.found;
    auto& first = (*found)[i];
    first = first ? first : read.first;
    if (auto other = stale(steps[i])) {
      first = std::move(other);
    } else if (!first && (read.sum != read.due || read.blocks != slot.blocks_read)) {
      first = Mismatch{.index = 0,
                       .expected = "the sum " + std::to_string(read.due),
                       .actual = "the sum " + std::to_string(read.sum)};
    }
  }
  if (!steps.empty()) {
    if (auto sampled = claims_.sample_residency(files_[cursor_ % problem_.clients].descriptor(),
                                                problem_.file_bytes);
        !sampled) {
      return sampled.error();
    }
  }
  return summed_up(std::move(*found), full.size(), memory::k_log2_nothing_missed);
}

Result<Done> StorageKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  Slot& there = slots_[slot];
  if (!only_writes()) {
    there.found.sum ^= std::uint64_t{1} << bit;
    return Done{};
  }
  const Extent& extent = there.written.at(bit / 8 / problem_.extent_bytes);
  return storage::flip_bit(extent.file, extent.first.offset + bit / 8 % problem_.extent_bytes,
                           bit % 8);
}

Result<std::vector<Noted>> StorageKernel::notes() {
  for (const DirectFile& file : files_) {
    if (auto sampled = claims_.sample_residency(file.descriptor(), problem_.file_bytes); !sampled) {
      return sampled.error();
    }
  }
  auto noted = claims_.notes(space_->path(), problem_.clients * problem_.file_bytes);
  if (problem_.op == StorageProblem::Op::training) {
    noted.push_back({.name = "storage_accelerator_ppm",
                     .value = pace_.utilisation_ppm(),
                     .reason = "no batch was read"});
  }
  return noted;
}

}  // namespace assay
