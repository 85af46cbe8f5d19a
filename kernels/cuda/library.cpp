#include "kernels/cuda/library.h"

#include <dlfcn.h>

namespace assay::cuda {
namespace {

constexpr const char* k_folder = "/usr/local/cuda/lib64/";

}  // namespace

Result<Library> Library::open(const std::vector<std::string>& names) {
  std::string looked_for;
  for (const std::string& name : names) {
    for (const std::string& path : {name, k_folder + name}) {
      if (void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        Library library;
        library.handle_ = handle;
        library.name_ = name;
        return library;
      }
    }
    looked_for += (looked_for.empty() ? "" : " or ") + name;
  }
  return Error{Error::Code::unsupported,
               looked_for + " is not there (looked where the loader does and in " + k_folder + ")"};
}

void* Library::symbol(const char* name) const {
  return ::dlsym(handle_, name);
}

std::string management_library() {
  return "libnvidia-ml.so.1";
}

}  // namespace assay::cuda
