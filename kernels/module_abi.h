// What a backend in a file of its own exports. See module.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/backend.h"

namespace assay {

/// Changes whenever this struct does. It is the first member, and stays it.
inline constexpr std::uint32_t k_module_abi = 1;

/// What the function `assay_module` of a module returns a pointer to.
///
/// C++ objects cross this boundary, so both sides must be built from the same interface by the same
/// compiler: `build` says what that was, and the program refuses a module with another one.
struct ModuleDescription {
  std::uint32_t abi = k_module_abi;
  const char* build = nullptr;
  const char* name = nullptr;  ///< Of its backend: "cuda".
  const char* mark = nullptr;  ///< "" or what its results are marked with: "emulated".
  /// A new backend, or null with a sentence in `sentence`, cut to `size` bytes with its 0.
  Backend* (*make)(const char* settings, char* sentence, std::size_t size) = nullptr;
};

/// The name and type of the one function that a module exports.
inline constexpr const char* k_module_function = "assay_module";
using ModuleFunction = const ModuleDescription*();

}  // namespace assay
