#include <array>
#include <string>
#include <utility>

#include "kernels/backend.h"

namespace assay {
namespace {

constexpr std::array<std::pair<NumberType, std::string_view>, 10> k_types{
    {{NumberType::f64, "f64"},
     {NumberType::f32, "f32"},
     {NumberType::tf32, "tf32"},
     {NumberType::bf16, "bf16"},
     {NumberType::f16, "f16"},
     {NumberType::fp8_e4m3, "fp8_e4m3"},
     {NumberType::mxfp8_e4m3, "mxfp8_e4m3"},
     {NumberType::nvfp4, "nvfp4"},
     {NumberType::s32, "s32"},
     {NumberType::s8, "s8"}}};

}  // namespace

std::string_view name_of(NumberType type) {
  for (const auto& [known, name] : k_types) {
    if (known == type) {
      return name;
    }
  }
  return "";
}

Result<NumberType> number_type_from(std::string_view name) {
  for (const auto& [type, known] : k_types) {
    if (known == name) {
      return type;
    }
  }
  return Error{Error::Code::bad_input, "unknown number type '" + std::string(name) + "'"};
}

}  // namespace assay
