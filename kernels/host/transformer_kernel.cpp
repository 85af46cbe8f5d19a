#include "kernels/host/transformer_kernel.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/layer_reference.h"
#include "kernels/host/outputs.h"
#include "kernels/memory_plan.h"
#include "kernels/number_bits.h"
#include "kernels/product_checks.h"

namespace assay {
namespace {

constexpr std::uint64_t k_page = 4096;

std::uint64_t read_bits(NumberType type, const std::byte* at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, bytes_of(type));
  return bits;
}

/// Slots begin on pages, an odd number of them apart: see outputs.cpp.
std::uint64_t stride_of(const TransformerProblem& problem) {
  const auto bytes = static_cast<std::uint64_t>(LayerPlaces(problem).bytes());
  return ((bytes + k_page - 1) / k_page | 1U) * k_page;
}

Result<Done> fits(const TransformerProblem& problem) {
  const Natural needed = TransformerKernel::bytes_needed(problem, 1);
  const std::uint64_t available = available_memory_bytes();
  if (needed > available) {
    return Error{Error::Code::unsupported,
                 "this layer's step needs " + to_decimal(needed >> 20U) + " MiB a rank, and " +
                     std::to_string(available >> 20U) + " MiB of memory are available"};
  }
  return Done{};
}

Result<Done> well_shaped(const TransformerProblem& problem) {
  const bool is_whole = problem.batch > 0 && problem.seq > 0 && problem.hidden > 0 &&
                        problem.ffn > 0 && problem.kv_heads > 0 && problem.heads > 0 &&
                        problem.heads % problem.kv_heads == 0 &&
                        (problem.head_dim == 64 || problem.head_dim == 128);
  if (!is_whole) {
    return Error{Error::Code::bad_input,
                 "a layer needs tokens, columns, heads in whole groups and 64 or 128 columns of a "
                 "head"};
  }
  if (const std::uint64_t longest = longest_sum(problem); longest > k_most_summed) {
    return Error{Error::Code::unsupported, "a layer with sums of " + std::to_string(longest) +
                                               " terms: by what f32 may round more than " +
                                               std::to_string(k_most_summed) +
                                               ", terms could be left out unseen"};
  }
  return Done{};
}

}  // namespace

Result<Done> TransformerKernel::supports(const TransformerProblem& problem) {
  if (auto shaped = well_shaped(problem); !shaped) {
    return shaped;
  }
  if (problem.input != NumberType::f32 && problem.input != NumberType::bf16) {
    return Error{Error::Code::unsupported,
                 "compute.transformer_step has no layer in " + std::string(name_of(problem.input))};
  }
  if (auto known = layer_pass_supported(problem); !known) {
    return known;
  }
  return fits(problem);
}

Natural TransformerKernel::bytes_needed(const TransformerProblem& problem, std::uint32_t slots) {
  return LayerOperands::bytes_needed(problem) + layer_pass_bytes(problem) +
         Natural{slots} * stride_of(problem);
}

Result<std::unique_ptr<TransformerKernel>> TransformerKernel::prepare(
    const TransformerProblem& problem, std::uint32_t rank, const Seed& seed, std::uint32_t slots) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto operands = LayerOperands::generate(problem, rank, seed);
  if (!operands) {
    return operands.error();
  }
  auto pass = make_layer_pass(problem);
  return pass ? prepare_with(problem, std::move(*operands), std::move(*pass), slots) : pass.error();
}

Result<std::unique_ptr<TransformerKernel>> TransformerKernel::prepare_with(
    const TransformerProblem& problem, LayerOperands operands, std::unique_ptr<LayerPass> pass,
    std::uint32_t slots) {
  auto kernel = std::make_unique<TransformerKernel>(problem, std::move(operands), std::move(pass));
  kernel->slot_stride_ = stride_of(problem);
  kernel->slots_ = slots == 0 ? slots_for(kernel->slot_stride_) : slots;
  auto memory = Buffer::of_bytes(kernel->slot_stride_ * kernel->slots_);
  if (!memory) {
    return memory.error();
  }
  kernel->memory_ = std::move(*memory);
  return kernel;
}

/// visit(array's place, element of the array, where it stands) of the first arrays.
template <class Visit>
void TransformerKernel::each_lattice_place(std::uint32_t slot, std::size_t arrays,
                                           const Visit& visit) const {
  for (std::size_t i = 0; i < arrays; ++i) {
    const LayerPlace& place = places_.of(static_cast<LayerArray>(i));
    for (const std::uint64_t element : lattice_of(place.rows, place.columns)) {
      visit(place, element, this->slot(slot) + place.first_byte + element * bytes_of(place.type));
    }
  }
}

