#include "kernels/cuda/cublaslt.h"

#include "kernels/cuda/error.h"
#include "kernels/cuda/function_finder.h"
#include "kernels/cuda/library.h"

namespace assay::cuda {
namespace {

constexpr std::size_t k_oldest = 120'800;  // 12.8: the first with block scales and Blackwell.

}  // namespace

Result<CublasLt> load_cublaslt() {
  const auto library = open_library({"libcublasLt.so.13", "libcublasLt.so.12"});
  if (!library) {
    return library.error();
  }
  CublasLt lt{};
  const auto found =
      FunctionFinder(*library)("cublasLtGetVersion", lt.get_version)("cublasLtCreate", lt.create)(
          "cublasLtDestroy", lt.destroy)("cublasLtMatmulDescCreate", lt.desc_create)(
          "cublasLtMatmulDescDestroy", lt.desc_destroy)("cublasLtMatmulDescSetAttribute",
                                                        lt.desc_set)(
          "cublasLtMatrixLayoutCreate", lt.layout_create)("cublasLtMatrixLayoutDestroy",
                                                          lt.layout_destroy)(
          "cublasLtMatmulPreferenceCreate", lt.preference_create)("cublasLtMatmulPreferenceDestroy",
                                                                  lt.preference_destroy)(
          "cublasLtMatmulPreferenceSetAttribute", lt.preference_set)(
          "cublasLtMatmulAlgoGetHeuristic", lt.heuristics)("cublasLtMatmulAlgoConfigGetAttribute",
                                                           lt.algo_get)("cublasLtMatmul", lt.matmul)
          .done();
  if (!found) {
    return found.error();
  }
  const std::size_t version = lt.get_version();
  lt.file = library->name();
  lt.version = version_text(version);
  if (version < k_oldest) {
    return Error{Error::Code::unsupported,
                 lt.file + " is version " + lt.version + "; at least 12.8 is needed"};
  }
  return lt;
}

Result<Done> check_lt(int status, const std::string& call) {
  if (status == lt::k_success) {
    return Done{};
  }
  const std::string sentence = call + " failed: cuBLASLt status " + std::to_string(status);
  if (status == lt::k_not_supported || status == lt::k_arch_mismatch) {
    return Error{Error::Code::unsupported, sentence};
  }
  if (auto alive = check(cudaStreamSynchronize(nullptr), call); !alive) {
    return alive;
  }
  return Error{Error::Code::io, sentence};
}

}  // namespace assay::cuda
