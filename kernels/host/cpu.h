// What this machine's processors and memory are, as far as the system shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct Cache {
  std::uint32_t level = 0;
  std::string type;         ///< "Data", "Instruction" or "Unified".
  std::uint64_t bytes = 0;  ///< Of one instance.
  std::uint32_t instances = 0;
};

struct NumaNode {
  std::uint32_t id = 0;
  std::vector<std::uint32_t> cpus;
  std::uint64_t memory_bytes = 0;
};

/// "AMD EPYC 9655", as /proc/cpuinfo says it; "unknown" where it doesn't.
[[nodiscard]] std::string cpu_model();

/// The CPUs this process may run on, ascending. Includes the places OpenMP was given, since binding
/// to them narrows the mask of the main thread itself.
[[nodiscard]] std::vector<std::uint32_t> allowed_cpus();

[[nodiscard]] std::vector<NumaNode> numa_nodes();

/// Every cache of the machine, one entry a level and type, instances counted. Empty where sysfs
/// does not show them.
[[nodiscard]] std::vector<Cache> caches();

/// The sum of all caches of the last level; 0 if unknown.
[[nodiscard]] std::uint64_t last_level_cache_bytes();

/// What can be allocated without swapping: MemAvailable, or what the cgroup leaves of its limit.
[[nodiscard]] std::uint64_t available_memory_bytes();

/// The widest vectors that the own kernels use here.
enum class Vectors { sse2, avx2, avx512 };
[[nodiscard]] Vectors own_vectors();
[[nodiscard]] std::string_view name_of(Vectors vectors);

/// "0-3,8" as in sysfs; what cannot be read is left out.
[[nodiscard]] std::vector<std::uint32_t> parse_cpu_list(std::string_view list);

}  // namespace assay
