// The functions of a library, one after the other until one is missing.
#pragma once

#include "kernels/shared_library.h"

namespace assay::cuda {

class FunctionFinder {
 public:
  explicit FunctionFinder(const SharedLibrary& library) : library_(library) {}

  template <class Function>
  FunctionFinder& operator()(const char* name, Function*& function) {
    if (done_) {
      done_ = library_.find(name, function);
    }
    return *this;
  }
  /// As SharedLibrary::find() of the first that is missing.
  [[nodiscard]] const Result<Done>& done() const { return done_; }

 private:
  const SharedLibrary& library_;
  Result<Done> done_ = Done{};
};

}  // namespace assay::cuda