Result<Done> TransformerKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    each_lattice_place(step.slot, k_layer_arrays,
                       [](const LayerPlace& place, std::uint64_t /*element*/, std::byte* at) {
                         const std::uint64_t bits = poison_bits(place.type);
                         std::memcpy(at, &bits, bytes_of(place.type));
                       });
  }
  return Done{};
}

Result<Done> TransformerKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  const auto begun = std::chrono::steady_clock::now();
  for (const Step& step : steps) {
    if (auto done = pass_->run(operands_.tuple(step.tuple), slot(step.slot)); !done) {
      return done;
    }
  }
  timed_ns_ = std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun)
          .count(),
      1);
  window_.steps += steps.size();
  window_.ns += static_cast<Natural>(timed_ns_);
  return Done{};
}

Result<std::vector<std::uint8_t>> TransformerKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    each_lattice_place(step.slot, static_cast<std::size_t>(LayerArray::dq),
                       [&](const LayerPlace& place, std::uint64_t /*element*/, std::byte* at) {
                         const auto* const first =
                             static_cast<std::uint8_t*>(static_cast<void*>(at));
                         bytes.insert(bytes.end(), first, first + bytes_of(place.type));
                       });
  }
  return bytes;
}

/// What was not written at all, wherever the drawn places lie.
std::optional<Mismatch> TransformerKernel::find_poison(std::uint32_t slot) const {
  std::optional<Mismatch> found;
  each_lattice_place(slot, k_layer_arrays,
                     [&](const LayerPlace& place, std::uint64_t element, const std::byte* at) {
                       const std::uint64_t bits = read_bits(place.type, at);
                       if (!found && bits == poison_bits(place.type)) {
                         found = Mismatch{.index = place.first_element + element,
                                          .expected = "a number",
                                          .actual = text_of_bits(place.type, bits)};
                       }
                     });
  return found;
}

Result<CheckResult> TransformerKernel::check(std::span<const Step> steps, const Seed& challenge,
                                             std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  const auto claim_of = [&](const Step& step) {
    return LayerClaim{.problem = &problem_,
                      .places = &places_,
                      .operands = operands_.tuple(step.tuple),
                      .slot = slot(step.slot)};
  };
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    found[i] = find_poison(steps[i].slot);
    if (!found[i]) {
      found[i] = check_drawn_places(claim_of(steps[i]), challenge, i);
    }
  }
  for (const std::uint32_t index : full) {
    const LayerClaim claim = claim_of(steps[index]);
    if (auto wrong = samples() ? check_sample(claim, challenge, index, progress_)
                               : check_everywhere(claim, progress_)) {
      found[index] = std::move(wrong);  // The first wrong element, not the drawn place's.
    }
  }
  // One wrong element of millions is hardly ever in a sample.
  return summed_up(std::move(found), full.size(), samples() ? 0.0 : memory::k_log2_nothing_missed);
}

Result<Done> TransformerKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  std::size_t array = 0;
  const auto place_of = [this](std::size_t i) { return places_.of(static_cast<LayerArray>(i)); };
  while (bit >= place_of(array).first_element + place_of(array).elements()) {
    ++array;
  }
  const LayerPlace place = place_of(array);
  const std::uint64_t bytes = bytes_of(place.type);
  std::byte* const at = this->slot(slot) + place.first_byte + (bit - place.first_element) * bytes;
  at[bytes - 1] ^= std::byte{0x40};  // Little-endian: behind the sign.
  return Done{};
}

Result<std::vector<Noted>> TransformerKernel::notes() {
  if (window_.steps == 0) {
    return std::vector<Noted>{};
  }
  auto peak = problem_.peak_flops > 0 ? Result<double>(static_cast<double>(problem_.peak_flops))
                                      : product_rate();
  if (!peak) {
    return peak.error();
  }
  return utilisation_of(window_.steps * work_per_step(), window_.ns, *peak);
}

std::vector<Noted> utilisation_of(Natural flops, Natural ns, double peak_flops) {
  constexpr double k_million = 1e6;
  constexpr double k_ns = 1e9;
  const double rate = static_cast<double>(flops) / static_cast<double>(ns) * k_ns;
  return {{"step_peak_flop_per_s", static_cast<std::int64_t>(peak_flops), ""},
          {"step_mfu_ppm", static_cast<std::int64_t>(k_million * rate / peak_flops), ""}};
}

}  // namespace assay
