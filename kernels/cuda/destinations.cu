#include <algorithm>
#include <string>
#include <utility>

#include "kernels/cuda/block_sum.h"
#include "kernels/cuda/destinations.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

constexpr unsigned k_bits = 64;  // Of a word: so many counts has a part.

/// The words that are poisoned and witnessed: every `stride`-th, `count` of them.
struct WordLattice {
  std::uint64_t stride = 1, count = 0;
};

WordLattice lattice_of(std::uint64_t words) {
  const std::uint64_t stride = std::max<std::uint64_t>(words / memory::k_lattice, 1);
  return {.stride = stride, .count = (words + stride - 1) / stride};
}

// In all of these blockIdx.y is the step.

__global__ void poison_words(const SlotTask* tasks, WordLattice lattice) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < lattice.count) {
    tasks[blockIdx.y].slot[i * lattice.stride] = memory::k_poison;
  }
}

__global__ void read_words(const SlotTask* tasks, WordLattice lattice, std::uint64_t* to) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < lattice.count) {
    to[blockIdx.y * lattice.count + i] = tasks[blockIdx.y].slot[i * lattice.stride];
  }
}

/// The sum of a slot's words, by one block: one warp would wait for memory 2000 times for the 64 Ki
/// parts of 4 GiB, longer than the pass takes.
__global__ void sum_words(const SlotTask* tasks, std::uint64_t words, std::uint64_t* to) {
  const DeviceWord* const slot = tasks[blockIdx.y].slot;
  const auto* const pairs = reinterpret_cast<const ulonglong2*>(slot);
  DeviceWord sum = 0;
  for (std::uint64_t pair = threadIdx.x; pair < words / 2; pair += k_block) {
    sum += pairs[pair].x + pairs[pair].y;
  }
  if (threadIdx.x == 0 && words % 2 != 0) {
    sum += slot[words - 1];
  }
  sum = sum_of_block(sum);
  if (threadIdx.x == 0) {
    to[blockIdx.y] = sum;
  }
}

/// 64 drawn lines of each slot.
template <bool Adds>
__global__ void compare_lines(SlotSetting setting, const SlotTask* tasks, DeviceWord* first) {
  const SlotTask& task = tasks[blockIdx.y];
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  const std::uint64_t place = i / memory::k_line;
  if (place < memory::k_drawn_lines) {
    const std::uint64_t lines = setting.words / memory::k_line;
    const std::uint64_t word = task.draw.below(place, lines) * memory::k_line + i % memory::k_line;
    if (task.slot[word] != memory::written_word<Adds>(setting.pattern, task.tuple.shift, word)) {
      atomicMin(first + blockIdx.y, static_cast<DeviceWord>(word));
    }
  }
}

/// Every word of a slot.
template <bool Adds>
__global__ void compare_words(SlotSetting setting, const SlotTask* tasks, DeviceWord* first) {
  const SlotTask& task = tasks[blockIdx.y];
  const std::uint64_t pair = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (pair < setting.words / 2) {
    const ulonglong2 found = reinterpret_cast<const ulonglong2*>(task.slot)[pair];
    const memory::Shift& shift = task.tuple.shift;
    const std::uint64_t word = 2 * pair;
    if (found.x != memory::written_word<Adds>(setting.pattern, shift, word)) {
      atomicMin(first + blockIdx.y, static_cast<DeviceWord>(word));
    } else if (found.y != memory::written_word<Adds>(setting.pattern, shift, word + 1)) {
      atomicMin(first + blockIdx.y, static_cast<DeviceWord>(word + 1));
    }
  }
}

/// Elements of a part: k_part but for the last.
__device__ std::uint64_t elements_in(std::uint64_t part, std::uint64_t elements) {
  const std::uint64_t left = elements - part * k_part;
  return left < k_part ? left : k_part;
}

