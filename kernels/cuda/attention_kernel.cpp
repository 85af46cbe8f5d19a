#include "kernels/cuda/attention_kernel.h"

#include <algorithm>

#include "kernels/cuda/gemm_kernel.h"
#include "kernels/cuda/library_comparison.h"
#include "kernels/cuda/slot_checks.h"
#include "kernels/decimal_and_bits.h"
#include "kernels/findings.h"
#include "kernels/memory_plan.h"

namespace assay::cuda {
namespace {

using Pass = AttentionProblem::Pass;

constexpr std::uint64_t k_most_blocks = (std::uint64_t{1} << 31U) - 1;  // Of one launch.

Result<std::uint64_t> free_bytes() {
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done.error();
  }
  return std::uint64_t{available};
}

std::uint64_t partial_bytes(const AttentionProblem& problem, const DecodePlan& plan) {
  return problem.pass == Pass::decode ? plan.partial_numbers(problem) * sizeof(float) : 0;
}

OutputShape output_of(const AttentionProblem& problem) {
  return {.type = problem.output, .rows = query_rows(problem), .columns = problem.value_dim};
}

Result<Done> fits(const AttentionProblem& problem, const DecodePlan& plan) {
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const std::uint64_t needed = AttentionOperands::bytes_needed(problem) +
                               partial_bytes(problem, plan) +
                               Outputs::slot_bytes(output_of(problem));
  if (needed > *available) {
    return Error{Error::Code::unsupported, "this attention needs " + std::to_string(needed >> 20U) +
                                               " MiB, and " + std::to_string(*available >> 20U) +
                                               " MiB of device memory are available"};
  }
  const std::uint64_t blocks =
      problem.pass == Pass::decode ? plan.blocks(problem) : prefill_blocks(problem);
  // The check's blocks have fewer rows each.
  if (std::max(blocks, query_rows(problem)) > k_most_blocks) {
    return Error{Error::Code::unsupported, "this attention has more queries than a launch"};
  }
  return Done{};
}

Result<Done> known(const AttentionProblem& problem) {
  if (problem.input != NumberType::bf16) {
    return Error{Error::Code::unsupported,
                 "compute.attention " + std::string(name_of(problem.pass)) + " in " +
                     std::string(name_of(problem.input)) +
                     " on a GPU: the cuda backend has own kernels for it in bf16 alone, and "
                     "measures no library's"};
  }
  if (auto shaped = well_shaped(problem); !shaped) {
    return shaped;
  }
  const auto rule = exact_attention(problem);
  return rule ? Result<Done>(Done{}) : Result<Done>(rule.error());
}

}  // namespace

Result<Done> AttentionKernel::supports(const GpuTarget& gpu, const AttentionProblem& problem) {
  if (auto able = known(problem); !able) {
    return able;
  }
  return fits(problem, DecodePlan::of(problem, gpu.multiprocessors));
}

Result<std::unique_ptr<AttentionKernel>> AttentionKernel::prepare(const GpuTarget& gpu,
                                                                  const AttentionProblem& problem,
                                                                  const Seed& seed) {
  if (auto able = supports(gpu, problem); !able) {
    return able.error();
  }
  const auto rule = exact_attention(problem);
  if (!rule) {
    return rule.error();
  }
  auto kernel = std::make_unique<AttentionKernel>(problem, AttentionPattern(problem, *rule, seed));
  kernel->isa_ = gpu.isa;
  kernel->multiprocessors_ = gpu.multiprocessors;
  kernel->plan_ = DecodePlan::of(problem, gpu.multiprocessors);
  if (auto allocated = kernel->allocate(); !allocated) {
    return allocated.error();
  }
  return kernel;
}

