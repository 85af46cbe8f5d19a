#include "kernels/mpi_module.h"

#include <dlfcn.h>

namespace assay {
namespace {

Error refuse(std::string sentence) {
  return {Error::Code::unsupported, std::move(sentence)};
}

}  // namespace

Result<const AssayMpi*> load_mpi(const ModuleChoice& choice) {
  const auto path = find_module("mpi", choice);
  if (!path) {
    return path.error();
  }
  // MPI's own plugins look for its symbols among those of the whole process.
  void* const module = ::dlopen(path->c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) {
    return refuse("the module " + *path + " cannot be loaded: " + ::dlerror());
  }
  auto* const function = reinterpret_cast<AssayMpiFunction*>(::dlsym(module, ASSAY_MPI_FUNCTION));
  if (function == nullptr) {
    return refuse(*path + " is no MPI module of this program: it has no " ASSAY_MPI_FUNCTION);
  }
  const AssayMpi* const mpi = function(choice.settings.c_str());
  if (mpi == nullptr) {
    return refuse("the module " + *path + " does not take the settings '" + choice.settings + "'");
  }
  if (mpi->abi != ASSAY_MPI_ABI) {
    return refuse("the module " + *path + " has interface " + std::to_string(mpi->abi) +
                  ", and this program " + std::to_string(ASSAY_MPI_ABI));
  }
  return mpi;
}

Result<Done> mpi_result(const AssayMpi& mpi, int code, const char* doing) {
  return code == 0 ? Result<Done>(Done{})
                   : Result<Done>(Error{Error::Code::io, std::string("MPI failed at ") + doing +
                                                             ": " + mpi.explain(code)});
}

}  // namespace assay
