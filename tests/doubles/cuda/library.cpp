// Libraries of the emulated machine: those that the fault does not take away.
#include "kernels/cuda/library.h"

#include <dlfcn.h>

#include <string_view>

#include "kernels/cuda/optional_libraries.h"
#include "tests/doubles/cuda/cublaslt.h"
#include "tests/doubles/cuda/cudnn.h"
#include "tests/doubles/cuda/cufile.h"
#include "tests/doubles/cuda/descriptors.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/nccl.h"

namespace assay::cuda {
namespace {

using emulated::Fault;
using emulated::machine;

std::size_t cudnn_version() {
  return static_cast<std::size_t>(machine().cudnn);
}

void* function_of(std::string_view name) {
  return name == "cudnnGetVersion"    ? reinterpret_cast<void*>(cudnn_version)
         : name.starts_with("nccl")   ? emulated::nccl_function(name)
         : name.starts_with("cuFile") ? emulated::cufile_function(name)
         : name.starts_with("cudnn")  ? emulated::cudnn_function(name)
                                      : emulated::cublaslt_function(name);
}

bool is_there(std::string_view name) {
  const Fault fault = machine().fault;
  return !((fault == Fault::no_driver && name.starts_with("libcuda.")) ||
           (fault == Fault::no_library && name.starts_with("libcublasLt.")) ||
           (machine().cudnn == 0 && name == k_cudnn.file) ||
           (machine().nccl == 0 && name == k_nccl.file) ||
           (machine().cufile == 0 && name == k_cufile_file));
}

}  // namespace

Result<SharedLibrary> open_library(const std::vector<std::string>& names) {
  const std::string& name = names.front();
  if (!is_there(name)) {
    return Error{Error::Code::unsupported, name + " is not there"};
  }
  if (name.starts_with("libcublasLt.")) {
    if (const auto opened = emulated::open_descriptors(name); !opened) {
      return opened.error();
    }
  }
  return SharedLibrary(name, function_of);
}

/// The emulated module itself: management.cpp is in it.
std::string management_library() {
  Dl_info here{};
  const auto* const own = reinterpret_cast<const void*>(&management_library);
  return ::dladdr(own, &here) != 0 ? here.dli_fname : "";
}

}  // namespace assay::cuda
