#include "harness/model/agreement.h"

namespace assay {
namespace {

bool has_outputs(const Attempt& attempt) {
  return attempt.ending == Ending::measured && attempt.outputs != k_no_outputs;
}

}  // namespace

Agreement::Problem Agreement::problem_of(const Attempt& attempt) {
  return {attempt.round, attempt.work_per_step};
}

Agreement::Agreement(const std::vector<Attempt>& attempts, std::span<const std::uint32_t> voters) {
  std::map<Problem, std::map<OutputDigest, std::uint64_t>> counts;
  for (const std::uint32_t index : voters) {
    const Attempt& attempt = attempts[index];
    if (has_outputs(attempt)) {
      ++counts[problem_of(attempt)][attempt.outputs];
      Votes& votes = votes_[problem_of(attempt)];
      if (votes.all < votes.first_two.size()) {
        votes.first_two.at(votes.all) = index;
      }
      ++votes.all;
    }
  }
  for (auto& [problem, votes] : votes_) {
    for (const auto& [outputs, count] : counts[problem]) {
      if (2 * count > votes.all) {
        votes.outputs = outputs;
        votes.agreed = count;
      }
    }
  }
}

bool Agreement::differs(const Attempt& attempt) const {
  const auto votes = votes_.find(problem_of(attempt));
  return has_outputs(attempt) && votes != votes_.end() && votes->second.outputs != attempt.outputs;
}

const Agreement::Votes& Agreement::votes_on(const Attempt& attempt) const {
  return votes_.at(problem_of(attempt));
}

}  // namespace assay
