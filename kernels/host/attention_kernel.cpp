#include "kernels/host/attention_kernel.h"

#include <string>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/parallel.h"
#include "kernels/memory_plan.h"
#include "kernels/number_bits.h"

namespace assay {
namespace {

// Keys of drawn rows worth waking a thread for, about 0.1 ms.
constexpr std::uint64_t k_keys_grain = 2048;

constexpr std::uint64_t k_columns = 64;  // Of a slot, for its lattice: divides all dimensions.

std::uint64_t slot_elements(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::prefill_backward
             ? gradient_places(problem).all
             : query_rows(problem) * problem.value_dim;
}

std::uint64_t slot_bytes(const AttentionProblem& problem) {
  return slot_elements(problem) * bytes_of(problem.output);
}

Result<Done> fits(const AttentionProblem& problem) {
  const std::uint64_t needed = attention_work_bytes(problem) + slot_bytes(problem);
  const std::uint64_t available = available_memory_bytes();
  if (needed > available) {
    return Error{Error::Code::unsupported, "this attention needs " + std::to_string(needed >> 20U) +
                                               " MiB, and " + std::to_string(available >> 20U) +
                                               " MiB of memory are available"};
  }
  return Done{};
}

}  // namespace

Result<Done> AttentionKernel::supports(const AttentionProblem& problem) {
  if (auto shaped = well_shaped(problem); !shaped) {
    return shaped;
  }
  if (auto known = attention_work_supported(problem); !known) {
    return known;
  }
  return fits(problem);
}

Result<std::unique_ptr<AttentionKernel>> AttentionKernel::prepare(const AttentionProblem& problem,
                                                                  const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto work = make_attention_work(problem, seed);
  return work ? prepare_with(problem, std::move(*work)) : work.error();
}

Result<std::unique_ptr<AttentionKernel>> AttentionKernel::prepare_with(
    const AttentionProblem& problem, std::unique_ptr<AttentionWork> work) {
  auto outputs = Outputs::allocate(problem.output, slot_elements(problem) / k_columns, k_columns,
                                   slots_for(slot_bytes(problem)));
  if (!outputs) {
    return outputs.error();
  }
  return std::make_unique<AttentionKernel>(problem, std::move(work), std::move(*outputs));
}

Result<Done> AttentionKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  outputs_.poison_lattices(steps);
  return Done{};
}

Result<Done> AttentionKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto done = work_->run(step.tuple, outputs_.slot(step.slot)); !done) {
      return done;
    }
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> AttentionKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return outputs_.witness(steps);
}

Result<Done> AttentionKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  outputs_.flip(slot, bit);
  return Done{};
}

std::optional<Mismatch> AttentionKernel::check_rows(const Step& step, const Seed& challenge,
                                                    std::uint32_t index) const {
  for (const std::uint64_t row : draw_attention_rows(challenge, problem_, index)) {
    if (auto wrong = work_->check_row(step.tuple, outputs_.slot(step.slot), row)) {
      return wrong;
    }
  }
  return std::nullopt;
}

Result<CheckResult> AttentionKernel::check(std::span<const Step> steps, const Seed& challenge,
                                           std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  const std::uint64_t grain = k_keys_grain / problem_.seq + 1;
  parallel_ranges(steps.size(), grain, [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      found[i] = check_rows(steps[i], challenge, static_cast<std::uint32_t>(i));
    }
  });
  for (const std::uint32_t index : full) {
    if (auto wrong = work_->check_all(steps[index].tuple, outputs_.slot(steps[index].slot))) {
      found[index] = std::move(wrong);  // The first wrong element, not the drawn row's.
    }
  }
  return summed_up(std::move(found), full.size(), memory::k_log2_nothing_missed);
}

}  // namespace assay
