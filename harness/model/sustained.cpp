#include "harness/model/sustained.h"

#include <array>

namespace assay {
namespace {

constexpr std::string_view k_products = "matrix products";
constexpr std::string_view k_training = "training, dense model";
constexpr std::string_view k_experts = "training, mixture of experts";

constexpr std::string_view k_best_shapes =
    "best shape of stas00/ml-engineering compute/accelerator/README.md @744d01e: B200 1745 and "
    "3432.5, B300 1769 and 3353, GB200 1822 and 3615.6 TFLOP/s (BF16, FP8)";
constexpr std::string_view k_fp8 =
    "cuBLASLt after long warm-up on GB200, 0.58 (Azure/AI-benchmarking-guide ND_GB200_v6), to the "
    "best shape on B200, 0.76 (stas00/ml-engineering @744d01e)";
constexpr std::string_view k_fp4 =
    "cuBLASLt NVFP4 on GB200 from 8k on, 7487 to 7628 TFLOP/s (Azure/AI-benchmarking-guide "
    "ND_GB200_v6)";
constexpr std::string_view k_hopper_half =
    "best shape on H100, 794.5 TFLOP/s (stas00/ml-engineering @744d01e)";
constexpr std::string_view k_hopper_fp8 =
    "cuBLASLt 1349 to 1382 TFLOP/s (Azure/AI-benchmarking-guide) to the best shape on H200, 1453 "
    "(stas00/ml-engineering @744d01e)";
constexpr std::string_view k_megatron =
    "Llama 3, FP8: B200 1576 and 1667, H100 719 to 744 TFLOP/s a GPU (NVIDIA-NeMo/Megatron-Bridge "
    "docs/performance-summary.md @00b7660b)";
constexpr std::string_view k_megatron_experts =
    "B200: DeepSeek-V3 in MXFP8 557, GPT-OSS-120B in BF16 223 TFLOP/s a GPU "
    "(NVIDIA-NeMo/Megatron-Bridge docs/performance-summary.md @00b7660b)";
constexpr std::string_view k_top500 =
    "TOP500 of November 2025: JUPITER 42.1, Isambard-AI 43.0 TFLOP/s a GPU";

/// A share, and how sure it is for each part of a family, in the family's order.
template <std::size_t parts>
struct FamilyShare {
  SustainedShare share;
  std::array<Confidence, parts> confidence;
};

constexpr auto k_low = Confidence::low;
constexpr auto k_medium = Confidence::medium;
constexpr auto k_high = Confidence::high;

constexpr std::array<std::string_view, 5> k_blackwell{
    "NVIDIA B200", "NVIDIA B300 SXM6 AC", "NVIDIA GB200", "NVIDIA GB300",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition"};

constexpr std::array<FamilyShare<5>, 6> k_blackwell_shares{
    {{{k_products, Precision::half, 73, 78, k_low, k_best_shapes},
      {k_high, k_high, k_high, k_medium, k_low}},
     {{k_products, Precision::fp8, 58, 76, k_low, k_fp8},
      {k_high, k_high, k_high, k_medium, k_low}},
     {{k_products, Precision::fp4, 75, 76, k_low, k_fp4},
      {k_medium, k_medium, k_high, k_medium, k_low}},
     {{k_training, Precision::fp8, 35, 37, k_low, k_megatron},
      {k_high, k_medium, k_medium, k_medium, k_low}},
     {{k_experts, Precision::half, 10, 10, k_low, k_megatron_experts},
      {k_high, k_medium, k_medium, k_medium, k_low}},
     {{k_experts, Precision::fp8, 12, 12, k_low, k_megatron_experts},
      {k_high, k_medium, k_medium, k_medium, k_low}}}};

constexpr std::array<std::string_view, 4> k_hopper{"NVIDIA H100 80GB HBM3", "NVIDIA H200",
                                                   "NVIDIA GH200 120GB", "NVIDIA GH200 480GB"};

constexpr std::array<FamilyShare<4>, 3> k_hopper_shares{
    {{{k_products, Precision::half, 80, 80, k_low, k_hopper_half},
      {k_high, k_medium, k_medium, k_medium}},
     {{k_products, Precision::fp8, 68, 73, k_low, k_hopper_fp8},
      {k_high, k_high, k_medium, k_medium}},
     {{k_training, Precision::fp8, 36, 38, k_low, k_megatron},
      {k_high, k_medium, k_medium, k_medium}}}};

constexpr SustainedShare k_hpl{"HPL", Precision::f64_tensor, 63, 64, k_high, k_top500};

template <std::size_t parts, std::size_t rows>
void append(std::vector<SustainedShare>& shares, std::string_view model,
            const std::array<std::string_view, parts>& family,
            const std::array<FamilyShare<parts>, rows>& published) {
  for (std::size_t part = 0; part < parts; ++part) {
    for (std::size_t row = 0; family.at(part) == model && row < rows; ++row) {
      shares.push_back(published.at(row).share);
      shares.back().confidence = published.at(row).confidence.at(part);
    }
  }
}

}  // namespace

std::string_view name_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::low: return "low (an assumption)";
    case Confidence::medium: return "medium (published for a sibling)";
    case Confidence::high: return "high (published for this part)";
  }
  return "";
}

std::vector<SustainedShare> sustained_shares(std::string_view model) {
  std::vector<SustainedShare> shares;
  append(shares, model, k_blackwell, k_blackwell_shares);
  append(shares, model, k_hopper, k_hopper_shares);
  if (model.starts_with("NVIDIA GH200 ")) {
    shares.push_back(k_hpl);
  }
  return shares;
}

}  // namespace assay
