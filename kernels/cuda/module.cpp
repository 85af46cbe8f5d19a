// The entry of assay-cuda.so.
#include <cstdio>

#include "kernels/cuda/cuda_backend.h"
#include "kernels/module_abi.h"

namespace {

assay::Backend* make(const char* settings, char* sentence, std::size_t size) {
  if (*settings != '\0') {
    std::snprintf(sentence, size, "it takes no settings, and was given '%s'", settings);
    return nullptr;
  }
  return assay::cuda::make_cuda_backend().release();
}

constexpr assay::ModuleDescription k_description{
    .build = ASSAY_MODULE_BUILD, .name = "cuda", .mark = "", .make = make};

}  // namespace

extern "C" __attribute__((visibility("default"))) const assay::ModuleDescription* assay_module() {
  return &k_description;
}
