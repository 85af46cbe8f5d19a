#include "tests/doubles/cuda/cublaslt.h"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/cuda/cublaslt.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/product.h"

namespace assay::cuda::lt {

struct HandleOpaque {};
struct DescOpaque {
  int compute = 0, scale = 0;
  std::int32_t trans_a = op_n, trans_b = op_n;
};
struct LayoutOpaque {
  int type = 0;
  std::uint64_t rows = 0, columns = 0;
  std::int64_t leading = 0;
};
struct PreferenceOpaque {};

}  // namespace assay::cuda::lt

namespace assay::emulated {
namespace {

namespace lt = cuda::lt;

constexpr int k_invalid = 7;
constexpr std::size_t k_version = 130'100;
constexpr std::size_t k_old_version = 120'300;

/// What the heuristic offers: figures of no real algorithm.
struct Offer {
  int state;
  std::uint32_t id, tile, split_k, reduction, stages;
};
constexpr std::array<Offer, 4> k_offers{{{lt::k_success, 66, 20, 4, lt::output_type, 35},
                                         {lt::k_not_supported, 66, 18, 1, lt::none, 30},
                                         {lt::k_success, 66, 24, 1, lt::none, 36},
                                         {lt::k_success, 67, 24, 2, lt::compute_type, 36}}};

NumberType type_of(int data_type) {
  switch (data_type) {
    case lt::r64f: return NumberType::f64;
    case lt::r16f: return NumberType::f16;
    case lt::r8i: return NumberType::s8;
    case lt::r32i: return NumberType::s32;
    case lt::r16bf: return NumberType::bf16;
    case lt::r8f_e4m3: return NumberType::fp8_e4m3;
    default: return NumberType::f32;
  }
}

std::size_t get_version() {
  return machine().fault == Fault::old_library ? k_old_version : k_version;
}

int create(lt::Handle* handle) {
  *handle = new lt::HandleOpaque;
  return lt::k_success;
}
int destroy(lt::Handle handle) {
  delete handle;
  return lt::k_success;
}

int desc_create(lt::Desc* desc, int compute, int scale) {
  *desc = new lt::DescOpaque{.compute = compute, .scale = scale};
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
  if ((attribute != lt::desc_trans_a && attribute != lt::desc_trans_b) ||
      bytes != sizeof(std::int32_t)) {
    return k_invalid;
  }
  std::memcpy(attribute == lt::desc_trans_a ? &desc->trans_a : &desc->trans_b, value, bytes);
  return lt::k_success;
}

int layout_create(lt::Layout* layout, int type, std::uint64_t rows, std::uint64_t columns,
                  std::int64_t leading) {
  if (leading < static_cast<std::int64_t>(rows)) {
    return k_invalid;
  }
  *layout =
      new lt::LayoutOpaque{.type = type, .rows = rows, .columns = columns, .leading = leading};
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
  return lt::k_success;  // And it offers what the preference rules out: the caller must look.
}

/// The shapes that fit together, column-major, A transposed: all that is asked for.
bool fits(lt::Desc desc, lt::Layout a, lt::Layout b, lt::Layout d) {
  return desc->trans_a == lt::op_t && desc->trans_b == lt::op_n && a->type == b->type &&
         a->rows == b->rows && a->columns == d->rows && b->columns == d->columns;
}

int heuristics(lt::Handle /*handle*/, lt::Desc desc, lt::Layout a, lt::Layout b, lt::Layout /*c*/,
               lt::Layout d, lt::Preference /*preference*/, int wanted, lt::Heuristic* results,
               int* found) {
  *found = 0;
  if (!fits(desc, a, b, d)) {
    return k_invalid;
  }
  const std::uint64_t whole = a->type == lt::r8f_e4m3 ? 16 : a->type == lt::r8i ? 4 : 1;
  if (a->rows % whole != 0 || d->rows % whole != 0 || d->columns % whole != 0) {
    return lt::k_not_supported;
  }
  for (std::size_t i = 0; i < k_offers.size() && *found < wanted; ++i) {
    if (machine().fault == Fault::output_type_split &&
        k_offers.at(i).reduction != lt::output_type) {
      continue;
    }
    lt::Heuristic& result = results[(*found)++];
    result = {.algo = {}, .workspace = 1024, .state = k_offers.at(i).state, .waves = 1.0F};
    result.algo.data[0] = i;
  }
  return lt::k_success;
}

int algo_get(const lt::Algo* algo, int attribute, void* value, std::size_t bytes,
             std::size_t* written) {
  const Offer& offer = k_offers.at(algo->data[0]);
  // The stand-in's cluster is 16 bits wide, as that of the library.
  const bool half = attribute == lt::algo_cluster;
  const std::size_t size = half ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
  if (bytes != size) {
    return k_invalid;
  }
  const std::uint32_t number = attribute == lt::algo_id          ? offer.id
                               : attribute == lt::algo_tile      ? offer.tile
                               : attribute == lt::algo_split_k   ? offer.split_k
                               : attribute == lt::algo_reduction ? offer.reduction
                               : attribute == lt::algo_stages    ? offer.stages
                                                                 : 1;
  std::memcpy(value, &number, size);
  *written = size;
  return lt::k_success;
}

double number_of(int type, const void* value) {
  if (type == lt::r64f) {
    return *static_cast<const double*>(value);
  }
  return type == lt::r32i ? *static_cast<const std::int32_t*>(value)
                          : double{*static_cast<const float*>(value)};
}

int matmul(lt::Handle /*handle*/, lt::Desc desc, const void* alpha, const void* a, lt::Layout la,
           const void* b, lt::Layout lb, const void* beta, const void* /*c*/, lt::Layout /*lc*/,
           void* d, lt::Layout ld, const lt::Algo* algo, void* /*workspace*/,
           std::size_t /*workspace_bytes*/, cudaStream_t stream) {
  if (!fits(desc, la, lb, ld) || number_of(desc->scale, beta) != 0 || algo == nullptr) {
    return k_invalid;
  }
  NumberType input = type_of(la->type);
  if (desc->compute == lt::c32f_fast_tf32) {
    input = NumberType::tf32;
  }
  if (launches(stream)) {
    multiply({.input = input,
              .output = type_of(ld->type),
              .rows = ld->rows,
              .columns = ld->columns,
              .k = la->rows,
              .leading_a = static_cast<std::uint64_t>(la->leading),
              .leading_b = static_cast<std::uint64_t>(lb->leading),
              .leading_d = static_cast<std::uint64_t>(ld->leading),
              .a = static_cast<const std::byte*>(a),
              .b = static_cast<const std::byte*>(b),
              .d = static_cast<std::byte*>(d),
              .alpha = number_of(desc->scale, alpha)});
  }
  return lt::k_success;
}

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

void* cublaslt_function(std::string_view name) {
  const std::array<std::pair<std::string_view, void*>, 14> functions{
      {{"cublasLtGetVersion", address(get_version)},
       {"cublasLtCreate", address(create)},
       {"cublasLtDestroy", address(destroy)},
       {"cublasLtMatmulDescCreate", address(desc_create)},
       {"cublasLtMatmulDescDestroy", address(desc_destroy)},
       {"cublasLtMatmulDescSetAttribute", address(desc_set)},
       {"cublasLtMatrixLayoutCreate", address(layout_create)},
       {"cublasLtMatrixLayoutDestroy", address(layout_destroy)},
       {"cublasLtMatmulPreferenceCreate", address(preference_create)},
       {"cublasLtMatmulPreferenceDestroy", address(preference_destroy)},
       {"cublasLtMatmulPreferenceSetAttribute", address(preference_set)},
       {"cublasLtMatmulAlgoGetHeuristic", address(heuristics)},
       {"cublasLtMatmulAlgoConfigGetAttribute", address(algo_get)},
       {"cublasLtMatmul", address(matmul)}}};
  for (const auto& [known, function] : functions) {
    if (known == name) {
      return function;
    }
  }
  return nullptr;
}

}  // namespace assay::emulated
