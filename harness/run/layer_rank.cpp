#include "harness/run/layer_rank.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/host/layer_claim.h"
#include "kernels/keyed.h"
#include "kernels/mpi_module.h"
#include "kernels/number_bits.h"
#include "kernels/rank_layout.h"

namespace assay {
namespace {

constexpr std::uint64_t k_place_stream = 0x700;  // And on: one for each step.
constexpr std::uint64_t k_stretches = 8;         // That are drawn of a step's sums.
constexpr std::uint64_t k_drawn = 256;           // Of each.
constexpr std::uint64_t k_at_once = std::uint64_t{1} << 16U;

}  // namespace

CollectiveProblem LayerRank::exchange_of(const TransformerProblem& problem) {
  return {.op = CollectiveProblem::Op::all_reduce,
          .value = CollectiveProblem::Value::time,
          .type = NumberType::f32,
          .bytes = static_cast<std::uint64_t>(weights_of(problem)) * sizeof(float),
          .ranks = problem.ranks};
}

Natural LayerRank::bytes_needed(const TransformerProblem& problem) {
  const std::uint32_t slots = ranks::slots_of(exchange_of(problem));
  return TransformerKernel::bytes_needed(problem, slots) +
         Natural{slots} * exchange_of(problem).bytes +
         Natural{problem.ranks} * k_at_once * sizeof(float);
}

Result<std::unique_ptr<LayerRank>> LayerRank::make(const TransformerProblem& problem,
                                                   std::uint32_t rank, const Seed& seed) {
  const std::uint32_t slots = ranks::slots_of(exchange_of(problem));
  auto kernel = TransformerKernel::prepare(problem, rank, seed, slots);
  if (!kernel) {
    return kernel.error();
  }
  auto sums = Buffer::of_bytes(slots * exchange_of(problem).bytes);
  if (!sums) {
    return sums.error();
  }
  auto made = std::make_unique<LayerRank>(problem, rank, std::move(*kernel));
  made->sums_ = std::move(*sums);
  return made;
}

std::uint64_t LayerRank::weights() const {
  return static_cast<std::uint64_t>(weights_of(problem_));
}

const float* LayerRank::own(std::uint32_t slot) const {
  const std::byte* const first = kernel_->slot(slot) + kernel_->places().weights_byte();
  return static_cast<const float*>(static_cast<const void*>(first));
}

Result<Done> LayerRank::prepare(std::span<const Step> steps) {
  if (auto poisoned = kernel_->poison(steps); !poisoned) {
    return poisoned;
  }
  const auto poison = value_of_bits(NumberType::f32, poison_bits(NumberType::f32));
  for (const Step& step : steps) {
    std::fill_n(sums(step.slot), weights(), static_cast<float>(poison));
  }
  return Done{};
}

Result<Done> LayerRank::exchange(const Step& step, const AssayMpi& mpi) {
  const AssayMpiCall call{.op = ASSAY_MPI_ALL_REDUCE,
                          .type = ASSAY_MPI_F32,
                          .count = weights(),
                          .in = own(step.slot),
                          .out = sums(step.slot),
                          .to = ASSAY_MPI_NOBODY,
                          .from = ASSAY_MPI_NOBODY};
  return mpi_result(mpi, mpi.call(&call), "the sum of the gradients");
}

/// FNV-1a, of all bits that were gathered.
void LayerRank::take_note_of_gathered() {
  constexpr std::uint64_t k_prime = 1'099'511'628'211U;
  for (const float value : gathered_) {
    gathered_digest_ = (gathered_digest_ ^ std::bit_cast<std::uint32_t>(value)) * k_prime;
  }
}

Result<std::optional<Mismatch>> LayerRank::check_sums(const Step& step, Stretch stretch,
                                                      const AssayMpi& mpi) {
  gathered_.resize(stretch.count * problem_.ranks);
  const AssayMpiCall call{.op = ASSAY_MPI_ALL_GATHER,
                          .type = ASSAY_MPI_F32,
                          .count = stretch.count,
                          .in = own(step.slot) + stretch.first,
                          .out = gathered_.data(),
                          .to = ASSAY_MPI_NOBODY,
                          .from = ASSAY_MPI_NOBODY};
  if (auto done = mpi_result(mpi, mpi.call(&call), "gathering gradients"); !done) {
    return done.error();
  }
  take_note_of_gathered();
  const float* const here = gathered_.data() + rank_ * stretch.count;
  if (std::memcmp(here, own(step.slot) + stretch.first, stretch.count * sizeof(float)) != 0) {
    return std::optional(Mismatch{.index = kernel_->places().elements() + stretch.first,
                                  .expected = "this rank's own gradients",
                                  .actual = "others were gathered of it"});
  }
  for (std::uint64_t i = 0; i < stretch.count; ++i) {
    double expected = 0;
    double magnitude = 0;
    for (std::uint32_t rank = 0; rank < problem_.ranks; ++rank) {
      const double term = gathered_[rank * stretch.count + i];
      expected += term;
      magnitude += std::abs(term);
    }
    const double actual = sums(step.slot)[stretch.first + i];
    const double allowed = rounding_bound(problem_.ranks) * magnitude;
    if (!(std::abs(actual - expected) <= allowed)) {
      return std::optional(Mismatch{
          .index = kernel_->places().elements() + stretch.first + i,
          .expected = "sum of gradients[" + std::to_string(stretch.first + i) +
                      "] = " + std::to_string(expected) + " within " + std::to_string(allowed),
          .actual = std::to_string(actual)});
    }
  }
  return std::optional<Mismatch>();
}

/// All ranks gather the same, whatever they find.
Result<std::optional<Mismatch>> LayerRank::check_sums_of(const RankCommand& command,
                                                         std::uint32_t index, const AssayMpi& mpi) {
  const bool all = std::find(command.full.begin(), command.full.end(), index) != command.full.end();
  const std::uint64_t length = std::min(weights(), all ? k_at_once : k_drawn);
  const std::uint64_t count = all ? (weights() + length - 1) / length : k_stretches;
  const Keyed draw(command.seed, k_place_stream + index);
  std::optional<Mismatch> first;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t from = all ? i * length : draw.below(i, weights() - length + 1);
    const Stretch stretch{.first = from, .count = std::min(length, weights() - from)};
    auto wrong = check_sums(command.steps[index], stretch, mpi);
    if (!wrong) {
      return wrong.error();
    }
    first = first ? first : *wrong;
    progress_();
  }
  return first;
}

