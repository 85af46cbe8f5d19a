#include "kernels/host/attention_core.h"

#include "kernels/host/prefill_core.h"

namespace assay {
namespace {

Error no_decoding() {
  return {Error::Code::unsupported, "compute.attention, decode: the host backend has none yet"};
}

}  // namespace

Result<std::unique_ptr<AttentionCore>> make_attention_core(const AttentionProblem& problem) {
  if (problem.pass == AttentionProblem::Pass::decode) {
    return no_decoding();
  }
  return make_prefill_core(problem);
}

Result<Done> attention_core_supported(const AttentionProblem& problem) {
  return problem.pass == AttentionProblem::Pass::decode ? Result<Done>(no_decoding())
                                                        : prefill_core_supported(problem);
}

}  // namespace assay
