#include "kernels/host/attention_core.h"

#include "kernels/host/decode_core.h"
#include "kernels/host/prefill_core.h"

namespace assay {

Result<std::unique_ptr<AttentionCore>> make_attention_core(const AttentionProblem& problem) {
  if (problem.pass == AttentionProblem::Pass::decode) {
    return make_decode_core(problem);
  }
  auto prefill = make_prefill_core(problem);
  return prefill ? Result<std::unique_ptr<AttentionCore>>(std::move(*prefill)) : prefill.error();
}

Result<Done> attention_core_supported(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::decode ? Result<Done>(Done{})
                                                        : prefill_core_supported(problem);
}

}  // namespace assay
