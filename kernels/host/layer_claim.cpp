#include "kernels/host/layer_claim.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "kernels/number_bits.h"

namespace assay {
namespace {

// Below this, numbers may have been flushed to zero on their way.
constexpr double k_smallest = 1e-30;

double unit_of(NumberType type) {
  return type == NumberType::bf16 ? 0x1p-8 : 0x1p-24;
}

std::string text_of(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.9g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

StoredMatrix LayerClaim::matrix(LayerArray array, bool turned) const {
  const LayerPlace& place = places->of(array);
  return {.type = place.type,
          .data = slot + place.first_byte,
          .rows = turned ? place.columns : place.rows,
          .columns = turned ? place.rows : place.columns,
          .turned = turned};
}

StoredMatrix LayerClaim::operand(const std::byte* data, std::uint64_t rows, std::uint64_t columns,
                                 bool turned) const {
  return {.type = problem->input,
          .data = data,
          .rows = turned ? columns : rows,
          .columns = turned ? rows : columns,
          .turned = turned};
}

std::optional<Mismatch> compare(const LayerClaim& claim, const LayerElement& element) {
  const LayerPlace& place = claim.places->of(element.array);
  const double actual = claim.matrix(element.array).at(element.row, element.column);
  const double unit = unit_of(place.type);
  const double allowed =
      element.copied ? 0
                     : element.bound * (1 + unit) + unit * std::abs(element.expected) + k_smallest;
  if (std::isfinite(allowed) && std::abs(actual - element.expected) <= allowed) {
    return std::nullopt;
  }
  const std::string where = std::string(name_of(element.array)) + "[" +
                            std::to_string(element.row) + ", " + std::to_string(element.column) +
                            "]";
  return Mismatch{
      .index = place.first_element + element.row * place.columns + element.column,
      .expected = where + " = " + text_of(element.expected) + " within " + text_of(allowed),
      .actual = text_of(actual)};
}

}  // namespace assay
