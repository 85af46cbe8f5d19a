#include <array>
#include <utility>

#include "kernels/cuda/elements.h"
#include "kernels/cuda/memory_passes.h"
#include "kernels/cuda/rank_memory.h"
#include "kernels/number_bits.h"

namespace assay::cuda {
namespace {

/// Operands at elements first .. first + count - 1 of a stretch of `elements`, poison elsewhere.
struct Prepared {
  ranks::Source own;
  std::uint64_t first = 0, count = 0, elements = 0;
};

/// Where the elements of a slot come from.
struct Compared {
  const ranks::Source* parts = nullptr;
  std::uint64_t count = 0, elements = 0;  ///< Of a part, and of all parts.
  std::uint64_t shift = 0;                ///< Of the tuple.
};

struct Drawn {
  const Keyed* draws = nullptr;
  std::uint64_t amplitude = 0;
};

/// Witnesses: every `step`-th element of each part, `per_part` of them.
struct Witnesses {
  const ranks::Source* parts = nullptr;
  std::uint64_t count = 0, step = 1, per_part = 0, all = 0;
};

template <NumberType Type>
__device__ Stored<Type> element_bits(const Drawn& drawn, const ranks::Source& source,
                                     std::uint64_t index) {
  return static_cast<Stored<Type>>(
      ranks::bits_of_whole(Type, ranks::element(drawn.draws, drawn.amplitude, source, index)));
}

template <NumberType Type>
__global__ void write_elements(Prepared prepared, Drawn drawn, Stored<Type>* to) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= prepared.elements) {
    return;
  }
  constexpr std::uint32_t k_poison_word = 0x0101'0101U * ranks::k_poison;
  const bool is_operand = i >= prepared.first && i < prepared.first + prepared.count;
  to[i] = is_operand ? element_bits<Type>(drawn, prepared.own, i - prepared.first)
                     : static_cast<Stored<Type>>(k_poison_word);
}

template <NumberType Type>
__global__ void compare_elements(Compared compared, Drawn drawn, const Stored<Type>* found,
                                 DeviceWord* first) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= compared.elements) {
    return;
  }
  const ranks::Source source = compared.parts[i / compared.count];
  const std::uint64_t at = source.place * compared.count + i % compared.count;
  if (found[at] != element_bits<Type>(drawn, source, compared.shift + i % compared.count)) {
    atomicMin(first, static_cast<DeviceWord>(i));
  }
}

template <NumberType Type>
__global__ void read_elements(Witnesses witnesses, const Stored<Type>* found, Stored<Type>* to) {
  const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < witnesses.all) {
    const std::uint64_t place = witnesses.parts[i / witnesses.per_part].place;
    to[i] = found[place * witnesses.count + i % witnesses.per_part * witnesses.step];
  }
}

dim3 grid_of(std::uint64_t threads) {
  return {static_cast<unsigned>((threads + k_block - 1) / k_block)};
}

Witnesses witnesses_of(const ranks::Layout& layout, const ranks::Source* parts) {
  const std::uint64_t per_part = (layout.count + layout.witness_step - 1) / layout.witness_step;
  return {.parts = parts,
          .count = layout.count,
          .step = layout.witness_step,
          .per_part = per_part,
          .all = per_part * layout.parts.size()};
}

/// Calls use.template operator()<Type>(): a collective has elements of two types.
template <class Use>
void with_type(NumberType type, const Use& use) {
  if (type == NumberType::bf16) {
    use.template operator()<NumberType::bf16>();
  } else {
    use.template operator()<NumberType::f32>();
  }
}

Result<Done> write(NumberType type, const Prepared& prepared, const Drawn& drawn, std::byte* to,
                   cudaStream_t stream) {
  with_type(type, [&]<NumberType Type>() {
    const auto kernel = write_elements<Type>;
    auto* const elements = reinterpret_cast<Stored<Type>*>(to);
    ASSAY_LAUNCH(kernel, grid_of(prepared.elements), k_block, stream, prepared, drawn, elements);
  });
  return check_launch("write_elements");
}

