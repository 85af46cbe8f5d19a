// A shared library of NVIDIA, loaded when it is needed: nothing here is linked with one.
#pragma once

#include <string>
#include <vector>

#include "harness/model/result.h"

namespace assay::cuda {

class Library {
 public:
  /// The first of `names` that loads, as the loader finds it or in /usr/local/cuda/lib64. Fails
  /// with unsupported, naming what was looked for. It stays loaded until the process ends.
  [[nodiscard]] static Result<Library> open(const std::vector<std::string>& names);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Fails with unsupported, naming library and function.
  template <class Function>
  Result<Done> find(const char* name, Function*& function) const {
    void* const found = symbol(name);
    if (found == nullptr) {
      return Error{Error::Code::unsupported, name_ + " has no " + name + ": it is too old"};
    }
    function = reinterpret_cast<Function*>(found);
    return Done{};
  }

 private:
  [[nodiscard]] void* symbol(const char* name) const;

  void* handle_ = nullptr;
  std::string name_;
};

/// The driver's management library (NVML) of the machine that this module runs on.
[[nodiscard]] std::string management_library();

}  // namespace assay::cuda
