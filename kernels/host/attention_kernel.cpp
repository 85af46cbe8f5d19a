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

std::uint64_t slot_bytes(const AttentionProblem& problem) {
  return query_rows(problem) * problem.value_dim * bytes_of(problem.output);
}

Result<Done> fits(const AttentionProblem& problem) {
  const std::uint64_t needed = AttentionOperands::bytes_needed(problem) + slot_bytes(problem);
  const std::uint64_t available = available_memory_bytes();
  if (needed > available) {
    return Error{Error::Code::unsupported, "this attention needs " + std::to_string(needed >> 20U) +
                                               " MiB, and " + std::to_string(available >> 20U) +
                                               " MiB of memory are available"};
  }
  return Done{};
}

bool well_shaped(const AttentionProblem& problem) {
  const bool dims = (problem.head_dim == 64 && problem.value_dim == 64) ||
                    (problem.head_dim == 128 && problem.value_dim == 128) ||
                    (problem.head_dim == 192 && problem.value_dim == 128);
  return dims && problem.batch > 0 && problem.kv_heads > 0 && problem.heads > 0 &&
         problem.heads % problem.kv_heads == 0 && problem.seq > 0;
}

}  // namespace

Result<Done> AttentionKernel::supports(const AttentionProblem& problem) {
  if (!well_shaped(problem)) {
    return Error{Error::Code::bad_input,
                 "attention needs heads in whole groups and dimensions 64 and 64, 128 and 128, or "
                 "192 and 128"};
  }
  if (const auto rule = exact_attention(problem); !rule) {
    return rule.error();
  }
  if (auto known = attention_core_supported(problem); !known) {
    return known;
  }
  return fits(problem);
}

Result<std::unique_ptr<AttentionKernel>> AttentionKernel::prepare(const AttentionProblem& problem,
                                                                  const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto core = make_attention_core(problem);
  if (!core) {
    return core.error();
  }
  return prepare_with(problem, seed, std::move(*core));
}

Result<std::unique_ptr<AttentionKernel>> AttentionKernel::prepare_with(
    const AttentionProblem& problem, const Seed& seed, std::unique_ptr<AttentionCore> core) {
  const auto rule = exact_attention(problem);
  if (!rule) {
    return rule.error();
  }
  auto kernel = std::make_unique<AttentionKernel>(problem, AttentionPattern(problem, *rule, seed));
  auto operands = AttentionOperands::generate(problem, kernel->pattern_);
  if (!operands) {
    return operands.error();
  }
  auto outputs = Outputs::allocate(problem.output, query_rows(problem), problem.value_dim,
                                   slots_for(slot_bytes(problem)));
  if (!outputs) {
    return outputs.error();
  }
  kernel->operands_ = std::move(*operands);
  kernel->outputs_ = std::move(*outputs);
  kernel->core_ = std::move(core);
  return kernel;
}

Dimension AttentionKernel::dimension() const {
  return problem_.pass == AttentionProblem::Pass::decode ? Dimension::byte_rate
                                                         : Dimension::flop_rate;
}

Natural AttentionKernel::work_per_step() const {
  const Natural columns = Natural{problem_.head_dim} + problem_.value_dim;
  if (problem_.pass == AttentionProblem::Pass::decode) {
    return columns * key_rows(problem_) * bytes_of(problem_.input);
  }
  const Natural seq = problem_.seq;
  const Natural pairs = problem_.causal ? seq * (seq + 1) / 2 : seq * seq;
  return 2 * columns * problem_.batch * problem_.heads * pairs;
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
    if (auto done = core_->attend(operands_.tuple(step.tuple), outputs_.slot(step.slot)); !done) {
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

AttentionClaim AttentionKernel::claim_of(const Step& step) const {
  return {.problem = &problem_,
          .pattern = &pattern_,
          .place = attention_tuple(pattern_.rule(), step.tuple),
          .operands = operands_.tuple(step.tuple),
          .o = outputs_.slot(step.slot)};
}

std::optional<Mismatch> AttentionKernel::check_rows(const Step& step, const Seed& challenge,
                                                    std::uint32_t index) const {
  const AttentionClaim claim = claim_of(step);
  for (const std::uint64_t row : draw_attention_rows(challenge, problem_, index)) {
    if (auto wrong = check_attention_row(claim, row)) {
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
    if (auto wrong = check_attention(claim_of(steps[index]))) {
      found[index] = std::move(wrong);  // The first wrong element, not the drawn row's.
    }
  }
  return summed_up(std::move(found), full.size(), memory::k_log2_nothing_missed);
}

}  // namespace assay
