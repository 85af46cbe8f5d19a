// A module that no program here may use.
#include "kernels/module_abi.h"

namespace {

constexpr assay::ModuleDescription k_description{
    .abi = ASSAY_TEST_ABI, .build = ASSAY_TEST_BUILD, .name = "cuda", .mark = "", .make = nullptr};

}  // namespace

extern "C" __attribute__((visibility("default"))) const assay::ModuleDescription* assay_module() {
  return &k_description;
}
