#include "kernels/host/latency_kernel.h"

#include <string>
#include <utility>

#include "kernels/host/cpu.h"

namespace assay {

Result<Done> LatencyKernel::supports(const LatencyProblem& problem) {
  if (problem.array_bytes == 0 && last_level_cache_bytes() == 0) {
    return Error{Error::Code::unsupported,
                 "the size of the caches is unknown here: array_bytes must be given"};
  }
  const LatencyProblem known = sized(problem, last_level_cache_bytes());
  if (auto large = well_sized(known); !large) {
    return large;
  }
  const std::uint64_t available = available_memory_bytes();
  if (known.array_bytes > available) {
    return Error{Error::Code::unsupported,
                 "memory latency needs " + std::to_string(known.array_bytes >> 20U) + " MiB, and " +
                     std::to_string(available >> 20U) + " MiB of memory are available"};
  }
  return Done{};
}

Result<std::unique_ptr<LatencyKernel>> LatencyKernel::prepare(const LatencyProblem& problem,
                                                              const Seed& seed) {
  if (auto able = supports(problem); !able) {
    return able.error();
  }
  const LatencyProblem known = sized(problem, last_level_cache_bytes());
  auto nodes = Buffer::of_bytes(known.array_bytes);
  if (!nodes) {
    return nodes.error();
  }
  return std::make_unique<LatencyKernel>(known, seed, std::move(*nodes));
}

LatencyKernel::LatencyKernel(const LatencyProblem& problem, const Seed& seed, Buffer nodes)
    : ChaseKernel(problem, seed), nodes_(std::move(nodes)) {
  auto* const words = nodes_.as<std::uint64_t>();
  for (std::uint64_t i = 0; i < cycle().nodes(); ++i) {
    words[cycle().node_at(i) * ChaseCycle::k_words] = cycle().node_after(i);
  }
  ends_.fill(~std::uint64_t{0});
}

Ran LatencyKernel::ran() const {
  return {.software = "assay",
          .version = "1",
          .kernel = "chase",
          .isa = std::string(name_of(own_vectors())),
          .threads = 1};
}

Result<Done> LatencyKernel::chase(std::uint64_t start, std::uint32_t slot) {
  const auto* const words = nodes_.as<std::uint64_t>();
  std::uint64_t node = start;
  for (std::uint64_t i = 0; i < loads(); ++i) {
    node = words[node * ChaseCycle::k_words];
  }
  ends_.at(slot) = node;
  return Done{};
}

Result<Done> LatencyKernel::set_end(std::uint32_t slot, std::uint64_t word) {
  ends_.at(slot) = word;
  return Done{};
}

}  // namespace assay
