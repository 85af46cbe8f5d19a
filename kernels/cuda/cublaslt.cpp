#include "kernels/cuda/cublaslt.h"

#include "kernels/cuda/library.h"

namespace assay::cuda {
namespace {

constexpr std::size_t k_oldest = 120'800;  // 12.8: the first with block scales and Blackwell.

/// Finds one function after the other until one is missing.
class Finder {
 public:
  explicit Finder(const SharedLibrary& library) : library_(library) {}

  template <class Function>
  Finder& operator()(const char* name, Function*& function) {
    if (done_) {
      done_ = library_.find(name, function);
    }
    return *this;
  }
  [[nodiscard]] const Result<Done>& done() const { return done_; }

 private:
  const SharedLibrary& library_;
  Result<Done> done_ = Done{};
};

}  // namespace

Result<CublasLt> load_cublaslt() {
  const auto library = open_library({"libcublasLt.so.13", "libcublasLt.so.12"});
  if (!library) {
    return library.error();
  }
  CublasLt lt{};
  const auto found =
      Finder(*library)("cublasLtGetVersion", lt.get_version)("cublasLtCreate", lt.create)(
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
  const auto code = status == lt::k_not_supported ? Error::Code::unsupported : Error::Code::device;
  return Error{code, call + " failed: cuBLASLt status " + std::to_string(status)};
}

}  // namespace assay::cuda
