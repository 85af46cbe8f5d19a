#include "kernels/host/gemm_kernel.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "kernels/findings.h"
#include "kernels/host/cpu.h"
#include "kernels/host/exact_tile.h"
#include "kernels/host/freivalds.h"
#include "kernels/host/parallel.h"
#include "kernels/keyed.h"
#include "kernels/number_bits.h"
#include "kernels/product_checks.h"

namespace assay {
namespace {

// Columns of a tile's rows worth waking a thread for, about 0.1 ms.
constexpr std::uint64_t k_columns_grain = 8192;

std::uint64_t slot_bytes(const GemmProblem& problem) {
  return problem.m * problem.n * bytes_of(problem.output);
}

Result<Done> fits(const GemmProblem& problem, const ExactOperands& rule) {
  const std::uint64_t golden = is_narrow(problem) ? 4 * problem.m * problem.n : 0;
  const std::uint64_t needed = Operands::bytes_needed(problem, rule) + golden + slot_bytes(problem);
  const std::uint64_t available = available_memory_bytes();
  if (needed > available) {
    return Error{Error::Code::unsupported,
                 "this matrix product needs " + std::to_string(needed >> 20U) + " MiB, and " +
                     std::to_string(available >> 20U) + " MiB of memory are available"};
  }
  return Done{};
}

}  // namespace

Result<Done> GemmKernel::supports(const GemmProblem& problem) {
  const auto rule = exact_operands(problem);
  if (!rule) {
    return rule.error();
  }
  if (auto known = product_supported(problem); !known) {
    return known;
  }
  if (auto known = product_supported(golden_of(problem)); !known) {
    return known;
  }
  return fits(problem, *rule);
}

Result<std::unique_ptr<GemmKernel>> GemmKernel::prepare(const GemmProblem& problem,
                                                        const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  auto product = make_product(problem);
  if (!product) {
    return product.error();
  }
  return prepare_with(problem, seed, std::move(*product));
}

Result<std::unique_ptr<GemmKernel>> GemmKernel::prepare_with(const GemmProblem& problem,
                                                             const Seed& seed,
                                                             std::unique_ptr<Product> product) {
  const auto rule = exact_operands(problem);
  if (!rule) {
    return rule.error();
  }
  auto kernel = std::make_unique<GemmKernel>();
  kernel->problem_ = problem;
  kernel->rule_ = *rule;
  kernel->product_ = std::move(product);
  kernel->golden_problem_ = golden_of(problem);
  auto operands = Operands::generate(problem, *rule, seed);
  if (!operands) {
    return operands.error();
  }
  kernel->operands_ = std::move(*operands);
  if (is_narrow(problem)) {
    auto golden_product = make_product(kernel->golden_problem_);
    auto golden = Outputs::allocate(kernel->golden_problem_.output, problem.m, problem.n, 1);
    if (!golden_product || !golden) {
      return golden ? golden_product.error() : golden.error();
    }
    kernel->golden_product_ = std::move(*golden_product);
    kernel->golden_ = std::move(*golden);
  }
  auto outputs =
      Outputs::allocate(problem.output, problem.m, problem.n, slots_for(slot_bytes(problem)));
  if (!outputs) {
    return outputs.error();
  }
  kernel->outputs_ = std::move(*outputs);
  return kernel;
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
  outputs_.poison_lattices(steps);
  return Done{};
}

Result<Done> GemmKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    if (auto done = product_->multiply(operands_.tuple(step.tuple), outputs_.slot(step.slot));
        !done) {
      return done;
    }
  }
  return Done{};
}

Result<std::vector<std::uint8_t>> GemmKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return outputs_.witness(steps);
}

Result<Done> GemmKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  outputs_.flip(slot, bit);
  return Done{};
}

Result<CheckResult> GemmKernel::check(std::span<const Step> steps, const Seed& challenge,
                                      std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  std::vector<std::optional<Mismatch>> found(steps.size());
  const std::uint64_t grain = k_columns_grain / problem_.k + 1;
  parallel_ranges(steps.size(), grain, [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      const auto index = static_cast<std::uint32_t>(i);
      found[i] = check_tile(steps[i], challenge, index);
    }
  });
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

