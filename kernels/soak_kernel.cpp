#include "kernels/soak_kernel.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "kernels/findings.h"
#include "kernels/keyed.h"
#include "kernels/memory_plan.h"

namespace assay {
namespace {

constexpr std::uint64_t k_part_stream = 0x500;

/// So that no two parts work on the same numbers.
Seed seed_of_part(const Seed& seed, std::uint64_t part) {
  const Keyed draw(seed, k_part_stream + part);
  Seed own{};
  for (std::size_t i = 0; i < own.size(); ++i) {
    own[i] = static_cast<std::uint8_t>(draw(i / 8) >> (8 * (i % 8)));
  }
  return own;
}

unsigned element_bits(const Problem& part) {
  const auto* const product = std::get_if<GemmProblem>(&part);
  return product == nullptr ? 64 : bits_of(product->output);
}

/// What each part says, without saying the same twice.
template <class Parts>
std::string joined(const Parts& parts, std::string Ran::*member) {
  std::string text;
  std::string last;
  for (const auto& part : parts) {
    std::string said = part.kernel->ran().*member;
    if (said != last) {
      text += (text.empty() ? "" : " + ") + said;
    }
    last = std::move(said);
  }
  return text;
}

/// Takes what one part found; its elements begin at `first_index`.
void take(CheckResult& all, CheckResult part, std::uint64_t first_index) {
  all.tiles = std::min(all.tiles, part.tiles);
  all.full = std::min(all.full, part.full);
  all.log2_miss = std::max(all.log2_miss, part.log2_miss);
  std::vector<std::uint32_t> either;
  std::set_union(all.wrong_steps.begin(), all.wrong_steps.end(), part.wrong_steps.begin(),
                 part.wrong_steps.end(), std::back_inserter(either));
  all.wrong_steps = std::move(either);
  if (part.first) {
    part.first->index += first_index;
    if (!all.first || part.first->step < all.first->step) {
      all.first = std::move(part.first);
    }
  }
}

}  // namespace

SoakParts soak_parts(const SoakProblem& soak, const Problem& copy) {
  return {soak.product,
          MemoryProblem{.op = MemoryProblem::Op::triad, .array_bytes = soak.array_bytes}, copy};
}

Result<Done> soak_supported(Backend& backend, const SoakParts& parts, const Device& device) {
  for (const Problem& part : parts) {
    if (auto able = backend.supports(part, device); !able) {
      return able;
    }
  }
  return Done{};
}

Result<std::unique_ptr<Kernel>> prepare_soak(Backend& backend, const SoakParts& parts,
                                             const Device& device, const Seed& seed) {
  std::array<SoakKernel::Part, 3> prepared;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto kernel = backend.prepare(parts[i], device, seed_of_part(seed, i));
    if (!kernel) {
      return kernel;
    }
    prepared[i] = {.kernel = std::move(*kernel), .element_bits = element_bits(parts[i])};
  }
  return std::unique_ptr<Kernel>(std::make_unique<SoakKernel>(std::move(prepared)));
}

Ran SoakKernel::ran() const {
  std::uint32_t threads = 0;
  for (const Part& part : parts_) {
    threads = std::max(threads, part.kernel->ran().threads);
  }
  return {.software = joined(parts_, &Ran::software),
          .version = joined(parts_, &Ran::version),
          .kernel = joined(parts_, &Ran::kernel),
          .isa = joined(parts_, &Ran::isa),
          .threads = threads};
}

std::uint64_t SoakKernel::tuples() const {
  std::uint64_t least = parts_[0].kernel->tuples();
  for (const Part& part : parts_) {
    least = std::min(least, part.kernel->tuples());
  }
  return least;
}

std::uint32_t SoakKernel::slots() const {
  std::uint32_t least = parts_[0].kernel->slots();
  for (const Part& part : parts_) {
    least = std::min(least, part.kernel->slots());
  }
  return least;
}

std::uint64_t SoakKernel::slot_bits() const {
  std::uint64_t bits = 0;
  for (const Part& part : parts_) {
    bits += part.kernel->slot_bits();
  }
  return bits;
}

Result<Done> SoakKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (Part& part : parts_) {
    if (auto done = part.kernel->poison(steps); !done) {
      return done;
    }
  }
  return Done{};
}

Result<Done> SoakKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (Part& part : parts_) {
    if (auto done = part.kernel->run(steps); !done) {
      return done;
    }
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> SoakKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  std::vector<std::uint8_t> bytes;
  for (Part& part : parts_) {
    const auto seen = part.kernel->witness(steps);
    if (!seen) {
      return seen.error();
    }
    bytes.insert(bytes.end(), seen->begin(), seen->end());
  }
  return bytes;
}

Result<CheckResult> SoakKernel::check(std::span<const Step> steps, const Seed& challenge,
                                      std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  CheckResult all{
      .tiles = steps.size(), .full = steps.size(), .log2_miss = memory::k_log2_nothing_missed};
  std::uint64_t first_index = 0;
  for (Part& part : parts_) {
    auto found = part.kernel->check(steps, challenge, full);
    if (!found) {
      return found;
    }
    take(all, std::move(*found), first_index);
    first_index += part.kernel->slot_bits() / part.element_bits;
  }
  all.wrong = all.wrong_steps.size();
  return all;
}

Result<Done> SoakKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  std::size_t part = 0;
  while (bit >= parts_[part].kernel->slot_bits()) {
    bit -= parts_[part].kernel->slot_bits();
    ++part;
  }
  return parts_[part].kernel->flip(slot, bit);
}

}  // namespace assay
