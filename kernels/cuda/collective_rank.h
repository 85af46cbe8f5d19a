// One rank of a collective on a GPU: NCCL in a process of its own.
#pragma once

#include <memory>

#include "kernels/cuda/gpu_target.h"
#include "kernels/device_rank.h"

namespace assay::cuda {

/// Whether each GPU of this node can be a rank, the node having as many: looked at without starting
/// anything. Fails with unsupported, by name: NCCL's file, GPUs or memory that are missing.
[[nodiscard]] Result<Done> supports_collective(const CollectiveProblem& problem, int gpus);

/// Precondition: the device is the current one. As Backend::open_rank().
[[nodiscard]] Result<std::unique_ptr<DeviceRank>> open_collective_rank(
    const CollectiveProblem& problem, const Seed& seed, const RankPlace& place);

}  // namespace assay::cuda
