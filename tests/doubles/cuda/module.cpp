// The entry of assay-cuda-emulated.so: the CUDA module's own sources on an emulated device.
#include <cstdio>

#include "kernels/cuda/cuda_backend.h"
#include "kernels/module_abi.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/simt.h"

namespace {

assay::Backend* make(const char* settings, char* sentence, std::size_t size) {
  const auto machine = assay::emulated::machine_from(settings);
  if (!machine) {
    std::snprintf(sentence, size, "%s", machine.error().message.c_str());
    return nullptr;
  }
  assay::emulated::machine() = *machine;
  assay::emulated::power_on();
  assay::emulated::draw_orders_from(machine->seed);
  return assay::cuda::make_cuda_backend().release();
}

constexpr assay::ModuleDescription k_description{
    .build = ASSAY_MODULE_BUILD, .name = "cuda", .mark = "emulated", .make = make};

}  // namespace

extern "C" __attribute__((visibility("default"))) const assay::ModuleDescription* assay_module() {
  return &k_description;
}
