// What is in a GPU's memory, or in the files that it was written to: read again by the host.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "harness/run/gpu_file_kernel.h"
#include "kernels/findings.h"
#include "kernels/host/keyed_block.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

using storage::k_block;

constexpr std::uint64_t k_drawn_blocks = 4;  // of each step
constexpr std::uint64_t k_again_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t k_place_stream = 3, k_witness_stream = 5;

}  // namespace

GpuFileKernel::Found GpuFileKernel::fault_in(std::uint32_t slot, const Stretch& stretch) {
  for (std::uint64_t done = 0; done < stretch.bytes;) {
    const std::uint64_t bytes = std::min(stretch.bytes - done, k_again_bytes);
    const std::uint64_t offset = stretch.offset + done;
    const storage::BlockName name = name_of_block(slots_[slot], stretch.client, offset);
    if (writes()) {
      const auto read = ::pread(files_[stretch.client].descriptor(), memory_.data(), bytes,
                                static_cast<off_t>(name.offset));
      if (read != static_cast<ssize_t>(bytes)) {
        return Error{Error::Code::io, "byte " + std::to_string(name.offset) + " of file " +
                                          std::to_string(name.file) + " could not be read again: " +
                                          (read < 0 ? std::generic_category().message(errno)
                                                    : "the file was cut underneath the run")};
      }
      claims_.add(bytes, false);
    } else if (auto fetched = device_->fetch(place_of(slot, stretch.client) + offset,
                                             {memory_.as<std::byte>(), bytes});
               !fetched) {
      return fetched.error();
    }
    auto found = storage::check_blocks(name, bytes / k_block, memory_.as<std::uint64_t>());
    if (found.first) {
      return std::move(found.first);
    }
    done += bytes;
  }
  return std::optional<Mismatch>();
}

GpuFileKernel::Found GpuFileKernel::fault_of_drawn(std::uint32_t slot, const Keyed& draw) {
  std::optional<Mismatch> first;
  for (std::uint64_t place = 0; place < k_drawn_blocks && !first; ++place) {
    auto fault = fault_in(
        slot, {.client = draw.below(2 * place, problem_.clients),
               .offset = draw.below(2 * place + 1, problem_.extent_bytes / k_block) * k_block,
               .bytes = k_block});
    if (!fault) {
      return fault;
    }
    first = *std::move(fault);
  }
  return first;
}

GpuFileKernel::Found GpuFileKernel::fault_of_whole(std::uint32_t slot) {
  std::optional<Mismatch> first;
  for (std::uint64_t client = 0; client < problem_.clients && !first; ++client) {
    auto fault = fault_in(slot, {.client = client, .offset = 0, .bytes = problem_.extent_bytes});
    if (!fault) {
      return fault;
    }
    first = *std::move(fault);
  }
  return first;
}

/// Equal on all items of a round, whatever files they have: what is right adds nothing to what is
/// drawn for the tuple.
Result<std::vector<std::uint8_t>> GpuFileKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  const Keyed draw(seed_, k_witness_stream);
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    const auto fault = fault_in(step.slot, {.client = 0, .offset = 0, .bytes = k_block});
    if (!fault) {
      return fault.error();
    }
    const std::uint64_t word = draw(step.tuple) + (slots_[step.slot].is_used && !*fault ? 0U : 1U);
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

Result<CheckResult> GpuFileKernel::check(std::span<const Step> steps, const Seed& challenge,
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
    const bool is_full = std::find(full.begin(), full.end(), i) != full.end();
    auto fault = fault_of_drawn(steps[i].slot, Keyed(challenge, k_place_stream + i));
    if (fault && !*fault && is_full) {
      fault = fault_of_whole(steps[i].slot);
    }
    if (!fault) {
      return fault.error();
    }
    found[i] = *std::move(fault);
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

Result<Done> GpuFileKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const std::uint64_t byte = bit / 8;
  if (writes()) {
    return storage::flip_bit(files_[byte / problem_.extent_bytes].descriptor(),
                             slots_[slot].offset + byte % problem_.extent_bytes, bit % 8);
  }
  const std::span<std::byte> one(memory_.as<std::byte>(), 1);
  if (auto fetched = device_->fetch(place_of(slot, 0) + byte, one); !fetched) {
    return fetched;
  }
  one[0] ^= std::byte{1} << (bit % 8);
  return device_->fill(place_of(slot, 0) + byte, one);
}

}  // namespace assay
