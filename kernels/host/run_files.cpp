#include "kernels/host/run_files.h"

#include <string>
#include <utility>

namespace assay::storage {

Result<std::unique_ptr<ScratchSpace>> open_space(const StorageProblem& problem,
                                                 const StorageOutside& outside, Claims& claims) {
  auto space = ScratchSpace::make(problem.directory);
  if (!space) {
    return space.error();
  }
  auto opened = Claims::open((*space)->path(), problem, outside);
  if (!opened) {
    return opened.error();
  }
  claims = *std::move(opened);
  return space;
}

Result<std::vector<DirectFile>> make_files(const ScratchSpace& space, const StorageProblem& problem,
                                           const StorageOutside& outside) {
  std::vector<DirectFile> files;
  for (std::uint64_t client = 0; client < problem.clients; ++client) {
    auto file = DirectFile::make(space.path() + "/" + std::to_string(client), problem.file_bytes,
                                 outside.direct);
    if (!file) {
      return file.error();
    }
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace assay::storage
