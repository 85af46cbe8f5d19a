// The backend that is always there: this machine's processors and memory.
#pragma once

#include <memory>

#include "kernels/backend.h"

namespace assay {

/// One device, "host": all processors this process may run on. The worker's affinity and thread
/// placement are set before it starts, by the controller.
[[nodiscard]] std::unique_ptr<Backend> make_host_backend();

}  // namespace assay
