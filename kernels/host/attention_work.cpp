#include "kernels/host/attention_work.h"

#include <utility>

#include "kernels/host/attention_reference.h"
#include "kernels/host/gradient_reference.h"

namespace assay {
namespace {

bool is_backward(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::prefill_backward;
}

class ForwardWork final : public AttentionWork {
 public:
  ForwardWork(const AttentionProblem& problem, const AttentionPattern& pattern,
              AttentionOperands operands, std::unique_ptr<AttentionCore> core)
      : problem_(problem),
        pattern_(pattern),
        operands_(std::move(operands)),
        core_(std::move(core)) {}

  [[nodiscard]] Ran ran() const override { return core_->ran(); }
  Result<Done> run(std::uint64_t tuple, std::byte* slot) override {
    return core_->attend(operands_.tuple(tuple), slot);
  }
  [[nodiscard]] std::optional<Mismatch> check_row(std::uint64_t tuple, const std::byte* slot,
                                                  std::uint64_t row) const override {
    return check_attention_row(claim_of(tuple, slot), row);
  }
  [[nodiscard]] std::optional<Mismatch> check_all(std::uint64_t tuple,
                                                  const std::byte* slot) const override {
    return check_attention(claim_of(tuple, slot));
  }

 private:
  [[nodiscard]] AttentionClaim claim_of(std::uint64_t tuple, const std::byte* slot) const {
    return {.problem = &problem_,
            .pattern = &pattern_,
            .place = attention_tuple(pattern_.rule(), tuple),
            .operands = operands_.tuple(tuple),
            .o = slot};
  }

  AttentionProblem problem_;
  AttentionPattern pattern_;
  AttentionOperands operands_;
  std::unique_ptr<AttentionCore> core_;
};

class GradientWork final : public AttentionWork {
 public:
  GradientWork(const AttentionProblem& problem, const GradientPattern& pattern,
               GradientOperands operands, std::unique_ptr<GradientCore> core)
      : problem_(problem),
        pattern_(pattern),
        operands_(std::move(operands)),
        core_(std::move(core)) {}

  [[nodiscard]] Ran ran() const override { return core_->ran(); }
  Result<Done> run(std::uint64_t tuple, std::byte* slot) override {
    return core_->differentiate(operands_.tuple(tuple), slot);
  }
  [[nodiscard]] std::optional<Mismatch> check_row(std::uint64_t tuple, const std::byte* slot,
                                                  std::uint64_t row) const override {
    return check_gradient_row(claim_of(tuple, slot), row);
  }
  [[nodiscard]] std::optional<Mismatch> check_all(std::uint64_t tuple,
                                                  const std::byte* slot) const override {
    return check_gradients(claim_of(tuple, slot));
  }

 private:
  [[nodiscard]] GradientClaim claim_of(std::uint64_t tuple, const std::byte* slot) const {
    return {.problem = &problem_,
            .pattern = &pattern_,
            .place = gradient_tuple(pattern_.rule(), tuple),
            .operands = operands_.tuple(tuple),
            .slot = slot};
  }

  AttentionProblem problem_;
  GradientPattern pattern_;
  GradientOperands operands_;
  std::unique_ptr<GradientCore> core_;
};

}  // namespace

Result<std::unique_ptr<AttentionWork>> make_forward_work(const AttentionProblem& problem,
                                                         const Seed& seed,
                                                         std::unique_ptr<AttentionCore> core) {
  const auto rule = exact_attention(problem);
  if (!rule) {
    return rule.error();
  }
  AttentionPattern pattern(problem, *rule, seed);
  auto operands = AttentionOperands::generate(problem, pattern);
  if (!operands) {
    return operands.error();
  }
  return std::unique_ptr<AttentionWork>(
      std::make_unique<ForwardWork>(problem, pattern, std::move(*operands), std::move(core)));
}

Result<std::unique_ptr<AttentionWork>> make_gradient_work(const AttentionProblem& problem,
                                                          const Seed& seed,
                                                          std::unique_ptr<GradientCore> core) {
  const auto rule = exact_gradients(problem);
  if (!rule) {
    return rule.error();
  }
  GradientPattern pattern(problem, *rule, seed);
  auto operands = GradientOperands::generate(problem, pattern);
  if (!operands) {
    return operands.error();
  }
  return std::unique_ptr<AttentionWork>(
      std::make_unique<GradientWork>(problem, pattern, std::move(*operands), std::move(core)));
}

Result<std::unique_ptr<AttentionWork>> make_attention_work(const AttentionProblem& problem,
                                                           const Seed& seed) {
  if (is_backward(problem)) {
    auto core = make_gradient_core(problem);
    return core ? make_gradient_work(problem, seed, std::move(*core)) : core.error();
  }
  auto core = make_attention_core(problem);
  return core ? make_forward_work(problem, seed, std::move(*core)) : core.error();
}

Result<Done> attention_work_supported(const AttentionProblem& problem) {
  if (is_backward(problem)) {
    const auto rule = exact_gradients(problem);
    return rule ? gradient_core_supported(problem) : rule.error();
  }
  const auto rule = exact_attention(problem);
  return rule ? attention_core_supported(problem) : rule.error();
}

std::uint64_t attention_work_bytes(const AttentionProblem& problem) {
  return is_backward(problem)
             ? GradientOperands::bytes_needed(problem) + gradient_core_bytes(problem)
             : AttentionOperands::bytes_needed(problem);
}

}  // namespace assay
