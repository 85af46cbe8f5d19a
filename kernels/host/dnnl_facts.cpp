#include "kernels/host/dnnl_facts.h"

#include <array>
#include <utility>

#include "kernels/host/host_type.h"

namespace assay {
namespace {

constexpr std::array<std::pair<dnnl::cpu_isa, std::string_view>, 9> k_isas{
    {{dnnl::cpu_isa::sse41, "sse41"},
     {dnnl::cpu_isa::avx, "avx"},
     {dnnl::cpu_isa::avx2, "avx2"},
     {dnnl::cpu_isa::avx2_vnni, "avx2_vnni"},
     {dnnl::cpu_isa::avx512_mic, "avx512_mic"},
     {dnnl::cpu_isa::avx512_core, "avx512_core"},
     {dnnl::cpu_isa::avx512_core_vnni, "avx512_core_vnni"},
     {dnnl::cpu_isa::avx512_core_bf16, "avx512_core_bf16"},
     {dnnl::cpu_isa::avx512_core_amx, "avx512_core_amx"}}};

}  // namespace

std::string dnnl_isa_name() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  for (const auto& [known, name] : k_isas) {
    if (known == isa) {
      return std::string(name);
    }
  }
  return "isa " + std::to_string(static_cast<unsigned>(isa));
}

std::string dnnl_version_text() {
  const dnnl_version_t* const v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

dnnl::memory::data_type dnnl_type_of(NumberType type) {
  using Type = dnnl::memory::data_type;
  switch (host_type(type)) {
    case HostType::f32: return Type::f32;
    case HostType::bf16: return Type::bf16;
    case HostType::s32: return Type::s32;
    case HostType::s8: return Type::s8;
    case HostType::f64: return Type::undef;
  }
  return Type::undef;
}

Error dnnl_has_none(const std::string& what) {
  return {Error::Code::unsupported,
          "oneDNN " + dnnl_version_text() + " has no " + what + " product on " + dnnl_isa_name()};
}

Error dnnl_refusal(const std::string& what, const dnnl::error& error) {
  if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) {
    return dnnl_has_none(what);
  }
  return {Error::Code::device, "oneDNN " + dnnl_version_text() + " cannot prepare a " + what +
                                   " product: " + error.what()};
}

}  // namespace assay
