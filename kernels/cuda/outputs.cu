#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/outputs.h"
#include "kernels/product_checks.h"

namespace assay::cuda {
namespace {

constexpr std::uint64_t k_page = 4096;

/// Poisons whole slots, 16 bytes a thread. Once, at the start.
template <NumberType Type>
__global__ void poison_all(Chunk<Type>* to, std::uint64_t chunks) {
  const std::uint64_t chunk = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (chunk < chunks) {
    Chunk<Type> poison;
    for (auto& element : poison.elements) {
      element = static_cast<Stored<Type>>(poison_bits(Type));
    }
    to[chunk] = poison;
  }
}

/// What is done to the lattices of some slots: blockIdx.y is the step.
struct LatticeTask {
  std::byte* memory;
  std::uint64_t stride;
  const std::uint32_t* slots;
  const std::uint64_t* lattice;
  std::uint64_t count;  ///< Elements of one lattice.
  int shift;
};

/// Writes one element of every tile of the lattice.
template <NumberType Type>
__global__ void poison_lattice(LatticeTask task) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < task.count) {
    std::byte* const slot = task.memory + task.slots[blockIdx.y] * task.stride;
    reinterpret_cast<Stored<Type>*>(slot)[task.lattice[i]] =
        static_cast<Stored<Type>>(poison_bits(Type));
  }
}

/// Reads what poison_lattice writes.
template <NumberType Type>
__global__ void read_lattice(LatticeTask task, std::uint64_t* to) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < task.count) {
    const std::byte* const slot = task.memory + task.slots[blockIdx.y] * task.stride;
    const auto bits = reinterpret_cast<const Stored<Type>*>(slot)[task.lattice[i]];
    to[blockIdx.y * task.count + i] = witness_of_bits(Type, bits, task.shift);
  }
}

unsigned blocks_for(std::uint64_t threads) {
  return static_cast<unsigned>((threads + k_block - 1) / k_block);
}

}  // namespace

std::uint64_t Outputs::slot_bytes(const OutputShape& shape) {
  const std::uint64_t bytes = shape.rows * shape.columns * bytes_of(shape.type);
  return (bytes + k_page - 1) / k_page * k_page;
}

Result<Outputs> Outputs::allocate(const OutputShape& shape, std::uint32_t slots, int shift,
                                  cudaStream_t stream) {
  Outputs made;
  made.type_ = shape.type;
  made.shift_ = shift;
  made.elements_ = shape.rows * shape.columns;
  made.stride_ = slot_bytes(shape);
  made.slots_ = slots;
  const auto lattice = lattice_of(shape.rows, shape.columns);
  made.lattice_size_ = lattice.size();
  auto memory = DeviceBuffer::of_bytes(made.stride_ * slots);
  auto places = on_device(lattice);
  if (!memory || !places) {
    return memory ? places.error() : memory.error();
  }
  made.memory_ = std::move(*memory);
  made.lattice_ = std::move(*places);
  const std::uint64_t chunks = made.stride_ * slots / 16;
  with_output_type(shape.type, [&]<NumberType Type>() {
    ASSAY_LAUNCH(poison_all<Type>, blocks_for(chunks), k_block, stream,
                 made.memory_.as<Chunk<Type>>(), chunks);
  });
  if (auto launched = check_launch("poison_all"); !launched) {
    return launched.error();
  }
  return Result<Outputs>(std::move(made));
}

std::uint64_t Outputs::slot_bits() const {
  return elements_ * bytes_of(type_) * 8;
}

std::byte* Outputs::slot(std::uint32_t index) const {
  return memory_.data() + index * stride_;
}

Result<std::uint64_t> Outputs::bits(std::uint32_t slot, std::uint64_t element) const {
  std::uint64_t bits = 0;
  const std::uint64_t size = bytes_of(type_);
  if (auto done = copy_to_host(&bits, this->slot(slot) + element * size, size); !done) {
    return done.error();
  }
  return bits;
}

Result<Done> Outputs::name_slots(std::span<const Step> steps) {
  if (room_ < steps.size()) {
    auto named = DeviceBuffer::of_bytes(steps.size() * sizeof(std::uint32_t));
    auto seen = DeviceBuffer::of_bytes(steps.size() * lattice_size_ * sizeof(std::uint64_t));
    if (!named || !seen) {
      return named ? seen.error() : named.error();
    }
    named_ = std::move(*named);
    seen_ = std::move(*seen);
    room_ = steps.size();
  }
  std::vector<std::uint32_t> slots(steps.size());
  std::transform(steps.begin(), steps.end(), slots.begin(),
                 [](const Step& step) { return step.slot; });
  return copy_to_device(named_.data(), slots.data(), slots.size() * sizeof(std::uint32_t));
}

Result<Done> Outputs::poison(std::span<const Step> steps, cudaStream_t stream) {
  if (auto named = name_slots(steps); !named || steps.empty()) {
    return named;
  }
  const LatticeTask task{
      memory_.data(), stride_, named_.as<std::uint32_t>(), lattice_.as<std::uint64_t>(),
      lattice_size_,  shift_};
  const dim3 grid(blocks_for(lattice_size_), static_cast<unsigned>(steps.size()));
  with_output_type(type_, [&]<NumberType Type>() {
    ASSAY_LAUNCH(poison_lattice<Type>, grid, k_block, stream, task);
  });
  if (auto launched = check_launch("poison_lattice"); !launched) {
    return launched;
  }
  return check(cudaStreamSynchronize(stream), "poisoning");
}

Result<std::vector<std::uint8_t>> Outputs::witness(std::span<const Step> steps,
                                                   cudaStream_t stream) {
  if (steps.empty()) {
    return std::vector<std::uint8_t>{};
  }
  if (auto named = name_slots(steps); !named) {
    return named.error();
  }
  const LatticeTask task{
      memory_.data(), stride_, named_.as<std::uint32_t>(), lattice_.as<std::uint64_t>(),
      lattice_size_,  shift_};
  const dim3 grid(blocks_for(lattice_size_), static_cast<unsigned>(steps.size()));
  with_output_type(type_, [&]<NumberType Type>() {
    ASSAY_LAUNCH(read_lattice<Type>, grid, k_block, stream, task, seen_.as<std::uint64_t>());
  });
  if (auto launched = check_launch("read_lattice"); !launched) {
    return launched.error();
  }
  if (auto done = check(cudaStreamSynchronize(stream), "witnessing"); !done) {
    return done.error();
  }
  return on_host<std::uint8_t>(seen_, steps.size() * lattice_size_ * sizeof(std::uint64_t));
}

Result<Done> Outputs::flip(std::uint32_t slot, std::uint64_t bit) const {
  std::byte* const at = this->slot(slot) + bit / 8;
  std::uint8_t byte = 0;
  if (auto done = copy_to_host(&byte, at, 1); !done) {
    return done;
  }
  byte = static_cast<std::uint8_t>(byte ^ (1U << (bit % 8)));
  return copy_to_device(at, &byte, 1);
}

}  // namespace assay::cuda
