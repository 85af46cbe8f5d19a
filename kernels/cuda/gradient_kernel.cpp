#include "kernels/cuda/gradient_kernel.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/gemm_kernel.h"
#include "kernels/cuda/slot_checks.h"
#include "kernels/decimal_and_bits.h"
#include "kernels/findings.h"
#include "kernels/memory_plan.h"

namespace assay::cuda {
namespace {

constexpr std::uint64_t k_most_blocks = (std::uint64_t{1} << 31U) - 1;  // Of one launch.
constexpr std::uint64_t k_columns = 64;  // Of a slot, for its lattice: divides all dimensions.

/// As the host has it, so that witnesses are the same.
OutputShape output_of(const AttentionProblem& problem) {
  return {.type = problem.output,
          .rows = gradient_places(problem).all / k_columns,
          .columns = k_columns};
}

std::uint64_t bytes_of_d(const AttentionProblem& problem) {
  return query_rows(problem) * sizeof(float);
}

Result<std::uint64_t> free_bytes() {
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done.error();
  }
  return std::uint64_t{available};
}

Result<Done> fits(const AttentionProblem& problem) {
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const std::uint64_t needed = GradientOperands::bytes_needed(problem) + bytes_of_d(problem) +
                               Outputs::slot_bytes(output_of(problem));
  if (needed > *available) {
    return Error{Error::Code::unsupported, "this attention needs " + std::to_string(needed >> 20U) +
                                               " MiB, and " + std::to_string(*available >> 20U) +
                                               " MiB of device memory are available"};
  }
  // The check's blocks have fewer rows each; those of D sixteen.
  if (std::max(gradient_blocks(problem), query_rows(problem)) > k_most_blocks) {
    return Error{Error::Code::unsupported, "this attention has more queries than a launch"};
  }
  return Done{};
}

}  // namespace

Result<Done> GradientKernel::supports(const AttentionProblem& problem) {
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
  const auto rule = exact_gradients(problem);
  return rule ? fits(problem) : Result<Done>(rule.error());
}

Result<std::unique_ptr<GradientKernel>> GradientKernel::prepare(const GpuTarget& gpu,
                                                                const AttentionProblem& problem,
                                                                const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  const auto rule = exact_gradients(problem);
  if (!rule) {
    return rule.error();
  }
  auto kernel = std::make_unique<GradientKernel>(problem, GradientPattern(problem, *rule, seed));
  kernel->isa_ = gpu.isa;
  kernel->multiprocessors_ = gpu.multiprocessors;
  if (auto allocated = kernel->allocate(); !allocated) {
    return allocated.error();
  }
  return kernel;
}

Result<Done> GradientKernel::allocate() {
  if (auto done = cuda::check(cudaStreamCreate(&stream_), "cudaStreamCreate"); !done) {
    return done;
  }
  auto there = on_device(std::vector<GradientPattern>{pattern_});
  auto d = DeviceBuffer::of_bytes(bytes_of_d(problem_));
  auto operands = GradientOperands::generate(problem_, pattern_, stream_);
  if (!there || !d) {
    return there ? d.error() : there.error();
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
  d_ = std::move(*d);
  operands_ = std::move(*operands);
  outputs_ = std::move(*outputs);
  return cuda::check(cudaStreamSynchronize(stream_), "preparation");
}

GradientKernel::~GradientKernel() {
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

Ran GradientKernel::ran() const {
  const unsigned tile = gradient_tile(static_cast<unsigned>(problem_.head_dim));
  return {.software = "assay",
          .version = "1",
          .kernel = "own flash attention, mma.sync m16n8k16, gradients of " +
                    std::to_string(k_gradient_keys) + " keys and of " +
                    std::to_string(k_gradient_queries) + " queries in tiles of " +
                    std::to_string(tile) + "; no library's",
          .isa = isa_,
          .threads = multiprocessors_};
}

Result<Done> GradientKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  return outputs_.poison(steps, stream_);
}

Result<Done> GradientKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    const GradientPass pass{.problem = problem_,
                            .operands = operands_.tuple(step.tuple),
                            .to = outputs_.slot(step.slot),
                            .d = d_.as<float>()};
    if (auto queued = differentiate(pass, stream_); !queued) {
      return queued;
    }
  }
  return cuda::check(cudaStreamSynchronize(stream_), "a batch of gradients");
}

Result<std::vector<std::uint8_t>> GradientKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return outputs_.witness(steps, stream_);
}

Result<Done> GradientKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  return outputs_.flip(slot, bit);
}

GradientClaim GradientKernel::claim_of(const Step& step) const {
  return {.operands = operands_.tuple(step.tuple),
          .place = gradient_tuple(pattern_.rule(), step.tuple),
          .slot = outputs_.slot(step.slot)};
}

GradientCheck GradientKernel::checked() const {
  return {.problem = problem_, .pattern = pattern_there_.as<GradientPattern>()};
}

Result<std::optional<Mismatch>> GradientKernel::mismatch(const RowFinding& finding,
                                                         std::uint64_t row,
                                                         std::uint32_t slot) const {
  if (finding.bad_key != RowFinding::k_none) {
    const GradientPart part = part_of_row(problem_, row);
    return std::optional<Mismatch>(
        {.index = part.begin + (row - part.first_row) * part.columns,
         .expected = "operands whose weights and slopes are whole",
         .actual = "others in memory, with row " + std::to_string(finding.bad_key)});
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

Result<CheckResult> GradientKernel::check(std::span<const Step> steps, const Seed& challenge,
                                          std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  const SlotChecks<GradientRowTask> checks{
      .problem = problem_,
      .claim_of = [this](const Step& step) { return claim_of(step); },
      .rows = [this](const auto& tasks) { return check_gradient_rows(checked(), tasks, stream_); },
      .whole = [this](const auto& claim) { return check_gradients(checked(), claim, stream_); },
      .mismatch = [this](const RowFinding& finding, std::uint64_t row,
                         std::uint32_t slot) { return mismatch(finding, row, slot); }};
  return checks.check(steps, challenge, full);
}

}  // namespace assay::cuda
