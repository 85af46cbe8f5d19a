#include "harness/model/agreement.h"

namespace assay {
namespace {

bool has_outputs(const Attempt& attempt) {
  return attempt.ending == Ending::measured && attempt.outputs != k_no_outputs;
}

}  // namespace

Agreement::Agreement(const std::vector<Attempt>& attempts, std::span<const std::uint32_t> voters) {
  std::map<Problem, std::map<OutputDigest, std::uint64_t>> votes;
  for (const std::uint32_t index : voters) {
    const Attempt& attempt = attempts[index];
    if (has_outputs(attempt)) {
      ++votes[{attempt.round, attempt.work_per_step}][attempt.outputs];
    }
  }
  for (const auto& [problem, counts] : votes) {
    std::uint64_t all = 0;
    for (const auto& [outputs, count] : counts) {
      all += count;
    }
    OutputDigest& agreed = agreed_[problem];
    for (const auto& [outputs, count] : counts) {
      agreed = 2 * count > all ? outputs : agreed;
    }
  }
}

bool Agreement::differs(const Attempt& attempt) const {
  const auto agreed = agreed_.find({attempt.round, attempt.work_per_step});
  return has_outputs(attempt) && agreed != agreed_.end() && agreed->second != attempt.outputs;
}

}  // namespace assay
