// Libraries of the emulated machine: those that the fault does not take away.
#include "kernels/cuda/library.h"

#include <dlfcn.h>

#include "tests/doubles/cuda/cublaslt.h"
#include "tests/doubles/cuda/descriptors.h"
#include "tests/doubles/cuda/machine.h"

namespace assay::cuda {

Result<Library> Library::open(const std::vector<std::string>& names) {
  using emulated::Fault;
  const Fault fault = emulated::machine().fault;
  const std::string& name = names.front();
  if ((fault == Fault::no_driver && name.starts_with("libcuda.")) ||
      (fault == Fault::no_library && name.starts_with("libcublasLt."))) {
    return Error{Error::Code::unsupported, name + " is not there"};
  }
  if (name.starts_with("libcublasLt.")) {
    if (const auto opened = emulated::open_descriptors(name); !opened) {
      return opened.error();
    }
  }
  Library library;
  library.name_ = name;
  return library;
}

void* Library::symbol(const char* name) const {
  return emulated::cublaslt_function(name);
}

/// The emulated module itself: management.cpp is in it.
std::string management_library() {
  Dl_info here{};
  const auto* const own = reinterpret_cast<const void*>(&management_library);
  return ::dladdr(own, &here) != 0 ? here.dli_fname : "";
}

}  // namespace assay::cuda
