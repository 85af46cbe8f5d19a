// A shared library of a vendor, loaded when it is needed: nothing here is linked with one.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "harness/model/result.h"

namespace assay {

class SharedLibrary {
 public:
  /// The place of a function, or null.
  using Lookup = std::function<void*(const char* name)>;

  /// The first of `names` that loads, as the loader finds it or in one of `folders`, each of which
  /// ends in a slash. Fails with unsupported, naming what was looked for and where, or why a file
  /// that is there can't be loaded. It stays loaded until the process ends: it may have threads of
  /// its own.
  [[nodiscard]] static Result<SharedLibrary> open(const std::vector<std::string>& names,
                                                  const std::vector<std::string>& folders = {});

  /// One that is already here, by whatever means its functions are found.
  SharedLibrary(std::string name, Lookup lookup)
      : name_(std::move(name)), lookup_(std::move(lookup)) {}

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Null where the library has no such function.
  template <class Function>
  void look_up(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(lookup_(name));
  }

  /// Fails with unsupported, naming library and function.
  template <class Function>
  Result<Done> find(const char* name, Function*& function) const {
    look_up(name, function);
    if (function == nullptr) {
      return Error{Error::Code::unsupported, name_ + " has no " + name + ": it is too old"};
    }
    return Done{};
  }

 private:
  std::string name_;
  Lookup lookup_;
};

}  // namespace assay