std::optional<Mismatch> GemmKernel::check_tile(const Step& step, const Seed& challenge,
                                               std::uint32_t index) const {
  const Tile tile = draw_tile(challenge, problem_, index);
  const OperandPair operands = operands_.tuple(step.tuple);
  const TileValues values = exact_tile(problem_.input, operands, operands_.grades(), tile);
  for (std::uint64_t i = 0; i < tile.rows; ++i) {
    for (std::uint64_t j = 0; j < tile.columns; ++j) {
      const std::uint64_t element = (tile.row + i) * problem_.n + tile.column + j;
      const std::uint64_t expected =
          bits_of_integer(problem_.output, values[i * k_tile_columns + j]);
      const std::uint64_t actual = outputs_.bits(step.slot, element);
      if (actual != expected) {
        return Mismatch{.index = element,
                        .expected = text_of_bits(problem_.output, expected),
                        .actual = text_of_bits(problem_.output, actual)};
      }
    }
  }
  return std::nullopt;
}

Result<std::optional<Mismatch>> GemmKernel::check_whole(const Step& step, const Seed& challenge,
                                                        std::uint32_t index) {
  const bool narrow = is_narrow(problem_);
  ProductClaim claim{.problem = golden_problem_,
                     .rule = &rule_,
                     .operands = operands_.tuple(step.tuple),
                     .grades = &operands_.grades(),
                     .c = narrow ? golden_.slot(0) : outputs_.slot(step.slot)};
  if (narrow) {
    if (auto done = golden_product_->multiply(claim.operands, golden_.slot(0)); !done) {
      return done.error();
    }
  }
  const auto row = first_wrong_row(claim, Keyed(challenge, k_projection_stream + index));
  if (!row) {
    return row.error();
  }
  if (*row) {
    return std::optional<Mismatch>(locate(step, **row));
  }
  return narrow ? compare_golden(step) : std::nullopt;
}

std::optional<Mismatch> GemmKernel::compare_golden(const Step& step) const {
  const auto* const exact = static_cast<const float*>(static_cast<const void*>(golden_.slot(0)));
  const auto* const rounded =
      static_cast<const std::uint16_t*>(static_cast<const void*>(outputs_.slot(step.slot)));
  std::atomic<std::uint64_t> first_wrong{outputs_.elements()};
  parallel_ranges(outputs_.elements(), 1U << 16U, [&](std::uint64_t first, std::uint64_t last) {
    const std::uint64_t i = first + first_not_rounded(exact + first, rounded + first, last - first);
    std::uint64_t lowest = first_wrong.load();
    while (i < last && i < lowest && !first_wrong.compare_exchange_weak(lowest, i)) {
    }
  });
  const std::uint64_t element = first_wrong.load();
  if (element == outputs_.elements()) {
    return std::nullopt;
  }
  const auto integer = static_cast<std::int64_t>(exact[element]);  // Proved to be one.
  const std::uint64_t expected = bits_of_integer(problem_.output, integer);
  return Mismatch{.index = element,
                  .expected = text_of_bits(problem_.output, expected),
                  .actual = text_of_bits(problem_.output, outputs_.bits(step.slot, element))};
}

Mismatch GemmKernel::locate(const Step& step, std::uint64_t row) const {
  const OperandPair operands = operands_.tuple(step.tuple);
  const NumberType type = golden_problem_.output;
  const auto actual_bits = [&](std::uint64_t element) {
    return is_narrow(problem_) ? golden_.bits(0, element) : outputs_.bits(step.slot, element);
  };
  for (std::uint64_t column = 0; column < problem_.n; column += k_tile_columns) {
    const Tile tile{.row = row,
                    .column = column,
                    .rows = 1,
                    .columns = std::min(k_tile_columns, problem_.n - column)};
    const TileValues values = exact_tile(problem_.input, operands, operands_.grades(), tile);
    for (std::uint64_t j = 0; j < tile.columns; ++j) {
      const std::uint64_t element = row * problem_.n + column + j;
      const std::uint64_t expected = bits_of_integer(type, values[j]);
      if (actual_bits(element) != expected) {
        return {.index = element,
                .expected = text_of_bits(type, expected),
                .actual = text_of_bits(type, actual_bits(element))};
      }
    }
  }
  // The projection and the row disagree: one of the two was computed wrongly just now.
  return {.index = row * problem_.n, .expected = "residual 0", .actual = "another residual"};
}

}  // namespace assay
