#include "kernels/host/cpu.h"

#include <omp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

namespace assay {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  const auto first = text.find_first_of("0123456789");
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + first, text.data() + text.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  // sysfs writes "32768K"; /proc writes "24512340 kB".
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const bool kibi = rest.starts_with("K") || rest.starts_with(" kB");
  const bool mebi = rest.starts_with("M");
  return kibi ? value << 10U : mebi ? value << 20U : value;
}

/// The value of "key: value" or "key value" in a file of such lines.
std::optional<std::uint64_t> entry(const fs::path& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (const auto at = line.find(key); at != std::string::npos) {
      return whole_number(std::string_view(line).substr(at + key.size()));
    }
  }
  return std::nullopt;
}

std::vector<fs::path> numbered(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(folder, error)) {
    const std::string name = item.path().filename();
    if (name.size() > prefix.size() && name.starts_with(prefix) &&
        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()), name.end(),
                    [](char c) { return c >= '0' && c <= '9'; })) {
      found.push_back(item.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::set<std::uint32_t> cpus_in_mask() {
  std::set<std::uint32_t> cpus;
  // Larger machines than CPU_SETSIZE exist; the kernel says so with EINVAL.
  for (std::size_t count = CPU_SETSIZE; count <= (std::size_t{1} << 16U); count *= 2) {
    std::vector<cpu_set_t> mask(count / CPU_SETSIZE);
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) != 0) {
      continue;
    }
    for (std::size_t cpu = 0; cpu < count; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, mask.data())) {
        cpus.insert(static_cast<std::uint32_t>(cpu));
      }
    }
    break;
  }
  return cpus;
}

}  // namespace

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      const auto colon = line.find(": ");
      return colon == std::string::npos ? "unknown" : line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::vector<std::uint32_t> parse_cpu_list(std::string_view list) {
  std::vector<std::uint32_t> cpus;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    std::uint32_t first = 0;
    auto read = std::from_chars(at, end, first);
    std::uint32_t last = first;
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
    }
    if (read.ec != std::errc{} || last < first) {
      return cpus;
    }
    for (std::uint32_t cpu = first; cpu <= last; ++cpu) {
      cpus.push_back(cpu);
    }
    at = read.ptr == end ? end : read.ptr + 1;
  }
  return cpus;
}

std::vector<std::uint32_t> allowed_cpus() {
  std::set<std::uint32_t> cpus = cpus_in_mask();
  const int places = omp_get_num_places();
  for (int place = 0; place < places; ++place) {
    std::vector<int> ids(static_cast<std::size_t>(std::max(omp_get_place_num_procs(place), 0)));
    omp_get_place_proc_ids(place, ids.data());
    for (const int id : ids) {
      cpus.insert(static_cast<std::uint32_t>(id));
    }
  }
  return {cpus.begin(), cpus.end()};
}

std::vector<NumaNode> numa_nodes() {
  std::vector<NumaNode> nodes;
  for (const auto& path : numbered("/sys/devices/system/node", "node")) {
    NumaNode node;
    node.id = static_cast<std::uint32_t>(whole_number(path.filename().string()).value_or(0));
    node.cpus = parse_cpu_list(first_line(path / "cpulist"));
    node.memory_bytes = entry(path / "meminfo", "MemTotal:").value_or(0);
    nodes.push_back(std::move(node));
  }
  std::sort(nodes.begin(), nodes.end(),
            [](const NumaNode& left, const NumaNode& right) { return left.id < right.id; });
  return nodes;
}

std::vector<Cache> caches() {
  struct Found {
    std::uint64_t bytes = 0;
    std::set<std::string> instances;  // By the CPUs that share it.
  };
  std::map<std::pair<std::uint32_t, std::string>, Found> found;
  for (const auto& cpu : numbered("/sys/devices/system/cpu", "cpu")) {
    for (const auto& index : numbered(cpu / "cache", "index")) {
      const auto level = whole_number(first_line(index / "level"));
      const auto bytes = whole_number(first_line(index / "size"));
      if (level && bytes) {
        auto& cache = found[{static_cast<std::uint32_t>(*level), first_line(index / "type")}];
        cache.bytes = *bytes;
        cache.instances.insert(first_line(index / "shared_cpu_list"));
      }
    }
  }
  std::vector<Cache> all;
  all.reserve(found.size());
  for (const auto& [key, cache] : found) {
    all.push_back({.level = key.first,
                   .type = key.second,
                   .bytes = cache.bytes,
                   .instances = static_cast<std::uint32_t>(cache.instances.size())});
  }
  return all;
}

std::uint64_t last_level_cache_bytes() {
  std::uint32_t level = 0;
  std::uint64_t bytes = 0;
  for (const auto& cache : caches()) {
    if (cache.type == "Instruction" || cache.level < level) {
      continue;
    }
    bytes = cache.level > level ? 0 : bytes;
    level = cache.level;
    bytes += cache.bytes * cache.instances;
  }
  if (bytes == 0) {
    // Some virtual machines hide the folder; the C library asks the processor itself.
    const std::int64_t third = sysconf(_SC_LEVEL3_CACHE_SIZE);
    const std::int64_t second = sysconf(_SC_LEVEL2_CACHE_SIZE);
    bytes = static_cast<std::uint64_t>(std::max<std::int64_t>({third, second, 0}));
  }
  return bytes;
}

std::uint64_t available_memory_bytes() {
  std::uint64_t available = entry("/proc/meminfo", "MemAvailable:").value_or(0);
  const auto limit = whole_number(first_line("/sys/fs/cgroup/memory.max"));
  if (limit) {
    const auto used = whole_number(first_line("/sys/fs/cgroup/memory.current")).value_or(0);
    available = std::min(available, *limit - std::min(*limit, used));
  }
  return available;
}

Vectors own_vectors() {
  __builtin_cpu_init();
  // The cast: GCC's answer is an int, Clang's a bool.
  const bool avx512 = static_cast<bool>(__builtin_cpu_supports("avx512f")) &&
                      static_cast<bool>(__builtin_cpu_supports("avx512dq")) &&
                      static_cast<bool>(__builtin_cpu_supports("avx512vl")) &&
                      static_cast<bool>(__builtin_cpu_supports("avx512bw"));
  if (avx512) {
    return Vectors::avx512;
  }
  const bool avx2 = static_cast<bool>(__builtin_cpu_supports("avx2")) &&
                    static_cast<bool>(__builtin_cpu_supports("fma"));
  return avx2 ? Vectors::avx2 : Vectors::sse2;
}

std::string_view name_of(Vectors vectors) {
  switch (vectors) {
    case Vectors::sse2: return "sse2";
    case Vectors::avx2: return "avx2";
    case Vectors::avx512: return "avx512";
  }
  return "";
}

}  // namespace assay
