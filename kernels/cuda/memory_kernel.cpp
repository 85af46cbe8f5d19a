#include "kernels/cuda/memory_kernel.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/gpu_target.h"
#include "kernels/cuda/memory_passes.h"
#include "kernels/findings.h"

namespace assay::cuda {
namespace {

using Op = MemoryProblem::Op;

Result<std::uint64_t> elements_of(const MemoryProblem& problem) {
  const auto bytes = array_bytes_or_caches(problem.array_bytes);
  if (!bytes) {
    return bytes.error();
  }
  if (*bytes < 64) {
    return Error{Error::Code::bad_input, "an array has at least 64 bytes"};
  }
  return *bytes / 64 * memory::k_line;
}

/// Words of one slot.
std::uint64_t slot_words(const MemoryProblem& problem, std::uint64_t elements) {
  return problem.op == Op::read ? (elements + k_part - 1) / k_part : elements;
}

std::uint64_t source_bytes(std::uint64_t elements) {
  return (elements + memory::k_slack) * sizeof(DeviceWord);
}

/// Of all but further slots.
std::uint64_t bytes_needed(const MemoryProblem& problem, std::uint64_t elements) {
  const std::uint64_t sources = problem.op == Op::triad ? 2 : 1;
  const std::uint64_t slot = slot_words(problem, elements) * sizeof(DeviceWord);
  const std::uint64_t ones =
      problem.op == Op::read ? 64 * sizeof(std::uint32_t) * slot_words(problem, elements) : 0;
  return sources * source_bytes(elements) + slot + ones;
}

Result<std::uint64_t> free_bytes() {
  std::size_t available = 0;
  std::size_t total = 0;
  if (auto done = check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo"); !done) {
    return done.error();
  }
  return std::uint64_t{available};
}

Result<Done> fits(const MemoryProblem& problem, std::uint64_t elements) {
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  // Before anything is multiplied: so large a number of elements overflows nothing below.
  const bool absurd = elements > *available / sizeof(DeviceWord);
  if (!absurd && bytes_needed(problem, elements) <= *available) {
    return Done{};
  }
  const Natural needed =
      absurd ? Natural{elements} * 8 * arrays_of(problem) : bytes_needed(problem, elements);
  return Error{Error::Code::unsupported, "memory " + std::string(name_of(problem.op)) + " needs " +
                                             to_decimal(needed >> 20U) + " MiB, and " +
                                             std::to_string(*available >> 20U) +
                                             " MiB of device memory are available"};
}

}  // namespace

Result<Done> MemoryKernel::supports(const GpuTarget& /*gpu*/, const MemoryProblem& problem) {
  const auto elements = elements_of(problem);
  return elements ? fits(problem, *elements) : Result<Done>(elements.error());
}

Result<std::unique_ptr<MemoryKernel>> MemoryKernel::prepare(const GpuTarget& gpu,
                                                            const MemoryProblem& problem,
                                                            const Seed& seed) {
  if (auto able = supports(gpu, problem); !able) {
    return able.error();
  }
  const auto elements = elements_of(problem);
  if (!elements) {
    return elements.error();
  }
  auto kernel = std::make_unique<MemoryKernel>(problem, *elements, seed);
  kernel->isa_ = gpu.isa;
  kernel->multiprocessors_ = gpu.multiprocessors;
  if (auto filled = kernel->fill(); !filled) {
    return filled.error();
  }
  return kernel;
}

MemoryKernel::MemoryKernel(const MemoryProblem& problem, std::uint64_t elements, const Seed& seed)
    : problem_(problem), elements_(elements), pattern_(seed, problem.op == Op::triad) {}

MemoryKernel::~MemoryKernel() {
  if (stream_ != nullptr) {
    static_cast<void>(cudaStreamDestroy(stream_));
  }
}

Result<Done> MemoryKernel::fill() {
  if (auto done = cuda::check(cudaStreamCreate(&stream_), "cudaStreamCreate"); !done) {
    return done;
  }
  const std::uint64_t words = elements_ + memory::k_slack;
  for (auto [source, draw] : {std::pair{&b_, &pattern_.b}, std::pair{&c_, &pattern_.c}}) {
    if (source == &c_ && problem_.op != Op::triad) {
      continue;
    }
    auto buffer = DeviceBuffer::of_bytes(source_bytes(elements_));
    if (!buffer) {
      return buffer.error();
    }
    *source = std::move(*buffer);
    if (auto done = fill_source(pattern_, *draw, source->as<DeviceWord>(), words, stream_); !done) {
      return done;
    }
  }
  if (problem_.op == Op::read) {
    auto ones = count_ones(pattern_, elements_, stream_);
    if (!ones) {
      return ones.error();
    }
    ones_ = std::move(*ones);
  }
  if (auto made = allocate_slots(); !made) {
    return made;
  }
  return cuda::check(cudaStreamSynchronize(stream_), "preparation");
}

Result<Done> MemoryKernel::allocate_slots() {
  const std::uint64_t words = slot_words(problem_, elements_);
  const std::uint64_t stride = (words + memory::k_line - 1) / memory::k_line * memory::k_line;
  const auto available = free_bytes();
  if (!available) {
    return available.error();
  }
  const std::uint64_t count = memory_slots(*available, stride * sizeof(DeviceWord));
  auto memory = DeviceBuffer::of_bytes(count * stride * sizeof(DeviceWord));
  if (!memory) {
    return memory.error();
  }
  slots_ = std::move(*memory);
  std::vector<DeviceWord*> slots;
  for (std::uint64_t i = 0; i < count; ++i) {
    slots.push_back(slots_.as<DeviceWord>() + i * stride);
  }
  const SlotSetting setting{.pattern = pattern_,
                            .elements = elements_,
                            .words = words,
                            .ones = problem_.op == Op::read ? ones_.as<std::uint32_t>() : nullptr};
  to_.emplace(setting, std::move(slots), stream_);
  return to_->poison_all();
}

Ran MemoryKernel::ran() const {
  const bool streams = problem_.non_temporal && problem_.op != Op::read;
  return {.software = "assay",
          .version = "1",
          .kernel = std::string(name_of(problem_.op)) + (streams ? ":non_temporal" : ""),
          .isa = isa_,
          .threads = multiprocessors_};
}

Natural MemoryKernel::work_per_step() const {
  return Natural{8} * arrays_of(problem_) * elements_;
}

Result<Done> MemoryKernel::poison(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  return to_->poison(steps);
}

Result<Done> MemoryKernel::run(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known;
  }
  for (const Step& step : steps) {
    const memory::Tuple tuple = memory::tuple_of(step.tuple);
    const bool reads = problem_.op == Op::read;
    const bool adds = problem_.op == Op::triad;
    const DevicePass pass{.op = problem_.op,
                          .non_temporal = problem_.non_temporal,
                          .elements = elements_,
                          .to = to_->slot(step.slot),
                          .to_words = slot_words(problem_, elements_),
                          .b = b_.as<DeviceWord>() + (reads ? 0 : tuple.shift.b),
                          .c = adds ? c_.as<DeviceWord>() + tuple.shift.c : nullptr,
                          .scalar = static_cast<double>(tuple.shift.scalar),
                          .key = tuple.key};
    if (auto queued = move_memory(pass, stream_); !queued) {
      return queued;
    }
  }
  return cuda::check(cudaStreamSynchronize(stream_), "a batch of passes");
}

Result<std::vector<std::uint8_t>> MemoryKernel::witness(std::span<const Step> steps) {
  if (auto known = well_formed(*this, steps); !known) {
    return known.error();
  }
  return to_->witness(steps);
}

Result<CheckResult> MemoryKernel::check(std::span<const Step> steps, const Seed& challenge,
                                        std::span<const std::uint32_t> full) {
  if (auto known = well_formed(*this, steps, full); !known) {
    return known.error();
  }
  auto found = to_->compare(steps, challenge, full);
  if (!found) {
    return found.error();
  }
  return summed_up(std::move(*found), full.size(), memory::k_log2_nothing_missed);
}

Result<Done> MemoryKernel::flip(std::uint32_t slot, std::uint64_t bit) {
  if (auto known = has_bit(*this, slot, bit); !known) {
    return known;
  }
  return to_->flip(slot, bit);
}

}  // namespace assay::cuda
