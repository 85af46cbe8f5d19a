#include "kernels/cuda/gemm_kernel.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/block_scales.h"
#include "kernels/cuda/accumulator_probe.h"
#include "kernels/cuda/projection.h"
#include "kernels/findings.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

Result<std::uint64_t> free_bytes() {
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done.error();
  }
  return std::uint64_t{available};
}

Result<Done> fits(const GemmProblem& problem) {
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const std::uint64_t golden =
      is_narrow(problem) ? Outputs::slot_bytes(output_of(golden_of(problem))) : 0;
  const std::uint64_t needed =
      Operands::bytes_needed(problem) + golden + Outputs::slot_bytes(output_of(problem));
  if (needed > *available) {
    return Error{Error::Code::unsupported,
                 "this matrix product needs " + std::to_string(needed >> 20U) + " MiB, and " +
                     std::to_string(*available >> 20U) + " MiB of device memory are available"};
  }
  return Done{};
}

}  // namespace

Result<Done> GemmKernel::supports(const GpuTarget& gpu, const GemmProblem& problem) {
  const auto rule = exact_operands(problem, gpu.accumulators);
  if (!rule) {
    return rule.error();
  }
  if (auto known = MatmulPlan::supports(problem); !known) {
    return known;
  }
  if (scale_block_of(problem.input) != 0 && !gpu.has_block_scales) {
    return Error{Error::Code::unsupported, "the tensor cores of " + gpu.isa + " have no " +
                                               std::string(name_of(problem.input)) +
                                               " product: block scales came with Blackwell"};
  }
  if (auto room = fits(problem); !room) {
    return room;
  }
  const auto lt = load_cublaslt();
  if (!lt) {
    return lt.error();
  }
  return Done{};
}

Result<std::unique_ptr<GemmKernel>> GemmKernel::prepare(const GpuTarget& gpu,
                                                        const GemmProblem& problem,
                                                        const Seed& seed) {
  if (auto able = supports(gpu, problem); !able) {
    return able.error();
  }
  auto lt = load_cublaslt();
  if (!lt) {
    return lt.error();
  }
  auto kernel = std::make_unique<GemmKernel>();
  kernel->gpu_ = gpu;
  kernel->problem_ = problem;
  kernel->lt_ = std::move(*lt);
  if (auto chosen = kernel->choose_operands(); !chosen) {
    return chosen.error();
  }
  if (auto made = kernel->make_products(seed); !made) {
    return made.error();
  }
  return kernel;
}

Result<Done> GemmKernel::choose_operands() {
  if (auto done = assay::cuda::check(cudaStreamCreate(&stream_), "cudaStreamCreate"); !done) {
    return done;
  }
  Accumulators sums = gpu_.accumulators;
  if (is_fp8_product(problem_.input)) {
    const auto measured = measure_fp8_bits(lt_, problem_.input, stream_);
    if (!measured) {
      return measured.error();
    }
    fp8_bits_measured_ = *measured;
    if (gpu_.fp8_is_measured && *measured != 0) {
      sums.fp8_bits = std::min(sums.fp8_bits, *measured);
    }
  }
  fp8_bits_relied_on_ = sums.fp8_bits;
  const auto rule = exact_operands(problem_, sums);
  if (!rule) {
    return rule.error();
  }
  rule_ = *rule;
  return Done{};
}

Result<Done> GemmKernel::make_products(const Seed& seed) {
  auto product = MatmulPlan::make(lt_, problem_, rule_.output_shift);
  if (!product) {
    return product.error();
  }
  product_ = std::move(*product);
  auto operands = Operands::generate(problem_, rule_, seed, stream_);
  if (!operands) {
    return operands.error();
  }
  operands_ = std::move(*operands);
  if (is_narrow(problem_)) {
    auto golden_product = MatmulPlan::make(lt_, golden_of(problem_), 0);
    auto golden = Outputs::allocate(output_of(golden_of(problem_)), 1, 0, stream_);
    if (!golden_product || !golden) {
      return golden ? golden_product.error() : golden.error();
    }
    golden_product_ = std::move(*golden_product);
    golden_ = std::move(*golden);
  }
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const auto slots = static_cast<std::uint32_t>(
      product_slots(*available, Outputs::slot_bytes(output_of(problem_))));
  // The search writes where no step will: the slots must be as poisoned as they were.
  auto scratch = Outputs::allocate(output_of(problem_), 1, rule_.output_shift, stream_);
  auto outputs = Outputs::allocate(output_of(problem_), slots, rule_.output_shift, stream_);
  if (!scratch || !outputs) {
    return scratch ? outputs.error() : scratch.error();
  }
  outputs_ = std::move(*outputs);
  if (auto found = product_->search(operands_.tuple(0), scratch->slot(0), stream_); !found) {
    return found;
  }
  return assay::cuda::check(cudaStreamSynchronize(stream_), "preparation");
}

GemmKernel::~GemmKernel() {
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

Ran GemmKernel::ran() const {
  const std::string sums = !fp8_bits_measured_
                               ? ""
                               : "; of fp8 sums " + std::to_string(*fp8_bits_measured_) +
                                     " bits measured, " + std::to_string(fp8_bits_relied_on_) +
                                     " relied on";
  return {.software = "cuBLASLt",
          .version = lt_.version,
          .kernel = product_->algorithm() + sums,
          .isa = gpu_.isa,
          .threads = gpu_.multiprocessors};
}

Dimension GemmKernel::dimension() const {
  return problem_.input == NumberType::s8 ? Dimension::op_rate : Dimension::flop_rate;
}

Natural GemmKernel::work_per_step() const {
  return Natural{2} * problem_.m * problem_.n * problem_.k;
}

Result<Done> GemmKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  return outputs_.poison(steps, stream_);
}

