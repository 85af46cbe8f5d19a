#include "kernels/host/outputs.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/host/cpu.h"
#include "kernels/host/parallel.h"
#include "kernels/number_bits.h"
#include "kernels/product_checks.h"

namespace assay {
namespace {

constexpr std::uint64_t k_page = 4096;
// Elements of a lattice worth waking a thread for, about 0.1 ms.
constexpr std::uint64_t k_lattice_grain = 4096;
constexpr std::uint64_t k_most_slots = 64;
// More would cost seconds at the start (a virtual machine hands out a gigabyte in two to three),
// and a block may use its slots several times over.
constexpr std::uint64_t k_slots_bytes = std::uint64_t{512} << 20U;
constexpr std::uint64_t k_slots_share = 8;  // Slots take at most this part of the free memory.

std::uint64_t read_bits(NumberType type, const std::byte* at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, bytes_of(type));
  return bits;
}

void write_bits(NumberType type, std::byte* at, std::uint64_t bits) {
  std::memcpy(at, &bits, bytes_of(type));
}

/// Poisons `count` elements, a pattern of eight bytes at a time.
void fill(NumberType type, std::byte* data, std::uint64_t count) {
  const std::uint64_t element = bytes_of(type);
  std::uint64_t pattern = 0;
  for (std::uint64_t byte = 0; byte < sizeof pattern; byte += element) {
    pattern |= poison_bits(type) << (8 * byte);
  }
  const std::uint64_t words = count * element / sizeof pattern;
  for (std::uint64_t i = 0; i < words; ++i) {
    std::memcpy(data + i * sizeof pattern, &pattern, sizeof pattern);
  }
  std::memcpy(data + words * sizeof pattern, &pattern, count * element % sizeof pattern);
}

}  // namespace

std::uint32_t slots_for(std::uint64_t slot_bytes) {
  const std::uint64_t bytes = std::min(available_memory_bytes() / k_slots_share, k_slots_bytes);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(bytes / slot_bytes, 1, k_most_slots));
}

Result<Outputs> Outputs::allocate(NumberType type, std::uint64_t rows, std::uint64_t columns,
                                  std::uint32_t slots) {
  Outputs made;
  made.type_ = type;
  made.rows_ = rows;
  made.columns_ = columns;
  made.slots_ = slots;
  const std::uint64_t element = bytes_of(type);
  // Slots begin on pages, an odd number of them apart, so that equal elements of two slots do not
  // meet in the same set of a cache.
  made.stride_ = ((made.elements() * element + k_page - 1) / k_page | 1U) * k_page;
  made.lattice_ = lattice_of(rows, columns);
  auto memory = Buffer::of_bytes(made.stride_ * slots);
  if (!memory) {
    return memory.error();
  }
  made.memory_ = std::move(*memory);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    std::byte* const data = made.slot(slot);
    parallel_ranges(made.elements(), 1U << 14U, [&](std::uint64_t first, std::uint64_t last) {
      fill(type, data + first * element, last - first);
    });
  }
  return made;
}

std::uint64_t Outputs::slot_bits() const {
  return elements() * bytes_of(type_) * 8;
}

std::byte* Outputs::slot(std::uint32_t index) const {
  return memory_.data() + index * stride_;
}

std::uint64_t Outputs::bits(std::uint32_t slot, std::uint64_t element) const {
  return read_bits(type_, this->slot(slot) + element * bytes_of(type_));
}

std::uint64_t Outputs::lattice_grain() const {
  return k_lattice_grain / lattice_.size() + 1;
}

void Outputs::poison_lattices(std::span<const Step> steps) const {
  parallel_ranges(steps.size(), lattice_grain(), [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      poison_lattice(steps[i].slot);
    }
  });
}

std::vector<std::uint8_t> Outputs::witness(std::span<const Step> steps) const {
  std::vector<std::vector<std::uint8_t>> parts(steps.size());
  parallel_ranges(steps.size(), lattice_grain(), [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      append_lattice(steps[i].slot, parts[i]);
    }
  });
  std::vector<std::uint8_t> bytes;
  for (const auto& part : parts) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

void Outputs::poison_lattice(std::uint32_t slot) const {
  std::byte* const data = this->slot(slot);
  for (const std::uint64_t element : lattice_) {
    write_bits(type_, data + element * bytes_of(type_), poison_bits(type_));
  }
}

void Outputs::append_lattice(std::uint32_t slot, std::vector<std::uint8_t>& to) const {
  std::size_t at = to.size();
  to.resize(at + lattice_.size() * sizeof(std::uint64_t));
  for (const std::uint64_t element : lattice_) {
    const std::uint64_t value = witness_of_bits(type_, bits(slot, element));
    std::memcpy(to.data() + at, &value, sizeof value);  // x86-64 is little-endian.
    at += sizeof value;
  }
}

std::uint64_t first_not_rounded(const float* exact, const std::uint16_t* rounded,
                                std::uint64_t count) {
  constexpr std::uint64_t k_chunk = 4096;
  const auto to_bf16 = [](float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
  };
  for (std::uint64_t begin = 0; begin < count; begin += k_chunk) {
    const std::uint64_t end = std::min(begin + k_chunk, count);
    // No exit from the inner loop: so it runs as vectors.
    std::uint16_t wrong = 0;
    for (std::uint64_t i = begin; i < end; ++i) {
      wrong = static_cast<std::uint16_t>(wrong | (rounded[i] ^ to_bf16(exact[i])));
    }
    for (std::uint64_t i = begin; wrong != 0 && i < end; ++i) {
      if (rounded[i] != to_bf16(exact[i])) {
        return i;
      }
    }
  }
  return count;
}

void Outputs::flip(std::uint32_t slot, std::uint64_t bit) const {
  this->slot(slot)[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
}

}  // namespace assay