std::uint64_t shift_of(std::uint64_t tuple, NumberType type) {
  return tuple * (ranks::k_line / bytes_of(type));
}

}  // namespace

Natural RankMemory::bytes_needed(const CollectiveProblem& problem) {
  const ranks::Layout layout = ranks::layout_of(problem, 0);
  return Natural{layout.input_bytes} + ranks::k_slack +
         Natural{ranks::slots_of(problem)} * layout.slot_stride;
}

Result<RankMemory> RankMemory::make(const CollectiveProblem& problem, std::uint32_t rank,
                                    const Seed& seed, cudaStream_t stream) {
  RankMemory memory;
  memory.type_ = problem.type;
  memory.in_place_ = problem.in_place;
  memory.rank_ = rank;
  memory.amplitude_ = ranks::amplitude_of(problem);
  memory.layout_ = ranks::layout_of(problem, rank);
  if (problem.op == CollectiveProblem::Op::reduce_scatter && problem.in_place) {
    memory.results_at_ = rank * memory.layout_.count * bytes_of(problem.type);
  }
  memory.draws_ = ranks::draws_of(problem, seed);
  memory.stream_ = stream;
  const std::uint64_t input_bytes = memory.layout_.input_bytes + ranks::k_slack;
  const std::uint64_t slots_bytes = memory.layout_.slot_stride * ranks::slots_of(problem);
  const std::uint64_t size = bytes_of(problem.type);
  struct Made {
    DeviceBuffer* place;
    Result<DeviceBuffer> buffer;
  };
  for (Made& made : std::array<Made, 6>{
           {{&memory.draws_there_, on_device(memory.draws_)},
            {&memory.parts_there_, on_device(memory.layout_.parts)},
            {&memory.input_, DeviceBuffer::of_bytes(input_bytes)},
            {&memory.slots_, DeviceBuffer::of_bytes(slots_bytes)},
            {&memory.first_, DeviceBuffer::of_bytes(sizeof(DeviceWord))},
            {&memory.seen_,
             DeviceBuffer::of_bytes(witnesses_of(memory.layout_, nullptr).all * size)}}}) {
    if (!made.buffer) {
      return made.buffer.error();
    }
    *made.place = std::move(*made.buffer);
  }
  const Drawn drawn{.draws = memory.draws_there_.as<Keyed>(), .amplitude = memory.amplitude_};
  const Prepared operands{
      .own = {.rank = rank}, .count = input_bytes / size, .elements = input_bytes / size};
  const Prepared poison{.own = {}, .elements = slots_bytes / size};
  for (const auto& [what, buffer] :
       {std::pair(&operands, &memory.input_), std::pair(&poison, &memory.slots_)}) {
    if (auto written = write(problem.type, *what, drawn, buffer->data(), stream); !written) {
      return written.error();
    }
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream), "preparation"); !done) {
    return done.error();
  }
  return Result<RankMemory>(std::move(memory));
}

std::byte* RankMemory::operands(const Step& step) const {
  return in_place_ ? slot(step.slot) + layout_.input_at
                   : input_.data() + step.tuple * ranks::k_line;
}

std::byte* RankMemory::results(std::uint32_t slot) const {
  return this->slot(slot) + results_at_;
}

std::byte* RankMemory::slot(std::uint32_t slot) const {
  return slots_.data() + slot * layout_.slot_stride;
}

Result<Done> RankMemory::prepare(const Step& step) const {
  const std::uint64_t size = bytes_of(type_);
  const Prepared prepared{.own = {.rank = rank_, .first = shift_of(step.tuple, type_)},
                          .first = layout_.input_at / size,
                          .count = in_place_ ? layout_.input_bytes / size : 0,
                          .elements = layout_.slot_bytes / size};
  const Drawn drawn{.draws = draws_there_.as<Keyed>(), .amplitude = amplitude_};
  if (auto written = write(type_, prepared, drawn, slot(step.slot), stream_); !written) {
    return written;
  }
  return cuda::check(cudaStreamSynchronize(stream_), "preparation of a slot");
}

