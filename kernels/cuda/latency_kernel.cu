#include <utility>

#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/latency_kernel.h"
#include "kernels/cuda/memory_passes.h"

namespace assay::cuda {
namespace {

struct ChasePass {
  const DeviceWord* nodes = nullptr;
  std::uint64_t start = 0, loads = 0;
  DeviceWord* to = nullptr;
  std::uint64_t to_words = 1;
};

/// 8 bytes a node of 64. Once, at the start.
__global__ void link_nodes(ChaseCycle cycle, DeviceWord* nodes) {
  const std::uint64_t position = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (position < cycle.nodes()) {
    nodes[cycle.node_at(position) * ChaseCycle::k_words] = cycle.node_after(position);
  }
}

/// One thread: nothing else is on its way.
__global__ void follow(ChasePass pass) {
  std::uint64_t node = pass.start;
  for (std::uint64_t i = 0; i < pass.loads; ++i) {
    node = pass.nodes[node * ChaseCycle::k_words];
  }
  *pass.to = node;
}

Result<LatencyProblem> known(const LatencyProblem& problem) {
  const auto bytes = array_bytes_or_caches(problem.array_bytes);
  if (!bytes) {
    return bytes.error();
  }
  LatencyProblem made = problem;
  made.array_bytes = *bytes;
  if (auto large = ChaseKernel::well_sized(made); !large) {
    return large.error();
  }
  return made;
}

}  // namespace

Result<Done> LatencyKernel::supports(const LatencyProblem& problem) {
  const auto sized = known(problem);
  if (!sized) {
    return sized.error();
  }
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = cuda::check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done;
  }
  if (sized->array_bytes > available) {
    return Error{Error::Code::unsupported, "memory latency needs " +
                                               std::to_string(sized->array_bytes >> 20U) +
                                               " MiB, and " + std::to_string(available >> 20U) +
                                               " MiB of device memory are available"};
  }
  return Done{};
}

Result<std::unique_ptr<LatencyKernel>> LatencyKernel::prepare(const GpuTarget& gpu,
                                                              const LatencyProblem& problem,
                                                              const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  const auto sized = known(problem);
  if (!sized) {
    return sized.error();
  }
  auto kernel = std::make_unique<LatencyKernel>(*sized, seed);
  kernel->isa_ = gpu.isa;
  if (auto filled = kernel->fill(); !filled) {
    return filled.error();
  }
  return Result<std::unique_ptr<LatencyKernel>>(std::move(kernel));
}

Result<Done> LatencyKernel::fill() {
  if (auto done = cuda::check(cudaStreamCreate(&stream_), "cudaStreamCreate"); !done) {
    return done;
  }
  auto nodes = DeviceBuffer::of_bytes(cycle().nodes() * ChaseCycle::k_words * sizeof(DeviceWord));
  auto ends = on_device(std::vector<std::uint64_t>(k_slots, ~std::uint64_t{0}));
  if (!nodes || !ends) {
    return nodes ? ends.error() : nodes.error();
  }
  nodes_ = std::move(*nodes);
  ends_ = std::move(*ends);
  const auto blocks = static_cast<unsigned>((cycle().nodes() + k_block - 1) / k_block);
  ASSAY_LAUNCH(link_nodes, blocks, k_block, stream_, cycle(), nodes_.as<DeviceWord>());
  if (auto launched = check_launch("link_nodes"); !launched) {
    return launched;
  }
  return wait();
}

LatencyKernel::~LatencyKernel() {
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

Ran LatencyKernel::ran() const {
  return {.software = "assay", .version = "1", .kernel = "chase", .isa = isa_, .threads = 1};
}

Result<Done> LatencyKernel::chase(std::uint64_t start, std::uint32_t slot) {
  const ChasePass pass{.nodes = nodes_.as<DeviceWord>(),
                       .start = start,
                       .loads = loads(),
                       .to = ends_.as<DeviceWord>() + slot};
  ASSAY_LAUNCH(follow, 1, 1, stream_, pass);
  return check_launch("follow");
}

Result<Done> LatencyKernel::wait() {
  return cuda::check(cudaStreamSynchronize(stream_), "a chain of loads");
}

Result<std::uint64_t> LatencyKernel::end_in(std::uint32_t slot) {
  std::uint64_t word = 0;
  if (auto done = copy_to_host(&word, ends_.as<DeviceWord>() + slot, sizeof word); !done) {
    return done.error();
  }
  return word;
}

Result<Done> LatencyKernel::set_end(std::uint32_t slot, std::uint64_t word) {
  return copy_to_device(ends_.as<DeviceWord>() + slot, &word, sizeof word);
}

}  // namespace assay::cuda
