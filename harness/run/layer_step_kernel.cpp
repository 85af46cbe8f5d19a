#include "harness/run/layer_step_kernel.h"

#include <string>

#include "harness/run/layer_rank.h"
#include "kernels/findings.h"
#include "kernels/host/transformer_kernel.h"

namespace assay {
namespace {

constexpr const char* k_case = "compute.transformer_step";

}  // namespace

Result<Done> LayerStepKernel::supports(const RankLaunch& launch,
                                       const TransformerProblem& problem) {
  if (auto known = TransformerKernel::supports(problem); !known) {
    return known;
  }
  return RankJob::can_hold(launch, problem.ranks, LayerRank::bytes_needed(problem));
}

Result<std::unique_ptr<LayerStepKernel>> LayerStepKernel::prepare(const RankLaunch& launch,
                                                                  const TransformerProblem& problem,
                                                                  const Seed& seed) {
  if (auto able = supports(launch, problem); !able) {
    return able.error();
  }
  // What ranks compute they report while they do; of an exchange nothing is heard before its end.
  constexpr std::int64_t k_slowest_ns_per_byte = 10;
  const CollectiveProblem exchange = LayerRank::exchange_of(problem);
  RankLaunch patient = launch;
  patient.limit_ns += k_slowest_ns_per_byte * static_cast<std::int64_t>(exchange.bytes);
  auto job = RankJob::start(patient, {exchange, problem}, seed);
  if (!job) {
    return job.error();
  }
  return std::make_unique<LayerStepKernel>(problem, std::move(*job));
}

LayerStepKernel::LayerStepKernel(const TransformerProblem& problem, std::shared_ptr<RankJob> job)
    : problem_(problem),
      job_(std::move(job)),
      ranks_(LayerRank::exchange_of(problem), job_, k_case) {}

Ran LayerStepKernel::ran() const {
  Ran ran = ranks_.ran();
  ran.kernel = job_->layer() + ", " + ran.kernel;
  return ran;
}

Natural LayerStepKernel::work_per_step() const {
  return model_flops(problem_);
}

Result<Done> LayerStepKernel::run(std::span<const Step> steps) {
  auto ran = ranks_.run(steps);
  if (ran) {
    window_.steps += steps.size();
    window_.ns += static_cast<Natural>(ranks_.timed_ns().value_or(0));
  }
  return ran;
}

Result<CheckResult> LayerStepKernel::check(std::span<const Step> steps, const Seed& challenge,
                                           std::span<const std::uint32_t> full) {
  auto checked = ranks_.check(steps, challenge, full);
  if (checked) {
    checked->full = full.size();  // Here not every check is of the whole.
    const bool samples = flops_of_rank(problem_) > k_most_whole_flops;
    checked->log2_miss = full.empty() || samples ? 0.0 : checked->log2_miss;
  }
  return checked;
}

std::uint64_t LayerStepKernel::slot_bits() const {
  return LayerPlaces(problem_).elements() + static_cast<std::uint64_t>(weights_of(problem_));
}

Result<Done> LayerStepKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  const auto records = job_->ask({.kind = RankCommand::Kind::flip, .slot = slot, .bit = bit});
  return records ? Result<Done>(Done{}) : Result<Done>(records.error());
}

void LayerStepKernel::begin_window() {
  window_ = {};
  ranks_.begin_window();
}

/// All ranks multiply at once, as they did in the window.
Result<std::vector<Noted>> LayerStepKernel::notes() {
  auto notes = ranks_.notes();
  if (!notes || window_.steps == 0) {
    return notes;
  }
  auto peak_flops = static_cast<double>(problem_.peak_flops);
  if (problem_.peak_flops == 0) {
    const auto records = job_->ask({.kind = RankCommand::Kind::look, .measures = true});
    if (!records) {
      return records.error();
    }
    for (const RankRecord& record : *records) {
      peak_flops += static_cast<double>(record.product_rate);
    }
  }
  const auto more = utilisation_of(window_.steps * work_per_step(), window_.ns, peak_flops);
  notes->insert(notes->end(), more.begin(), more.end());
  return notes;
}

}  // namespace assay
