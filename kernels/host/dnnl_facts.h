// What oneDNN is here, for the files that call it.
#pragma once

#include <dnnl.hpp>
#include <string>

#include "kernels/backend.h"

namespace assay {

/// "avx512_core_bf16": what oneDNN may use of this CPU.
[[nodiscard]] std::string dnnl_isa_name();
/// "2.6.3"
[[nodiscard]] std::string dnnl_version_text();
/// undef where it has none. Precondition: is_host_type(type).
[[nodiscard]] dnnl::memory::data_type dnnl_type_of(NumberType type);
/// `what`: "bf16 to f32".
[[nodiscard]] Error dnnl_has_none(const std::string& what);
[[nodiscard]] Error dnnl_refusal(const std::string& what, const dnnl::error& error);

}  // namespace assay