/// Every sum of a read, one warp a part.
__global__ void compare_sums(SlotSetting setting, const SlotTask* tasks, DeviceWord* first) {
  const SlotTask& task = tasks[blockIdx.y];
  const std::uint64_t part = (std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x) / k_warp;
  if (part >= setting.words) {
    return;
  }
  const std::uint64_t elements = elements_in(part, setting.elements);
  DeviceWord sum = 0;
  for (unsigned bit = threadIdx.x % k_warp; bit < k_bits; bit += k_warp) {
    const std::uint64_t ones = setting.ones[part * k_bits + bit];
    const bool inverted = ((task.tuple.key >> bit) & 1U) != 0;
    sum += (inverted ? elements - ones : ones) << bit;
  }
  for (unsigned distance = k_warp / 2; distance > 0; distance /= 2) {
    sum += __shfl_xor_sync(k_every_lane, sum, static_cast<int>(distance));
  }
  if (threadIdx.x % k_warp == 0 && task.slot[part] != sum) {
    atomicMin(first + blockIdx.y, static_cast<DeviceWord>(part));
  }
}

dim3 grid_for(std::uint64_t threads, std::size_t steps) {
  return {static_cast<unsigned>((threads + k_block - 1) / k_block), static_cast<unsigned>(steps)};
}

Result<std::uint64_t> word_at(const DeviceWord* place) {
  std::uint64_t word = 0;
  if (auto done = check(cudaMemcpy(&word, place, sizeof word, cudaMemcpyDefault), "copy of a word");
      !done) {
    return done.error();
  }
  return word;
}

}  // namespace

Result<Done> queue_whole_comparison(const SlotSetting& setting, const SlotTask* task,
                                    DeviceWord* first, cudaStream_t stream) {
  const auto words = setting.pattern.adds ? compare_words<true> : compare_words<false>;
  ASSAY_LAUNCH(words, grid_for(setting.words / 2, 1), k_block, stream, setting, task, first);
  return check_launch("compare_words");
}

Result<Done> Destinations::name_tasks(std::span<const Step> steps, const Seed& challenge) {
  if (room_ < steps.size()) {
    const std::uint64_t words = std::max<std::uint64_t>(lattice_of(setting_.words).count, 1);
    auto tasks = DeviceBuffer::of_bytes(steps.size() * sizeof(SlotTask));
    auto seen = DeviceBuffer::of_bytes(steps.size() * words * sizeof(std::uint64_t));
    auto first = DeviceBuffer::of_bytes(steps.size() * sizeof(DeviceWord));
    if (!tasks || !seen || !first) {
      return !tasks ? tasks.error() : !seen ? seen.error() : first.error();
    }
    tasks_ = std::move(*tasks);
    seen_ = std::move(*seen);
    first_ = std::move(*first);
    room_ = steps.size();
  }
  std::vector<SlotTask> tasks;
  tasks.reserve(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    tasks.push_back({.slot = slots_[steps[i].slot],
                     .tuple = memory::tuple_of(steps[i].tuple),
                     .draw = Keyed(challenge, memory::k_place_stream + i)});
  }
  return copy_to_device(tasks_.data(), tasks.data(), tasks.size() * sizeof(SlotTask));
}

Result<Done> Destinations::poison(std::span<const Step> steps) {
  if (auto named = name_tasks(steps, {}); !named || steps.empty()) {
    return named;
  }
  const WordLattice lattice = lattice_of(setting_.words);
  ASSAY_LAUNCH(poison_words, grid_for(lattice.count, steps.size()), k_block, stream_,
               tasks_.as<SlotTask>(), lattice);
  if (auto launched = check_launch("poison_words"); !launched) {
    return launched;
  }
  return check(cudaStreamSynchronize(stream_), "poisoning");
}

Result<Done> Destinations::poison_all() {
  std::vector<Step> all(slots_.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    all[i].slot = i;
  }
  return poison(all);
}

Result<std::vector<std::uint8_t>> Destinations::witness(std::span<const Step> steps) {
  if (steps.empty()) {
    return std::vector<std::uint8_t>{};
  }
  if (auto named = name_tasks(steps, {}); !named) {
    return named.error();
  }
  const WordLattice lattice = reads() ? WordLattice{.count = 1} : lattice_of(setting_.words);
  if (reads()) {  // The parts are this backend's business; their sum is not.
    ASSAY_LAUNCH(sum_words, grid_for(1, steps.size()), k_block, stream_, tasks_.as<SlotTask>(),
                 setting_.words, seen_.as<std::uint64_t>());
  } else {
    ASSAY_LAUNCH(read_words, grid_for(lattice.count, steps.size()), k_block, stream_,
                 tasks_.as<SlotTask>(), lattice, seen_.as<std::uint64_t>());
  }
  if (auto launched = check_launch("read_words"); !launched) {
    return launched.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream_), "witnessing"); !done) {
    return done.error();
  }
  const auto words = on_host<std::uint64_t>(seen_, steps.size() * lattice.count);
  if (!words) {
    return words.error();
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(words->size() * sizeof(std::uint64_t));
  for (const std::uint64_t bits : *words) {
    const bool sums = setting_.pattern.adds;
    const std::uint64_t word = sums ? witness_of_bits(NumberType::f64, bits) : bits;
    for (unsigned byte = 0; byte < 8; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(word >> (8 * byte)));
    }
  }
  return bytes;
}