Result<Done> GemmKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto done =
            product_->launch(operands_.tuple(step.tuple), outputs_.slot(step.slot), stream_);
        !done) {
      return done;
    }
  }
  return assay::cuda::check(cudaStreamSynchronize(stream_), "a block of products");
}

Result<std::vector<std::uint8_t>> GemmKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return outputs_.witness(steps, stream_);
}

Result<Done> GemmKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  return outputs_.flip(slot, bit);
}

Result<CheckResult> GemmKernel::check(std::span<const Step> steps, const Seed& challenge,
                                      std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<TileTask> tasks;
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    tasks.push_back({.operands = operands_.tuple(steps[i].tuple),
                     .c = outputs_.slot(steps[i].slot),
                     .tile = draw_tile(challenge, problem_, i)});
  }
  const auto findings =
      check_tiles({.problem = problem_, .shift = rule_.output_shift}, tasks, stream_);
  if (!findings) {
    return findings.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto wrong = mismatch((*findings)[i], problem_.output, outputs_, steps[i].slot);
    if (!wrong) {
      return wrong.error();
    }
    found[i] = std::move(*wrong);
  }
  for (const std::uint32_t index : full) {
    auto whole = check_whole(steps[index], challenge, index);
    if (!whole) {
      return whole.error();
    }
    if (*whole) {
      found[index] = std::move(**whole);  // The first wrong element, not the tile's.
    }
  }
  return summed_up(std::move(found), full.size(), k_log2_miss);
}

Result<std::optional<Mismatch>> GemmKernel::mismatch(const TileFinding& finding, NumberType type,
                                                     const Outputs& outputs,
                                                     std::uint32_t slot) const {
  if (finding.element == TileFinding::k_none) {
    return std::optional<Mismatch>();
  }
  const auto actual = outputs.bits(slot, finding.element);
  if (!actual) {
    return actual.error();
  }
  const int shift = type == problem_.output ? rule_.output_shift : 0;
  return std::optional<Mismatch>({.index = finding.element,
                                  .expected = text_of_bits(type, finding.expected, shift),
                                  .actual = text_of_bits(type, *actual, shift)});
}

Result<std::optional<Mismatch>> GemmKernel::check_whole(const Step& step, const Seed& challenge,
                                                        std::uint32_t index) {
  const OperandPair operands = operands_.tuple(step.tuple);
  const bool narrow = is_narrow(problem_);
  if (narrow) {
    if (auto done = golden_product_->launch(operands, golden_.slot(0), stream_); !done) {
      return done.error();
    }
  }
  const ProductClaim claim{.problem = golden_of(problem_),
                           .operands = operands,
                           .grades = &operands_.grades(),
                           .c = narrow ? golden_.slot(0) : outputs_.slot(step.slot)};
  const auto row = first_wrong_row(claim, Keyed(challenge, k_projection_stream + index), stream_);
  if (!row) {
    return row.error();
  }
  if (*row) {
    return locate(step, **row);
  }
  return narrow ? compare_golden(step) : std::optional<Mismatch>();
}

Result<std::optional<Mismatch>> GemmKernel::locate(const Step& step, std::uint64_t row) {
  const bool narrow = is_narrow(problem_);
  const Outputs& outputs = narrow ? golden_ : outputs_;
  const std::uint32_t slot = narrow ? 0 : step.slot;
  const TileTask task{.operands = operands_.tuple(step.tuple),
                      .c = outputs.slot(slot),
                      .tile = {.row = row, .column = 0, .rows = 1, .columns = problem_.n}};
  const auto findings = check_tiles({.problem = golden_of(problem_), .shift = 0}, {task}, stream_);
  if (!findings) {
    return findings.error();
  }
  if (findings->front().element == TileFinding::k_none) {
    // The projection and the row disagree: one of the two was computed wrongly just now.
    return std::optional<Mismatch>(
        {.index = row * problem_.n, .expected = "residual 0", .actual = "another residual"});
  }
  return mismatch(findings->front(), problem_.accumulate, outputs, slot);
}

Result<std::optional<Mismatch>> GemmKernel::compare_golden(const Step& step) {
  const auto element = first_not_rounded({.exact = golden_.slot(0),
                                          .rounded = outputs_.slot(step.slot),
                                          .type = problem_.output,
                                          .elements = outputs_.elements(),
                                          .shift = rule_.output_shift},
                                         stream_);
  if (!element) {
    return element.error();
  }
  if (!*element) {
    return std::optional<Mismatch>();
  }
  const auto exact = golden_.bits(0, **element);
  if (!exact) {
    return exact.error();
  }
  const Whole whole = whole_of_bits(NumberType::f32, *exact);  // Proved to be one.
  return mismatch({.element = **element,
                   .expected = bits_of_integer(problem_.output, whole.value, rule_.output_shift)},
                  problem_.output, outputs_, step.slot);
}

}  // namespace assay::cuda
