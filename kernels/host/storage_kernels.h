// Which kernel of files does what.
#pragma once

#include <memory>

#include "kernels/backend.h"

namespace assay {

[[nodiscard]] Result<Done> supports_files(const StorageProblem& problem);
[[nodiscard]] Result<std::unique_ptr<Kernel>> prepare_files(const StorageProblem& problem,
                                                            const Seed& seed);

}  // namespace assay
