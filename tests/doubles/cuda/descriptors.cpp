#include "tests/doubles/cuda/descriptors.h"

#include <dlfcn.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tests/doubles/cuda/machine.h"

namespace assay::cuda::lt {

struct DescOpaque : emulated::AskedProduct {};
struct LayoutOpaque : emulated::AskedMatrix {};
struct PreferenceOpaque {};

}  // namespace assay::cuda::lt

namespace assay::emulated {
namespace {

namespace lt = cuda::lt;

constexpr int k_invalid = 7;

/// cublasLt.h of CUDA 13: CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, CUBLASLT_MATRIX_LAYOUT_TYPE, ...
enum RealAttribute : int {
  desc_compute = 0,
  desc_scale = 1,
  layout_type = 0,
  layout_rows = 2,
  layout_columns = 3,
  layout_leading = 4
};

void* real_library = nullptr;

int desc_create(lt::Desc* desc, int compute, int scale) {
  *desc = new lt::DescOpaque;
  (*desc)->compute = compute;
  (*desc)->scale = scale;
  return lt::k_success;
}
int desc_destroy(lt::Desc desc) {
  delete desc;
  return lt::k_success;
}
int desc_set(lt::Desc desc, int attribute, const void* value, std::size_t bytes) {
  if (attribute == lt::desc_fast_accum && bytes == sizeof(std::int8_t)) {
    return lt::k_success;
  }
  const bool pointer = attribute == lt::desc_scale_a || attribute == lt::desc_scale_b;
  void* const to = attribute == lt::desc_trans_a        ? static_cast<void*>(&desc->trans_a)
                   : attribute == lt::desc_trans_b      ? static_cast<void*>(&desc->trans_b)
                   : attribute == lt::desc_scale_mode_a ? static_cast<void*>(&desc->mode_a)
                   : attribute == lt::desc_scale_mode_b ? static_cast<void*>(&desc->mode_b)
                   : attribute == lt::desc_scale_a      ? static_cast<void*>(&desc->scales_a)
                   : attribute == lt::desc_scale_b      ? static_cast<void*>(&desc->scales_b)
                                                        : nullptr;
  if (to == nullptr || bytes != (pointer ? sizeof(void*) : sizeof(std::int32_t))) {
    return k_invalid;
  }
  std::memcpy(to, value, bytes);
  return lt::k_success;
}

int layout_create(lt::Layout* layout, int type, std::uint64_t rows, std::uint64_t columns,
                  std::int64_t leading) {
  if (leading < static_cast<std::int64_t>(rows)) {
    return k_invalid;
  }
  *layout = new lt::LayoutOpaque;
  (*layout)->type = type;
  (*layout)->rows = rows;
  (*layout)->columns = columns;
  (*layout)->leading = leading;
  return lt::k_success;
}
int layout_destroy(lt::Layout layout) {
  delete layout;
  return lt::k_success;
}

int preference_create(lt::Preference* preference) {
  *preference = new lt::PreferenceOpaque;
  return lt::k_success;
}
int preference_destroy(lt::Preference preference) {
  delete preference;
  return lt::k_success;
}
int preference_set(lt::Preference /*preference*/, int /*attribute*/, const void* /*value*/,
                   std::size_t /*bytes*/) {
  return lt::k_success;  // And the heuristic offers what it rules out: the caller must look.
}

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

/// What the real library says of its own descriptor. It must know what it was told.
template <class Opaque, class Value>
void read_real(const char* function, Opaque opaque, int attribute, Value& value) {
  using Get = int (*)(Opaque, int, void*, std::size_t, std::size_t*);
  const auto get = reinterpret_cast<Get>(::dlsym(real_library, function));
  std::size_t written = 0;
  const int status = get(opaque, attribute, &value, sizeof value, &written);
  if (status != lt::k_success || written != sizeof value) {
    std::fprintf(stderr, "%s of attribute %d: status %d, %zu bytes\n", function, attribute, status,
                 written);
    std::abort();
  }
}

}  // namespace

AskedProduct asked_of(lt::Desc desc) {
  if (real_library == nullptr) {
    return *desc;
  }
  constexpr const char* k_get = "cublasLtMatmulDescGetAttribute";
  AskedProduct asked;
  read_real(k_get, desc, desc_compute, asked.compute);
  read_real(k_get, desc, desc_scale, asked.scale);
  read_real(k_get, desc, lt::desc_trans_a, asked.trans_a);
  read_real(k_get, desc, lt::desc_trans_b, asked.trans_b);
  read_real(k_get, desc, lt::desc_scale_mode_a, asked.mode_a);
  read_real(k_get, desc, lt::desc_scale_mode_b, asked.mode_b);
  read_real(k_get, desc, lt::desc_scale_a, asked.scales_a);
  read_real(k_get, desc, lt::desc_scale_b, asked.scales_b);
  return asked;
}

AskedMatrix asked_of(lt::Layout layout) {
  if (real_library == nullptr) {
    return *layout;
  }
  constexpr const char* k_get = "cublasLtMatrixLayoutGetAttribute";
  AskedMatrix asked;
  read_real(k_get, layout, layout_type, asked.type);
  read_real(k_get, layout, layout_rows, asked.rows);
  read_real(k_get, layout, layout_columns, asked.columns);
  read_real(k_get, layout, layout_leading, asked.leading);
  return asked;
}

void* descriptor_function(std::string_view name) {
  const std::array<std::pair<const char*, void*>, 8> functions{
      {{"cublasLtMatmulDescCreate", address(desc_create)},
       {"cublasLtMatmulDescDestroy", address(desc_destroy)},
       {"cublasLtMatmulDescSetAttribute", address(desc_set)},
       {"cublasLtMatrixLayoutCreate", address(layout_create)},
       {"cublasLtMatrixLayoutDestroy", address(layout_destroy)},
       {"cublasLtMatmulPreferenceCreate", address(preference_create)},
       {"cublasLtMatmulPreferenceDestroy", address(preference_destroy)},
       {"cublasLtMatmulPreferenceSetAttribute", address(preference_set)}}};
  for (const auto& [known, function] : functions) {
    if (known == name) {
      return real_library == nullptr ? function : ::dlsym(real_library, known);
    }
  }
  return nullptr;
}

Result<Done> open_descriptors(const std::string& library) {
  if (!machine().real_descriptors) {
    real_library = nullptr;
    return Done{};
  }
  for (const std::string& path : {library, "/usr/local/cuda/lib64/" + library}) {
    real_library =
        real_library == nullptr ? ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL) : real_library;
  }
  return real_library != nullptr
             ? Result<Done>(Done{})
             : Error{Error::Code::unsupported, library + " is not on this machine"};
}

}  // namespace assay::emulated
