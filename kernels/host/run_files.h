// What a run of files begins with: a folder of its own, who counts what is moved there, and a file
// for each client.
#pragma once

#include <memory>
#include <vector>

#include "kernels/host/scratch_space.h"
#include "kernels/host/storage_claims.h"

namespace assay::storage {

/// In the problem's directory; `claims` are those of its file system from now on. Fails with
/// unsupported, naming the directory.
[[nodiscard]] Result<std::unique_ptr<ScratchSpace>> open_space(const StorageProblem& problem,
                                                               const StorageOutside& outside,
                                                               Claims& claims);

/// By client; fails as DirectFile::make.
[[nodiscard]] Result<std::vector<DirectFile>> make_files(const ScratchSpace& space,
                                                         const StorageProblem& problem,
                                                         const StorageOutside& outside);

}  // namespace assay::storage
