#include "kernels/host/rank_data.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/number_bits.h"

namespace assay {
namespace {

/// What every rank knows of all ranks' operands.
class RankOperands {
 public:
  RankOperands(const CollectiveProblem& problem, const Seed& seed)
      : type_(problem.type),
        amplitude_(ranks::amplitude_of(problem)),
        draws_(ranks::draws_of(problem, seed)) {}

  /// `bytes` of what the source gives, from its first element on.
  [[nodiscard]] Result<Buffer> of(const ranks::Source& source, std::uint64_t bytes) const {
    const std::uint64_t size = bytes_of(type_);
    auto buffer = Buffer::of_bytes(bytes);
    if (buffer) {
      for (std::uint64_t i = 0; i < bytes / size; ++i) {
        const std::uint32_t bits =
            ranks::bits_of_whole(type_, ranks::element(draws_.data(), amplitude_, source, i));
        std::memcpy(buffer->data() + i * size, &bits, size);  // little-endian, as this machine is
      }
    }
    return buffer;
  }

 private:
  NumberType type_;
  std::uint64_t amplitude_;
  std::vector<Keyed> draws_;
};

}  // namespace

Natural RankData::bytes_needed(const CollectiveProblem& problem) {
  // Operands and golden results; of several parts, each has its slack. The last rank gets some.
  const ranks::Layout layout = ranks::layout_of(problem, problem.ranks - 1);
  const Natural golden = Natural{layout.count} * bytes_of(problem.type) + ranks::k_slack;
  return Natural{layout.input_bytes} + ranks::k_slack + layout.parts.size() * golden +
         Natural{ranks::slots_of(problem)} * layout.slot_stride;
}

Result<RankData> RankData::make(const CollectiveProblem& problem, std::uint32_t rank,
                                const Seed& seed) {
  RankData data;
  if (auto filled = data.fill(problem, rank, seed); !filled) {
    return filled.error();
  }
  return data;
}

Result<Done> RankData::fill(const CollectiveProblem& problem, std::uint32_t rank,
                            const Seed& seed) {
  type_ = problem.type;
  in_place_ = problem.in_place;
  layout_ = ranks::layout_of(problem, rank);
  const std::uint64_t slots_bytes = layout_.slot_stride * ranks::slots_of(problem);
  const RankOperands operands(problem, seed);
  auto input = operands.of({.rank = rank}, layout_.input_bytes + ranks::k_slack);
  auto slots = Buffer::of_bytes(slots_bytes);
  for (const auto* made : {&input, &slots}) {
    if (!*made) {
      return made->error();
    }
  }
  input_ = std::move(*input);
  slots_ = std::move(*slots);
  std::memset(slots_.data(), ranks::k_poison, slots_bytes);
  for (const ranks::Source& source : layout_.parts) {
    auto golden = operands.of(source, layout_.count * bytes_of(type_) + ranks::k_slack);
    if (!golden) {
      return golden.error();
    }
    golden_.push_back(std::move(*golden));
  }
  return Done{};
}

const void* RankData::input(std::uint64_t tuple) const {
  return input_.data() + tuple * ranks::k_line;
}

void* RankData::slot(std::uint32_t slot) const {
  return slots_.data() + slot * layout_.slot_stride;
}

void RankData::prepare(const Step& step) const {
  auto* const place = static_cast<std::byte*>(slot(step.slot));
  if (!in_place_ || layout_.input_bytes < layout_.slot_bytes) {
    std::memset(place, ranks::k_poison, layout_.slot_bytes);
  }
  if (in_place_) {
    std::memcpy(place + layout_.input_at, input(step.tuple), layout_.input_bytes);
  }
}

std::optional<Mismatch> RankData::check(const Step& step) const {
  const std::uint64_t size = bytes_of(type_);
  const std::uint64_t bytes = layout_.count * size;
  const auto* const found = static_cast<const std::byte*>(slot(step.slot));
  for (std::size_t part = 0; part < golden_.size(); ++part) {
    const std::uint64_t first = layout_.parts[part].place * layout_.count;
    const std::byte* const actual = found + first * size;
    const std::byte* const expected = golden_[part].data() + step.tuple * ranks::k_line;
    if (std::memcmp(actual, expected, bytes) == 0) {
      continue;
    }
    const auto place =
        static_cast<std::uint64_t>(std::mismatch(actual, actual + bytes, expected).first - actual);
    const std::uint64_t element = place / size;
    const auto text_at = [&](const std::byte* from) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, from + element * size, size);
      return text_of_bits(type_, bits);
    };
    return Mismatch{
        .index = first + element, .expected = text_at(expected), .actual = text_at(actual)};
  }
  return std::nullopt;
}

void RankData::witness(const Step& step, std::vector<std::uint8_t>& bytes) const {
  const std::uint64_t size = bytes_of(type_);
  const auto* const found = static_cast<const std::uint8_t*>(slot(step.slot));
  for (const ranks::Source& part : layout_.parts) {
    for (std::uint64_t i = 0; i < layout_.count; i += layout_.witness_step) {
      const std::uint8_t* const first = found + (part.place * layout_.count + i) * size;
      bytes.insert(bytes.end(), first, first + size);
    }
  }
}

void RankData::flip(std::uint32_t slot, std::uint64_t bit) const {
  static_cast<std::byte*>(this->slot(slot))[bit / 8] ^= std::byte{1} << (bit % 8);
}

}  // namespace assay
