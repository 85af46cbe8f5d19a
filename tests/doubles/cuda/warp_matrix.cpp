#include "tests/doubles/cuda/warp_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>

#include "kernels/number_bits.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/simt.h"
#include "tests/doubles/cuda/tensor_cores.h"

namespace assay::emulated {
namespace {

constexpr std::size_t k_lanes = 32;
constexpr std::size_t k_bytes = 16;  // Of a row of a matrix, and of a copy.
constexpr std::size_t k_banks = 8;   // Of 16 bytes.

struct Load {
  const std::byte* row;
  std::uint32_t* to;
};

/// Eight rows that meet in a bank take as many times as long.
void check_banks(const std::array<const std::byte*, k_lanes>& rows) {
  for (std::size_t matrix = 0; matrix < k_lanes; matrix += 8) {
    std::set<const std::byte*> different;
    std::set<std::uintptr_t> banks;
    for (std::size_t i = matrix; i < matrix + 8; ++i) {
      different.insert(rows.at(i));
      banks.insert(reinterpret_cast<std::uintptr_t>(rows.at(i)) / k_bytes % k_banks);
    }
    if (banks.size() < different.size()) {
      fail("rows of one matrix that lie in one bank of the shared memory");
    }
  }
}

std::uint16_t element(const std::byte* row, std::size_t column) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, row + column * sizeof bits, sizeof bits);
  return bits;
}

/// As PTX has it: lane l gets elements 2t and 2t + 1 of row g, or elements g of rows 2t and 2t + 1.
template <bool Transposed>
void load(void* const* lanes) {
  std::array<const std::byte*, k_lanes> rows{};
  for (std::size_t lane = 0; lane < k_lanes; ++lane) {
    rows.at(lane) = static_cast<const Load*>(lanes[lane])->row;
  }
  check_banks(rows);
  for (std::size_t lane = 0; lane < k_lanes; ++lane) {
    const std::size_t g = lane / 4;
    const std::size_t t = lane % 4;
    for (std::size_t matrix = 0; matrix < 4; ++matrix) {
      const auto at = [&](std::size_t i) {
        return Transposed ? element(rows.at(8 * matrix + 2 * t + i), g)
                          : element(rows.at(8 * matrix + g), 2 * t + i);
      };
      static_cast<const Load*>(lanes[lane])->to[matrix] =
          static_cast<std::uint32_t>(at(0)) | static_cast<std::uint32_t>(at(1)) << 16U;
    }
  }
}

template <bool Transposed>
void load_of_lane(std::uint32_t* to, const void* row) {
  if (reinterpret_cast<std::uintptr_t>(row) % k_bytes != 0 || !is_shared(row, k_bytes)) {
    fail("a row of a matrix that isn't sixteen aligned bytes of shared memory");
  }
  Load own{.row = static_cast<const std::byte*>(row), .to = to};
  together(&own, load<Transposed>);
}

struct Product {
  float* d;
  const std::uint32_t* a;
  std::array<std::uint32_t, 2> b;
};

/// Element `half` of a word; with the fault, rounded to fp8.
double value_in(std::uint32_t word, std::size_t half) {
  const double value = value_of_bits(NumberType::bf16, half == 0 ? word & 0xffffU : word >> 16U);
  constexpr NumberType k_cheaper = NumberType::fp8_e4m3;
  return fault_here() == Fault::cheaper ? value_of_bits(k_cheaper, rounded_bits(k_cheaper, value))
                                        : value;
}

/// As PTX has it: fragments of m16n8k16.
void multiply(void* const* lanes) {
  TensorTile tile;
  for (std::size_t lane = 0; lane < k_lanes; ++lane) {
    const auto& own = *static_cast<const Product*>(lanes[lane]);
    const std::size_t g = lane / 4;
    const std::size_t t = lane % 4;
    for (std::size_t word = 0; word < 4; ++word) {
      for (std::size_t half = 0; half < 2; ++half) {
        tile.a.at(g + word % 2 * 8).at(word / 2 * 8 + 2 * t + half) = value_in(own.a[word], half);
        tile.sums.at(g + word / 2 * 8).at(2 * t + word % 2) = double{own.d[word]};
      }
    }
    for (std::size_t word = 0; word < 2; ++word) {
      for (std::size_t half = 0; half < 2; ++half) {
        tile.b.at(word * 8 + 2 * t + half).at(g) = value_in(own.b.at(word), half);
      }
    }
  }
  add_products(machine().gpu->half, tile);
  for (std::size_t lane = 0; lane < k_lanes; ++lane) {
    for (std::size_t word = 0; word < 4; ++word) {
      static_cast<const Product*>(lanes[lane])->d[word] =
          static_cast<float>(tile.sums.at(lane / 4 + word / 2 * 8).at(lane % 4 * 2 + word % 2));
    }
  }
}

}  // namespace
}  // namespace assay::emulated

namespace assay::cuda {

void copy_async(void* shared, const void* from, bool there) {
  if (!emulated::is_shared(shared, emulated::k_bytes) ||
      !emulated::is_device_memory(from, emulated::k_bytes) ||
      reinterpret_cast<std::uintptr_t>(from) % emulated::k_bytes != 0 ||
      reinterpret_cast<std::uintptr_t>(shared) % emulated::k_bytes != 0) {
    emulated::fail("a copy that isn't sixteen aligned bytes from global to shared memory");
  }
  emulated::copy_later({.to = shared, .from = there ? from : nullptr, .bytes = emulated::k_bytes});
}

void await_copies() {
  emulated::finish_copies();
}

void load_matrices(std::uint32_t (&to)[4], const void* row) {
  emulated::load_of_lane<false>(to, row);
}

void load_transposed(std::uint32_t (&to)[4], const void* row) {
  emulated::load_of_lane<true>(to, row);
}

void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  emulated::Product own{.d = d, .a = a, .b = {b0, b1}};
  emulated::together(&own, emulated::multiply);
}

std::uint32_t two_as_bf16(float low, float high) {
  const auto bits = [](float value) {
    return static_cast<std::uint32_t>(rounded_bits(NumberType::bf16, double{value}));
  };
  return bits(low) | bits(high) << 16U;
}

std::uint32_t low_halves(std::uint32_t low, std::uint32_t high) {
  return (low & 0xffffU) | high << 16U;
}

std::uint32_t high_halves(std::uint32_t low, std::uint32_t high) {
  return low >> 16U | (high & 0xffff'0000U);
}

float about_power_of_two(float x) {
  // As far off as PTX allows, but for 0: whoever relies on more is found.
  return x == 0 ? 1.0F : std::exp2(x) * (1.0F - 0x1p-22F);
}

}  // namespace assay::cuda
