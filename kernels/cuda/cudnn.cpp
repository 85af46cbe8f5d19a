#include "kernels/cuda/cudnn.h"

#include <array>

#include "kernels/cuda/function_finder.h"
#include "kernels/cuda/library.h"

namespace assay::cuda {

Result<Cudnn> load_cudnn() {
  const VendorLibrary here = cudnn_here();
  if (!here.why_not.empty()) {
    return Error{Error::Code::unsupported, here.why_not};
  }
  const auto library = open_library({std::string(k_cudnn.file)});
  if (!library) {
    return library.error();
  }
  Cudnn cudnn{};
  const auto found =
      FunctionFinder(*library)("cudnnGetVersion", cudnn.get_version)("cudnnCreate", cudnn.create)(
          "cudnnDestroy", cudnn.destroy)("cudnnSetStream", cudnn.set_stream)(
          "cudnnGetLastErrorString", cudnn.last_error)(
          "cudnnBackendCreateDescriptor", cudnn.descriptor_create)("cudnnBackendDestroyDescriptor",
                                                                   cudnn.descriptor_destroy)(
          "cudnnBackendSetAttribute", cudnn.set)("cudnnBackendGetAttribute", cudnn.get)(
          "cudnnBackendFinalize", cudnn.finalize)("cudnnBackendExecute", cudnn.execute)
          .done();
  if (!found) {
    return found.error();
  }
  cudnn.version = static_cast<std::int64_t>(cudnn.get_version());
  return cudnn;
}

Result<Done> check_dnn(const Cudnn& cudnn, int status, const std::string& call) {
  if (status == dnn::k_success) {
    return Done{};
  }
  std::array<char, 512> said{};
  cudnn.last_error(said.data(), said.size());
  said.back() = '\0';
  const bool lacks = status / 1000 * 1000 == dnn::k_not_supported;
  return Error{lacks ? Error::Code::unsupported : Error::Code::io,
               call + " failed: cuDNN status " + std::to_string(status) + ": " + said.data()};
}

}  // namespace assay::cuda
