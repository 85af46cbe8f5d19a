#include "tests/doubles/cuda/cublaslt.h"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/cuda/cublaslt.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/product.h"

namespace assay::cuda::lt {

struct HandleOpaque {};
struct DescOpaque {
  int compute = 0, scale = 0;
  std::int32_t trans_a = op_n, trans_b = op_n;
  std::int32_t mode_a = 0, mode_b = 0;
  const std::byte* scales_a = nullptr;
  const std::byte* scales_b = nullptr;
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

NumberType type_of(int data_type, std::int32_t mode = 0) {
  switch (data_type) {
    case lt::r64f: return NumberType::f64;
    case lt::r16f: return NumberType::f16;
    case lt::r8i: return NumberType::s8;
    case lt::r32i: return NumberType::s32;
    case lt::r16bf: return NumberType::bf16;
    case lt::r8f_e5m2: return NumberType::fp8_e5m2;
    case lt::r4f_e2m1: return NumberType::nvfp4;
    case lt::r8f_e4m3:
      return mode == lt::vec32_ue8m0 ? NumberType::mxfp8_e4m3 : NumberType::fp8_e4m3;
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
  return desc->trans_a == lt::op_t && desc->trans_b == lt::op_n && a->rows == b->rows &&
         a->columns == d->rows && b->columns == d->columns;
}

/// The lines of its table of types: e5m2 with e4m3 only, and block scales with what they belong to.
bool has_types(lt::Desc desc, lt::Layout a, lt::Layout b) {
  const bool mixed = (a->type == lt::r8f_e4m3 && b->type == lt::r8f_e5m2) ||
                     (a->type == lt::r8f_e5m2 && b->type == lt::r8f_e4m3);
  if ((a->type != b->type && !mixed) || desc->mode_a != desc->mode_b) {
    return false;
  }
  if (desc->mode_a == 0) {
    return mixed || (a->type != lt::r8f_e5m2 && a->type != lt::r4f_e2m1);
  }
  const int scaled = desc->mode_a == lt::vec16_ue4m3   ? lt::r4f_e2m1
                     : desc->mode_a == lt::vec32_ue8m0 ? lt::r8f_e4m3
                                                       : -1;
  return machine().gpu->has_block_scales && !mixed && a->type == scaled &&
         desc->scales_a != nullptr && desc->scales_b != nullptr;
}

std::uint64_t whole_of(lt::Desc desc, lt::Layout a) {
  return desc->mode_a != 0                                    ? 32
         : a->type == lt::r8f_e4m3 || a->type == lt::r8f_e5m2 ? 16
         : a->type == lt::r8i                                 ? 4
                                                              : 1;
}

/// Whether the scales of one operand lie, aligned, in the device's memory, whole tiles of them.
bool has_scales(const std::byte* scales, std::int32_t mode, lt::Layout operand) {
  const std::uint64_t along = mode == lt::vec16_ue4m3 ? 64 : 128;
  const std::uint64_t bytes =
      (operand->columns + 127) / 128 * ((operand->rows + along - 1) / along) * 512;
  return reinterpret_cast<std::uintptr_t>(scales) % 16 == 0 && is_device_memory(scales, bytes);
}

int heuristics(lt::Handle /*handle*/, lt::Desc desc, lt::Layout a, lt::Layout b, lt::Layout /*c*/,
               lt::Layout d, lt::Preference /*preference*/, int wanted, lt::Heuristic* results,
               int* found) {
  *found = 0;
  if (!fits(desc, a, b, d)) {
    return k_invalid;
  }
  const std::uint64_t whole = whole_of(desc, a);
  if (!has_types(desc, a, b) || a->rows % whole != 0 || d->rows % whole != 0 ||
      d->columns % whole != 0) {
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
  if (!fits(desc, la, lb, ld) || number_of(desc->scale, beta) != 0 || algo == nullptr ||
      !has_types(desc, la, lb)) {
    return k_invalid;
  }
  const bool scaled = desc->mode_a != 0;
  if (scaled && (!has_scales(desc->scales_a, desc->mode_a, la) ||
                 !has_scales(desc->scales_b, desc->mode_b, lb))) {
    return k_invalid;
  }
  const auto operand = [&](const void* data, lt::Layout layout, const std::byte* scales) {
    return ProductOperand{.type = desc->compute == lt::c32f_fast_tf32
                                      ? NumberType::tf32
                                      : type_of(layout->type, desc->mode_a),
                          .data = static_cast<const std::byte*>(data),
                          .scales = scaled ? scales : nullptr,
                          .rows = layout->columns,
                          .leading = static_cast<std::uint64_t>(layout->leading)};
  };
  if (launches(stream)) {
    multiply({.a = operand(a, la, desc->scales_a),
              .b = operand(b, lb, desc->scales_b),
              .output = type_of(ld->type),
              .k = la->rows,
              .leading_d = static_cast<std::uint64_t>(ld->leading),
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