Result<Done> Destinations::queue_comparison(std::size_t steps,
                                            std::span<const std::uint32_t> full) {
  const auto* const tasks = tasks_.as<SlotTask>();
  auto* const first = first_.as<DeviceWord>();
  if (reads()) {  // All of its few words in any case.
    ASSAY_LAUNCH(compare_sums, grid_for(setting_.words * k_warp, steps), k_block, stream_, setting_,
                 tasks, first);
    return check_launch("compare_sums");
  }
  const bool adds = setting_.pattern.adds;
  const auto lines = adds ? compare_lines<true> : compare_lines<false>;
  ASSAY_LAUNCH(lines, grid_for(memory::k_drawn_lines * memory::k_line, steps), k_block, stream_,
               setting_, tasks, first);
  for (const std::uint32_t index : full) {
    if (auto queued = queue_whole_comparison(setting_, tasks + index, first + index, stream_);
        !queued) {
      return queued;
    }
  }
  return check_launch("compare_lines");
}

Result<std::vector<std::optional<Mismatch>>> Destinations::compare(
    std::span<const Step> steps, const Seed& challenge, std::span<const std::uint32_t> full) {
  std::vector<std::optional<Mismatch>> found(steps.size());
  if (steps.empty()) {
    return found;
  }
  if (auto named = name_tasks(steps, challenge); !named) {
    return named.error();
  }
  const std::vector<std::uint64_t> none(steps.size(), k_nothing_wrong);
  if (auto done = copy_to_device(first_.data(), none.data(), none.size() * sizeof(std::uint64_t));
      !done) {
    return done.error();
  }
  if (auto queued = queue_comparison(steps.size(), full); !queued) {
    return queued.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream_), "comparison"); !done) {
    return done.error();
  }
  const auto first = on_host<std::uint64_t>(first_, steps.size());
  if (!first) {
    return first.error();
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if ((*first)[i] == k_nothing_wrong) {
      continue;
    }
    auto wrong = mismatch(steps[i], (*first)[i]);
    if (!wrong) {
      return wrong.error();
    }
    found[i] = std::move(*wrong);
  }
  return found;
}

Result<std::uint64_t> Destinations::expected(const Step& step, std::uint64_t word) const {
  const memory::Tuple tuple = memory::tuple_of(step.tuple);
  if (!reads()) {
    return memory::written_word(setting_.pattern, tuple.shift, word);
  }
  std::vector<std::uint32_t> ones(k_bits);
  if (auto done =
          copy_to_host(ones.data(), setting_.ones + word * k_bits, k_bits * sizeof(std::uint32_t));
      !done) {
    return done.error();
  }
  const std::uint64_t elements = std::min(k_part, setting_.elements - word * k_part);
  return memory::keyed_sum(ones, elements, tuple.key);
}

Result<std::optional<Mismatch>> Destinations::mismatch(const Step& step, std::uint64_t word) const {
  const auto right = expected(step, word);
  const auto actual = word_at(slots_[step.slot] + word);
  if (!right || !actual) {
    return right ? actual.error() : right.error();
  }
  const auto text = [this](std::uint64_t bits) {
    return setting_.pattern.adds ? text_of_bits(NumberType::f64, bits) : std::to_string(bits);
  };
  return std::optional<Mismatch>(
      {.index = word, .expected = text(*right), .actual = text(*actual)});
}

Result<Done> Destinations::flip(std::uint32_t slot, std::uint64_t bit) const {
  DeviceWord* const place = slots_[slot] + bit / 64;
  const auto word = word_at(place);
  if (!word) {
    return word.error();
  }
  const std::uint64_t flipped = *word ^ (std::uint64_t{1} << (bit % 64));
  return check(cudaMemcpy(place, &flipped, sizeof flipped, cudaMemcpyDefault), "copy of a word");
}

}  // namespace assay::cuda
