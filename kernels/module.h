// Backends in files of their own, loaded at run time: so that the programs link nothing they need.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/model/result.h"
#include "kernels/backend.h"

namespace assay {

/// A backend and the mark that everything it measures carries.
struct LoadedBackend {
  std::unique_ptr<Backend> backend;
  std::string mark;  ///< "", or "emulated".
};

/// Where a module is and what it is told.
struct ModuleChoice {
  std::string path;      ///< "": beside the program or in ../libexec/assay of it.
  std::string settings;  ///< For modules that take any; others refuse them.

  /// "PATH" or "PATH,SETTINGS".
  [[nodiscard]] static ModuleChoice from(std::string_view text);
};

/// Where a file of this installation is: beside the running program, or in ../libexec/assay of it.
/// Fails with unsupported, naming both places.
[[nodiscard]] Result<std::string> installed_file(const std::string& name);

/// The file of module assay-<name>.so. Fails with unsupported, saying where it was looked for.
[[nodiscard]] Result<std::string> find_module(std::string_view name, const ModuleChoice& choice);

/// The backend of module assay-<name>.so. Fails with unsupported and one sentence if the file is
/// missing, cannot be loaded, is no module, is of another build, or refuses its settings. A module
/// stays loaded until the process ends.
[[nodiscard]] Result<LoadedBackend> load_backend(std::string_view name, const ModuleChoice& choice);

}  // namespace assay
