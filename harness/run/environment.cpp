#include "harness/run/environment.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/run/system_files.h"
#include "reports/declared_variables.h"

namespace assay {
namespace {

constexpr std::array<std::string_view, 15> k_refused_prefixes{
    "LD_",  "GLIBC_TUNABLES", "ONEDNN_", "DNNL_", "OPENBLAS_", "GOTO_",        "OMP_",   "GOMP_",
    "MKL_", "KMP_",           "CUDA_",   "NCCL_", "CUBLAS_",   "NVIDIA_TF32_", "MALLOC_"};

// Where a toolkit is installed, for those who build: nothing that runs here reads it.
constexpr std::array<std::string_view, 4> k_paths{"CUDA_HOME", "CUDA_PATH", "CUDA_ROOT",
                                                  "CUDA_TOOLKIT_ROOT_DIR"};

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

VariableClass class_of(std::string_view variable) {
  if (holds(k_passed_variables, variable) || holds(k_slurm_variables, variable) ||
      holds(k_sanitizer_variables, variable)) {
    return VariableClass::passed;
  }
  if (holds(k_set_variables, variable) || holds(k_paths, variable)) {
    return VariableClass::removed;
  }
  const auto begins = [variable](std::string_view prefix) { return variable.starts_with(prefix); };
  const bool refused = std::any_of(k_refused_prefixes.begin(), k_refused_prefixes.end(), begins);
  return refused ? VariableClass::refused : VariableClass::removed;
}

Result<Environment> worker_environment(const Environment& given, std::uint32_t threads) {
  Environment passed;
  for (const auto& [name, value] : given) {
    const VariableClass its_class = class_of(name);
    if (its_class == VariableClass::refused) {
      return Error{Error::Code::bad_input,
                   "environment variable " + name + " changes what is measured; unset it to run"};
    }
    if (its_class == VariableClass::passed) {
      passed.emplace(name, value);
    }
  }
  passed["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID";  // as the driver's library counts GPUs
  passed["LANG"] = "C";
  passed["OMP_NUM_THREADS"] = std::to_string(threads);
  passed["OMP_PLACES"] = "cores";  // a thread stays on its core, so its memory stays near
  passed["OMP_PROC_BIND"] = "close";
  return passed;
}

Environment own_environment() {
  Environment all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return all;
}

std::uint32_t usable_cores() {
  constexpr int k_most_cpus = 1 << 14;
  cpu_set_t* set = CPU_ALLOC(k_most_cpus);
  const std::size_t size = CPU_ALLOC_SIZE(k_most_cpus);
  std::set<std::string> cores;  // siblings of one core have one list
  if (set != nullptr && sched_getaffinity(0, size, set) == 0) {
    for (int cpu = 0; cpu < k_most_cpus; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), size, set)) {
        const std::string siblings = system_line(
            "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        cores.insert(siblings.empty() ? "cpu" + std::to_string(cpu) : siblings);
      }
    }
  }
  CPU_FREE(set);
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(cores.size()));
}

}  // namespace assay