Result<std::optional<Mismatch>> RankMemory::check(const Step& step) const {
  constexpr DeviceWord k_none = ~DeviceWord{0};
  DeviceWord first = k_none;
  if (auto done = copy_to_device(first_.data(), &first, sizeof first); !done) {
    return done.error();
  }
  const Compared compared{.parts = parts_there_.as<ranks::Source>(),
                          .count = layout_.count,
                          .elements = layout_.count * layout_.parts.size(),
                          .shift = shift_of(step.tuple, type_)};
  const Drawn drawn{.draws = draws_there_.as<Keyed>(), .amplitude = amplitude_};
  if (compared.elements > 0) {
    with_type(type_, [&]<NumberType Type>() {
      const auto kernel = compare_elements<Type>;
      const auto* const found = reinterpret_cast<const Stored<Type>*>(results(step.slot));
      auto* const place = first_.as<DeviceWord>();
      ASSAY_LAUNCH(kernel, grid_of(compared.elements), k_block, stream_, compared, drawn, found,
                   place);
    });
    if (auto launched = check_launch("compare_elements"); !launched) {
      return launched.error();
    }
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream_), "comparison"); !done) {
    return done.error();
  }
  if (auto done = copy_to_host(&first, first_.data(), sizeof first); !done) {
    return done.error();
  }
  if (first == k_none) {
    return std::optional<Mismatch>();
  }
  auto difference = difference_at(step, first);
  return difference ? Result<std::optional<Mismatch>>(std::move(*difference))
                    : Result<std::optional<Mismatch>>(difference.error());
}

Result<Mismatch> RankMemory::difference_at(const Step& step, std::uint64_t element) const {
  const std::uint64_t size = bytes_of(type_);
  std::uint32_t actual = 0;
  const ranks::Source& source = layout_.parts.at(element / layout_.count);
  const std::uint64_t at = source.place * layout_.count + element % layout_.count;
  if (auto done = copy_to_host(&actual, results(step.slot) + at * size, size); !done) {
    return done.error();
  }
  const std::int64_t expected = ranks::element(
      draws_.data(), amplitude_, source, shift_of(step.tuple, type_) + element % layout_.count);
  return Mismatch{.index = results_at_ / size + at,
                  .expected = text_of_bits(type_, ranks::bits_of_whole(type_, expected)),
                  .actual = text_of_bits(type_, actual)};
}

Result<Done> RankMemory::witness(const Step& step, std::vector<std::uint8_t>& bytes) const {
  const Witnesses witnesses = witnesses_of(layout_, parts_there_.as<ranks::Source>());
  if (witnesses.all == 0) {
    return Done{};
  }
  with_type(type_, [&]<NumberType Type>() {
    const auto kernel = read_elements<Type>;
    const auto* const found = reinterpret_cast<const Stored<Type>*>(results(step.slot));
    auto* const to = seen_.as<Stored<Type>>();
    ASSAY_LAUNCH(kernel, grid_of(witnesses.all), k_block, stream_, witnesses, found, to);
  });
  if (auto launched = check_launch("read_elements"); !launched) {
    return launched;
  }
  if (auto done = cuda::check(cudaStreamSynchronize(stream_), "witness"); !done) {
    return done;
  }
  const std::size_t before = bytes.size();
  const std::uint64_t size = witnesses.all * bytes_of(type_);
  bytes.resize(before + size);
  return copy_to_host(bytes.data() + before, seen_.data(), size);
}

Result<Done> RankMemory::flip(std::uint32_t slot, std::uint64_t bit) const {
  std::byte* const place = this->slot(slot) + bit / 8;
  std::byte byte{};
  if (auto done = copy_to_host(&byte, place, 1); !done) {
    return done;
  }
  byte ^= std::byte{1} << (bit % 8);
  return copy_to_device(place, &byte, 1);
}

}  // namespace assay::cuda
