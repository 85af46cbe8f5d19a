// What fio has left in files, read again here: place, time and sums are not fio's word.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "harness/run/fio_kernel.h"
#include "harness/run/watched_child.h"
#include "kernels/findings.h"
#include "kernels/host/fio_block.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

using storage::k_block;

constexpr std::uint64_t k_drawn_blocks = 4;  // of each step
constexpr std::uint64_t k_place_stream = 3, k_witness_stream = 5;

}  // namespace

/// A block that fio has written is of its step; in a mix, of any since the beginning. All others
/// are as they were laid out.
std::optional<Mismatch> FioKernel::fault_of_block(const Slot& slot, std::size_t client,
                                                  std::uint64_t offset,
                                                  const std::uint64_t* words) const {
  if (only_writes() || (writes() && storage::is_fio_block(words))) {
    std::string fault =
        storage::fault_in_fio_block({.offset = offset,
                                     .from_ns = only_writes() ? slot.from_ns : begun_ns_,
                                     .until_ns = only_writes() ? slot.until_ns : monotonic_ns()},
                                    words);
    return fault.empty()
               ? std::nullopt
               : std::optional(Mismatch{.index = offset / 8,
                                        .expected = "what fio wrote for byte " +
                                                    std::to_string(offset) + " in this step",
                                        .actual = std::move(fault)});
  }
  return storage::check_blocks({.campaign = storage::campaign_of(seed_),
                                .file = files_[client].inode(),
                                .offset = offset,
                                .generation = k_generation},
                               1, words)
      .first;
}

FioKernel::Found FioKernel::fault_in(const Slot& slot, const Stretch& stretch) {
  std::optional<Mismatch> first;
  for (std::uint64_t done = 0; done < stretch.bytes;) {
    const std::uint64_t bytes = std::min(stretch.bytes - done, k_again_bytes);
    const std::uint64_t offset = stretch.offset + done;
    const auto read = ::pread(files_[stretch.client].descriptor(), memory_.data(), bytes,
                              static_cast<off_t>(offset));
    if (read != static_cast<ssize_t>(bytes)) {
      return Error{Error::Code::io, "byte " + std::to_string(offset) + " of client " +
                                        std::to_string(stretch.client) +
                                        "'s file could not be read again: " +
                                        (read < 0 ? std::generic_category().message(errno)
                                                  : "the file was cut underneath the run")};
    }
    claims_.add(bytes, false);
    for (std::uint64_t at = 0; at < bytes && !first; at += k_block) {
      first = fault_of_block(slot, stretch.client, offset + at, memory_.as<std::uint64_t>(at));
    }
    done += bytes;
  }
  return first;
}

/// In what the step has moved; where fio chose the places, all over the files.
FioKernel::Found FioKernel::fault_of_drawn(const Slot& slot, const Seed& challenge,
                                           std::size_t step) {
  const bool in_order = goes_in_order();
  const std::uint64_t blocks = (in_order ? problem_.extent_bytes : problem_.file_bytes) / k_block;
  const Keyed draw(challenge, k_place_stream + step);
  std::optional<Mismatch> first;
  for (std::uint64_t place = 0; place < k_drawn_blocks; ++place) {
    const std::uint64_t offset =
        (in_order ? slot.offset : 0) + draw.below(2 * place + 1, blocks) * k_block;
    auto fault = fault_in(
        slot,
        {.client = draw.below(2 * place, problem_.clients), .offset = offset, .bytes = k_block});
    if (!fault) {
      return fault;
    }
    first = first ? first : *std::move(fault);
  }
  return first;
}

FioKernel::Found FioKernel::fault_of_whole(const Slot& slot) {
  std::optional<Mismatch> first;
  for (std::size_t client = 0; client < files_.size(); ++client) {
    auto fault =
        fault_in(slot, {.client = client, .offset = slot.offset, .bytes = problem_.extent_bytes});
    if (!fault) {
      return fault;
    }
    first = first ? first : *std::move(fault);
  }
  return first;
}

/// Equal on all items of a round, whatever is in their files: what is right adds nothing to what is
/// drawn for the tuple.
Result<std::vector<std::uint8_t>> FioKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  const Keyed draw(seed_, k_witness_stream);
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    const Slot& slot = slots_[step.slot];
    const auto fault = fault_in(slot, {.client = 0, .offset = slot.offset, .bytes = k_block});
    if (!fault) {
      return fault.error();
    }
    const std::uint64_t word = draw(step.tuple) + (slot.is_used && !*fault ? 0 : 1);
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

Result<CheckResult> FioKernel::check(std::span<const Step> steps, const Seed& challenge,
                                     std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Slot& slot = slots_[steps[i].slot];
    if (!slot.is_used || slot.tuple != steps[i].tuple) {
      found[i] =
          Mismatch{.index = 0,
                   .expected = "step " + std::to_string(steps[i].tuple),
                   .actual = slot.is_used ? "step " + std::to_string(slot.tuple) : "nothing"};
      continue;
    }
    auto drawn = fault_of_drawn(slot, challenge, i);
    const bool is_full = std::find(full.begin(), full.end(), i) != full.end();
    auto whole = is_full ? fault_of_whole(slot) : Found(std::nullopt);
    if (!drawn || !whole) {
      return drawn ? whole.error() : drawn.error();
    }
    found[i] = *drawn ? *std::move(drawn) : *std::move(whole);
  }
  if (!steps.empty()) {
    if (auto sampled = claims_.sample_residency(files_[cursor_ % problem_.clients].descriptor(),
                                                problem_.file_bytes);
        !sampled) {
      return sampled.error();
    }
  }
  return summed_up(std::move(found), full.size(), memory::k_log2_nothing_missed);
}

Result<Done> FioKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const std::uint64_t byte = bit / 8;
  return storage::flip_bit(files_[byte / problem_.extent_bytes].descriptor(),
                           slots_[slot].offset + byte % problem_.extent_bytes, bit % 8);
}

}  // namespace assay
