// Which environment variables a worker sees: an allow-list, since a variable can change what is
// measured (measurement.md of the project's references: TF32 overrides, preloads, ISA masks).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

enum class VariableClass {
  passed,   ///< Goes to the worker, and name and value into the journal.
  refused,  ///< Changes the meaning of a measurement: nothing is run while it is set.
  removed   ///< Everything else.
};
[[nodiscard]] VariableClass class_of(std::string_view variable);

using Environment = std::map<std::string, std::string>;

/// The worker's environment from the caller's: what is passed, and what the controller sets itself
/// (OMP_NUM_THREADS, OMP_PROC_BIND, OMP_PLACES, LANG). Fails with bad_input on a refused variable,
/// naming it.
[[nodiscard]] Result<Environment> worker_environment(const Environment& given,
                                                     std::uint32_t threads);

/// This process's environment.
[[nodiscard]] Environment own_environment();

/// Physical cores that this process may run on.
[[nodiscard]] std::uint32_t usable_cores();

}  // namespace assay
