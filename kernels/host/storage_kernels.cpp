#include "kernels/host/storage_kernels.h"

#include "kernels/host/checkpoint_kernel.h"
#include "kernels/host/metadata_kernel.h"
#include "kernels/host/storage_kernel.h"
#include "kernels/host/storage_room.h"

namespace assay {
namespace {

template <class Prepared>
Result<std::unique_ptr<Kernel>> as_kernel(Result<std::unique_ptr<Prepared>> prepared) {
  if (!prepared) {
    return prepared.error();
  }
  return std::unique_ptr<Kernel>(std::move(*prepared));
}

}  // namespace

Result<Done> supports_files(const StorageProblem& problem) {
  if (problem.engine == StorageProblem::Engine::gpu) {
    return Error{Error::Code::unsupported,
                 "storage.gpu_" + std::string(name_of(problem.op)) +
                     " is about a GPU's memory: the host backend has none"};
  }
  if (problem.engine == StorageProblem::Engine::fio) {
    return Error{Error::Code::unsupported, "fio is a process of its own, and this is one"};
  }
  return storage::check_problem(problem);
}

Result<std::unique_ptr<Kernel>> prepare_files(const StorageProblem& problem, const Seed& seed) {
  if (problem.engine != StorageProblem::Engine::own) {
    return supports_files(problem).error();
  }
  if (is_checkpoint(problem.op)) {
    return as_kernel(CheckpointKernel::prepare(problem, seed));
  }
  return is_metadata(problem.op) ? as_kernel(MetadataKernel::prepare(problem, seed))
                                 : as_kernel(StorageKernel::prepare(problem, seed));
}

}  // namespace assay
