#include "harness/model/nameplates.h"

#include <algorithm>
#include <array>

namespace assay {
namespace {

constexpr Natural k_giga = 1'000'000'000;

constexpr std::array<Precision, 9> k_precisions{
    Precision::f64_vector, Precision::f64_tensor, Precision::f32, Precision::tf32, Precision::half,
    Precision::fp8,        Precision::fp6,        Precision::fp4, Precision::int8};

constexpr std::string_view k_peaks =
    "NVIDIA/dgxc-benchmarking README.md @841f546 (2026-07-30), peaks for MFU";
constexpr std::string_view k_hgx_table =
    "NVIDIA's HGX table, copied at zdszero.github.io Computer/Artificial_Intelligence/Hardware";
constexpr std::string_view k_halved_hgx =
    "half of the sparse figure of NVIDIA's HGX table, as its footnote says; the table copied at "
    "zdszero.github.io Computer/Artificial_Intelligence/Hardware";
constexpr std::string_view k_h100_datasheet =
    "NVIDIA H100 datasheet, copied at archive-lib.hpctech.co.jp/gpuproduct/nvidia-h100.html";
constexpr std::string_view k_halved_h100 =
    "half of the sparse figure of NVIDIA's H100 datasheet, as its footnote says; copied at "
    "archive-lib.hpctech.co.jp/gpuproduct/nvidia-h100.html";
constexpr std::string_view k_accelerators =
    "stas00/ml-engineering compute/accelerator/README.md @744d01e";
constexpr std::string_view k_attention_peaks =
    "NVIDIA/cudnn-frontend benchmark/sdpa_benchmark_training/results llama3.1/rtxpro6000/"
    "llama3.1_20260814_104551.csv, column peak_mma_tflops";
constexpr std::string_view k_twice_attention_peaks =
    "twice the dense peak of NVIDIA/cudnn-frontend llama3.1_20260814_104551.csv, as 2:4 sparsity "
    "counts";
constexpr std::string_view k_rtx_clock =
    "188 multiprocessors x operations a clock x 2.423 GHz, the clock of the peaks in "
    "NVIDIA/cudnn-frontend llama3.1_20260814_104551.csv; sparse counts twice";
constexpr std::string_view k_rtx_f64 = "a 64th of FP32, as of earlier GPUs of this kind";
constexpr std::string_view k_h200 =
    "as H100 SXM, whose arithmetic units it has: NVIDIA/dgxc-benchmarking README.md @841f546 and "
    "stas00/ml-engineering @744d01e state the same peaks";
constexpr std::string_view k_gh200 =
    "as H100 SXM, whose arithmetic units it has: Isambard-AI counts 3958 TFLOP/s of FP8 for each "
    "GH200 (CUG 2024)";

struct Entry {
  Precision precision;
  Sparsity sparsity;
  std::uint64_t gigaflops;
  FigureOrigin origin;
  std::string_view source;
};

constexpr auto k_dense = Sparsity::dense;
constexpr auto k_sparse = Sparsity::sparse;
constexpr auto k_stated = FigureOrigin::stated;
constexpr auto k_copied = FigureOrigin::copied;
constexpr auto k_derived = FigureOrigin::derived;
constexpr auto k_assumed = FigureOrigin::assumed;

constexpr std::array<Entry, 15> k_b200{
    {{Precision::f64_vector, k_dense, 37'000, k_copied, k_hgx_table},
     {Precision::f64_tensor, k_dense, 37'000, k_copied, k_hgx_table},
     {Precision::f32, k_dense, 75'000, k_copied, k_hgx_table},
     {Precision::tf32, k_dense, 1'100'000, k_derived, k_halved_hgx},
     {Precision::tf32, k_sparse, 2'200'000, k_copied, k_hgx_table},
     {Precision::half, k_dense, 2'250'000, k_stated, k_peaks},
     {Precision::half, k_sparse, 4'500'000, k_copied, k_hgx_table},
     {Precision::fp8, k_dense, 4'500'000, k_stated, k_peaks},
     {Precision::fp8, k_sparse, 9'000'000, k_copied, k_hgx_table},
     {Precision::fp6, k_dense, 4'500'000, k_derived, k_halved_hgx},
     {Precision::fp6, k_sparse, 9'000'000, k_copied, k_hgx_table},
     {Precision::fp4, k_dense, 9'000'000, k_stated, k_peaks},
     {Precision::fp4, k_sparse, 18'000'000, k_copied, k_hgx_table},
     {Precision::int8, k_dense, 4'500'000, k_derived, k_halved_hgx},
     {Precision::int8, k_sparse, 9'000'000, k_copied, k_hgx_table}}};

// Sparse FP4 is not twice the dense on B300 and GB300, and no figure of it was read; FP64 and INT8
// were cut to what no source states well.
constexpr std::array<Entry, 3> k_b300{{{Precision::half, k_dense, 2'250'000, k_stated, k_peaks},
                                       {Precision::fp8, k_dense, 4'500'000, k_stated, k_peaks},
                                       {Precision::fp4, k_dense, 13'500'000, k_stated, k_peaks}}};

constexpr std::array<Entry, 3> k_gb300{{{Precision::half, k_dense, 2'450'000, k_stated, k_peaks},
                                        {Precision::fp8, k_dense, 4'900'000, k_stated, k_peaks},
                                        {Precision::fp4, k_dense, 14'700'000, k_stated, k_peaks}}};

// A claim is made from the datasheet. NVIDIA's peaks for MFU are 2 % lower for this part: 2450,
// 4900 and 9800 TFLOP/s.
constexpr std::array<Entry, 15> k_gb200{
    {{Precision::f64_vector, k_dense, 40'000, k_copied, k_hgx_table},
     {Precision::f64_tensor, k_dense, 40'000, k_copied, k_hgx_table},
     {Precision::f32, k_dense, 80'000, k_copied, k_hgx_table},
     {Precision::tf32, k_dense, 1'250'000, k_derived, k_halved_hgx},
     {Precision::tf32, k_sparse, 2'500'000, k_copied, k_hgx_table},
     {Precision::half, k_dense, 2'500'000, k_derived, k_halved_hgx},
     {Precision::half, k_sparse, 5'000'000, k_copied, k_hgx_table},
     {Precision::fp8, k_dense, 5'000'000, k_derived, k_halved_hgx},
     {Precision::fp8, k_sparse, 10'000'000, k_copied, k_hgx_table},
     {Precision::fp6, k_dense, 5'000'000, k_derived, k_halved_hgx},
     {Precision::fp6, k_sparse, 10'000'000, k_copied, k_hgx_table},
     {Precision::fp4, k_dense, 10'000'000, k_derived, k_halved_hgx},
     {Precision::fp4, k_sparse, 20'000'000, k_copied, k_hgx_table},
     {Precision::int8, k_dense, 5'000'000, k_derived, k_halved_hgx},
     {Precision::int8, k_sparse, 10'000'000, k_copied, k_hgx_table}}};

constexpr std::array<Entry, 11> k_h100{
    {{Precision::f64_vector, k_dense, 34'000, k_copied, k_h100_datasheet},
     {Precision::f64_tensor, k_dense, 67'000, k_copied, k_h100_datasheet},
     {Precision::f32, k_dense, 67'000, k_copied, k_h100_datasheet},
     {Precision::tf32, k_dense, 494'500, k_copied, k_accelerators},
     {Precision::tf32, k_sparse, 989'000, k_copied, k_h100_datasheet},
     {Precision::half, k_dense, 989'400, k_copied, k_accelerators},
     {Precision::half, k_sparse, 1'979'000, k_copied, k_h100_datasheet},
     {Precision::fp8, k_dense, 1'979'000, k_stated, k_peaks},
     {Precision::fp8, k_sparse, 3'958'000, k_copied, k_h100_datasheet},
     {Precision::int8, k_dense, 1'979'000, k_derived, k_halved_h100},
     {Precision::int8, k_sparse, 3'958'000, k_copied, k_h100_datasheet}}};

constexpr std::array<Entry, 10> k_rtx_pro{
    {{Precision::f64_vector, k_dense, 1'800, k_assumed, k_rtx_f64},
     {Precision::f32, k_dense, 116'600, k_derived, k_rtx_clock},
     {Precision::tf32, k_dense, 233'200, k_derived, k_rtx_clock},
     {Precision::tf32, k_sparse, 466'400, k_derived, k_rtx_clock},
     {Precision::half, k_dense, 466'500, k_stated, k_attention_peaks},
     {Precision::half, k_sparse, 933'000, k_derived, k_twice_attention_peaks},
     {Precision::fp8, k_dense, 932'500, k_stated, k_attention_peaks},
     {Precision::fp8, k_sparse, 1'865'000, k_derived, k_twice_attention_peaks},
     {Precision::fp4, k_dense, 1'866'000, k_derived, k_rtx_clock},
     {Precision::fp4, k_sparse, 3'732'000, k_derived, k_rtx_clock}}};

struct KnownGpu {
  std::string_view model;
  std::span<const Entry> entries;
  std::string_view as = {};  ///< Why the figures of another part are its own; "": they are its own.
};

constexpr std::array<KnownGpu, 9> k_gpus{
    {{"NVIDIA B200", k_b200},
     {"NVIDIA B300 SXM6 AC", k_b300},
     {"NVIDIA GB200", k_gb200},
     {"NVIDIA GB300", k_gb300},
     {"NVIDIA GH200 120GB", k_h100, k_gh200},
     {"NVIDIA GH200 480GB", k_h100, k_gh200},
     {"NVIDIA H100 80GB HBM3", k_h100},
     {"NVIDIA H200", k_h100, k_h200},
     {"NVIDIA RTX PRO 6000 Blackwell Server Edition", k_rtx_pro}}};

const KnownGpu* gpu_called(std::string_view model) {
  const auto* const found = std::find_if(
      k_gpus.begin(), k_gpus.end(), [model](const KnownGpu& gpu) { return gpu.model == model; });
  return found == k_gpus.end() ? nullptr : found;
}

}  // namespace

std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::f64_vector: return "FP64 vector";
    case Precision::f64_tensor: return "FP64 tensor";
    case Precision::f32: return "FP32";
    case Precision::tf32: return "TF32";
    case Precision::half: return "BF16/FP16";
    case Precision::fp8: return "FP8";
    case Precision::fp6: return "FP6";
    case Precision::fp4: return "FP4";
    case Precision::int8: return "INT8";
  }
  return "";
}

std::string_view name_of(Sparsity sparsity) {
  return sparsity == Sparsity::dense ? "dense" : "sparse";
}

std::string_view name_of(FigureOrigin origin) {
  switch (origin) {
    case FigureOrigin::stated: return "stated";
    case FigureOrigin::copied: return "copied";
    case FigureOrigin::derived: return "derived";
    case FigureOrigin::assumed: return "assumed";
  }
  return "";
}

std::span<const Precision> all_precisions() {
  return k_precisions;
}

Dimension dimension_of(Precision precision) {
  return precision == Precision::int8 ? Dimension::op_rate : Dimension::flop_rate;
}

std::optional<Nameplate> nameplate_of(std::string_view model, Precision precision,
                                      Sparsity sparsity) {
  const KnownGpu* const gpu = gpu_called(model);
  if (gpu == nullptr) {
    return std::nullopt;
  }
  for (const Entry& entry : gpu->entries) {
    if (entry.precision == precision && entry.sparsity == sparsity) {
      const bool own = gpu->as.empty();
      return Nameplate{.per_second = Natural{entry.gigaflops} * k_giga,
                       .origin = own ? entry.origin : FigureOrigin::derived,
                       .source = own ? entry.source : gpu->as};
    }
  }
  return std::nullopt;
}

bool has_nameplates(std::string_view model) {
  return gpu_called(model) != nullptr;
}

std::string models_with_nameplates() {
  std::string list;
  for (const KnownGpu& gpu : k_gpus) {
    list.append(list.empty() ? "" : ", ").append(gpu.model);
  }
  return list;
}

}  // namespace assay
