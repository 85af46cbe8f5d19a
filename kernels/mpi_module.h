// assay-mpi.so, loaded at run time by each rank of a collective.
#pragma once

#include <string>

#include "harness/model/result.h"
#include "kernels/module.h"
#include "kernels/mpi/mpi_interface.h"

namespace assay {

/// What the module offers; it stays loaded until the process ends. Fails with unsupported and one
/// sentence if it is missing, cannot be loaded (no MPI here), is no module, has another interface
/// or refuses its settings.
[[nodiscard]] Result<const AssayMpi*> load_mpi(const ModuleChoice& choice);

/// What MPI says of a failed call; Done for code 0. Fails with io.
[[nodiscard]] Result<Done> mpi_result(const AssayMpi& mpi, int code, const char* doing);

}  // namespace assay