Result<Done> LayerRank::check(const RankCommand& command, const AssayMpi& mpi, RankRecord& record) {
  const auto local = kernel_->check(command.steps, command.seed, command.full);
  if (!local) {
    return local.error();
  }
  gathered_digest_ = 0;
  record.wrong = local->wrong_steps;
  record.first = local->first;
  for (std::uint32_t i = 0; i < command.steps.size(); ++i) {
    auto wrong = check_sums_of(command, i, mpi);
    if (!wrong) {
      return wrong.error();
    }
    if (!*wrong || std::find(record.wrong.begin(), record.wrong.end(), i) != record.wrong.end()) {
      continue;
    }
    record.wrong.push_back(i);
    if (!record.first || record.first->step > i) {
      record.first = std::move(**wrong);
      record.first->step = i;
    }
  }
  std::sort(record.wrong.begin(), record.wrong.end());
  record.bytes.resize(sizeof gathered_digest_);
  std::memcpy(record.bytes.data(), &gathered_digest_, sizeof gathered_digest_);
  return Done{};
}

Result<Done> LayerRank::flip(std::uint32_t slot, std::uint64_t bit) {
  const std::uint64_t own_bits = kernel_->slot_bits();
  if (bit < own_bits) {
    return kernel_->flip(slot, bit);
  }
  auto* const at = static_cast<std::byte*>(static_cast<void*>(sums(slot) + (bit - own_bits)));
  at[sizeof(float) - 1] ^= std::byte{0x40};
  return Done{};
}

}  // namespace assay