Result<Done> AttentionKernel::allocate() {
  if (auto done = cuda::check(cudaStreamCreate(&stream_), "cudaStreamCreate"); !done) {
    return done;
  }
  auto there = on_device(std::vector<AttentionPattern>{pattern_});
  auto partials = DeviceBuffer::of_bytes(partial_bytes(problem_, plan_));
  auto operands = AttentionOperands::generate(problem_, pattern_, stream_);
  if (!there || !partials) {
    return there ? partials.error() : there.error();
  }
  if (!operands) {
    return operands.error();
  }
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const OutputShape shape = output_of(problem_);
  const auto slots =
      static_cast<std::uint32_t>(product_slots(*available, Outputs::slot_bytes(shape)));
  auto outputs = Outputs::allocate(shape, slots, 0, stream_);
  if (!outputs) {
    return outputs.error();
  }
  pattern_there_ = std::move(*there);
  partials_ = std::move(*partials);
  operands_ = std::move(*operands);
  outputs_ = std::move(*outputs);
  return cuda::check(cudaStreamSynchronize(stream_), "preparation");
}

AttentionKernel::~AttentionKernel() {
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

Ran AttentionKernel::ran() const {
  const std::string how = problem_.pass == Pass::decode
                              ? "decoding in " + std::to_string(plan_.splits) + " parts of " +
                                    std::to_string(plan_.split_keys) + " keys"
                              : "prefill in tiles of 128 queries and 64 keys";
  return {.software = "assay",
          .version = "1",
          .kernel = "own flash attention, mma.sync m16n8k16, " + how + "; no library's",
          .isa = isa_,
          .threads = multiprocessors_};
}

Result<Done> AttentionKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  return outputs_.poison(steps, stream_);
}

AttentionPass AttentionKernel::pass_of(const Step& step) const {
  return {.problem = problem_,
          .operands = operands_.tuple(step.tuple),
          .to = outputs_.slot(step.slot),
          .to_words = outputs_.slot_bits() / 64,
          .plan = plan_,
          .partials = partials_.as<float>()};
}

Result<Done> AttentionKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto queued = attend_by_own(pass_of(step), stream_); !queued) {
      return queued;
    }
  }
  return cuda::check(cudaStreamSynchronize(stream_), "a batch of attention");
}

Result<std::vector<std::uint8_t>> AttentionKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return outputs_.witness(steps, stream_);
}

Result<std::vector<Noted>> AttentionKernel::notes() {
  const Step first{};
  return compare_with_library({.own = pass_of(first),
                               .output = output_of(problem_),
                               .check = checked(),
                               .claim = claim_of(first)},
                              stream_);
}

Result<Done> AttentionKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  return outputs_.flip(slot, bit);
}

AttentionClaim AttentionKernel::claim_of(const Step& step) const {
  return {.operands = operands_.tuple(step.tuple),
          .place = attention_tuple(pattern_.rule(), step.tuple),
          .o = outputs_.slot(step.slot)};
}

AttentionCheck AttentionKernel::checked() const {
  return {.problem = problem_, .pattern = pattern_there_.as<AttentionPattern>()};
}

Result<std::optional<Mismatch>> AttentionKernel::mismatch(const RowFinding& finding,
                                                          std::uint64_t row,
                                                          std::uint32_t slot) const {
  if (finding.bad_key != RowFinding::k_none) {
    return std::optional<Mismatch>(
        {.index = row * problem_.value_dim,
         .expected = "scores of at most " + std::to_string(pattern_.rule().live),
         .actual = "another one of key " + std::to_string(finding.bad_key)});
  }
  if (finding.element == RowFinding::k_none) {
    return std::optional<Mismatch>();
  }
  const auto actual = outputs_.bits(slot, finding.element);
  if (!actual) {
    return actual.error();
  }
  return std::optional<Mismatch>({.index = finding.element,
                                  .expected = decimal_and_bits(problem_.output, finding.expected),
                                  .actual = decimal_and_bits(problem_.output, *actual)});
}

Result<CheckResult> AttentionKernel::check(std::span<const Step> steps, const Seed& challenge,
                                           std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  const SlotChecks<RowTask> checks{
      .problem = problem_,
      .claim_of = [this](const Step& step) { return claim_of(step); },
      .rows = [this](const auto& tasks) { return check_rows(checked(), tasks, stream_); },
      .whole = [this](const auto& claim) { return check_output(checked(), claim, stream_); },
      .mismatch = [this](const RowFinding& finding, std::uint64_t row,
                         std::uint32_t slot) { return mismatch(finding, row, slot); }};
  return checks.check(steps, challenge, full);
}

}  // namespace assay::cuda
