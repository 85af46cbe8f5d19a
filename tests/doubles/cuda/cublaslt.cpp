#include "tests/doubles/cuda/cublaslt.h"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/cuda/cublaslt.h"
#include "tests/doubles/cuda/descriptors.h"
#include "tests/doubles/cuda/device.h"
#include "tests/doubles/cuda/machine.h"
#include "tests/doubles/cuda/product.h"

namespace assay::cuda::lt {

struct HandleOpaque {};

}  // namespace assay::cuda::lt

namespace assay::emulated {
namespace {

namespace lt = cuda::lt;

constexpr int k_invalid = 7;
constexpr int k_internal_error = 14;
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

/// A product with its two operands and its output.
struct Asked {
  AskedProduct desc;
  AskedMatrix a, b, d;
};

/// The shapes that fit together, column-major, A transposed: all that is asked for.
bool fits(const Asked& asked) {
  const auto& [desc, a, b, d] = asked;
  return desc.trans_a == lt::op_t && desc.trans_b == lt::op_n && a.rows == b.rows &&
         a.columns == d.rows && b.columns == d.columns;
}

/// The lines of its table of types: e5m2 with e4m3 only, and block scales with what they belong to.
bool has_types(const AskedProduct& desc, const AskedMatrix& a, const AskedMatrix& b) {
  const bool mixed = (a.type == lt::r8f_e4m3 && b.type == lt::r8f_e5m2) ||
                     (a.type == lt::r8f_e5m2 && b.type == lt::r8f_e4m3);
  if ((a.type != b.type && !mixed) || desc.mode_a != desc.mode_b) {
    return false;
  }
  if (desc.mode_a == 0) {
    return mixed || (a.type != lt::r8f_e5m2 && a.type != lt::r4f_e2m1);
  }
  const int scaled = desc.mode_a == lt::vec16_ue4m3   ? lt::r4f_e2m1
                     : desc.mode_a == lt::vec32_ue8m0 ? lt::r8f_e4m3
                                                      : -1;
  return machine().gpu->has_block_scales && !mixed && a.type == scaled &&
         desc.scales_a != nullptr && desc.scales_b != nullptr;
}

std::uint64_t whole_of(const AskedProduct& desc, const AskedMatrix& a) {
  return desc.mode_a != 0                                   ? 32
         : a.type == lt::r8f_e4m3 || a.type == lt::r8f_e5m2 ? 16
         : a.type == lt::r8i                                ? 4
                                                            : 1;
}

/// Whether the scales of one operand lie, aligned, in the device's memory, whole tiles of them.
bool has_scales(const std::byte* scales, std::int32_t mode, const AskedMatrix& operand) {
  const std::uint64_t along = mode == lt::vec16_ue4m3 ? 64 : 128;
  const std::uint64_t bytes =
      (operand.columns + 127) / 128 * ((operand.rows + along - 1) / along) * 512;
  return reinterpret_cast<std::uintptr_t>(scales) % 16 == 0 && is_device_memory(scales, bytes);
}

int heuristics(lt::Handle /*handle*/, lt::Desc desc, lt::Layout a, lt::Layout b, lt::Layout /*c*/,
               lt::Layout d, lt::Preference /*preference*/, int wanted, lt::Heuristic* results,
               int* found) {
  *found = 0;
  const Asked asked{asked_of(desc), asked_of(a), asked_of(b), asked_of(d)};
  if (!fits(asked)) {
    return k_invalid;
  }
  if (fault_here() == Fault::other_arch) {
    return lt::k_arch_mismatch;
  }
  const std::uint64_t whole = whole_of(asked.desc, asked.a);
  if (!has_types(asked.desc, asked.a, asked.b) || asked.a.rows % whole != 0 ||
      asked.d.rows % whole != 0 || asked.d.columns % whole != 0) {
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
  const Asked asked{asked_of(desc), asked_of(la), asked_of(lb), asked_of(ld)};
  const AskedProduct& product = asked.desc;
  if (!fits(asked) || number_of(product.scale, beta) != 0 || algo == nullptr ||
      !has_types(product, asked.a, asked.b)) {
    return k_invalid;
  }
  const bool scaled = product.mode_a != 0;
  if (scaled && (!has_scales(product.scales_a, product.mode_a, asked.a) ||
                 !has_scales(product.scales_b, product.mode_b, asked.b))) {
    return k_invalid;
  }
  const auto operand = [&](const void* data, const AskedMatrix& layout, const std::byte* scales) {
    return ProductOperand{.type = product.compute == lt::c32f_fast_tf32
                                      ? NumberType::tf32
                                      : type_of(layout.type, product.mode_a),
                          .data = static_cast<const std::byte*>(data),
                          .scales = scaled ? scales : nullptr,
                          .rows = layout.columns,
                          .leading = static_cast<std::uint64_t>(layout.leading)};
  };
  if (fault_here() == Fault::broken_both) {
    lose_device();
  }
  if (fault_here() == Fault::broken_library || fault_here() == Fault::broken_both) {
    return k_internal_error;
  }
  if (launches(stream)) {
    multiply({.a = operand(a, asked.a, product.scales_a),
              .b = operand(b, asked.b, product.scales_b),
              .output = type_of(asked.d.type),
              .k = asked.a.rows,
              .leading_d = static_cast<std::uint64_t>(asked.d.leading),
              .d = static_cast<std::byte*>(d),
              .alpha = number_of(product.scale, alpha)});
  }
  return lt::k_success;
}

template <class Function>
void* address(Function* function) {
  return reinterpret_cast<void*>(function);
}

}  // namespace

void* cublaslt_function(std::string_view name) {
  const std::array<std::pair<std::string_view, void*>, 6> functions{
      {{"cublasLtGetVersion", address(get_version)},
       {"cublasLtCreate", address(create)},
       {"cublasLtDestroy", address(destroy)},
       {"cublasLtMatmulAlgoGetHeuristic", address(heuristics)},
       {"cublasLtMatmulAlgoConfigGetAttribute", address(algo_get)},
       {"cublasLtMatmul", address(matmul)}}};
  for (const auto& [known, function] : functions) {
    if (known == name) {
      return function;
    }
  }
  return descriptor_function(name);
}

}  // namespace assay::emulated
