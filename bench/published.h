// The best figures of others that are known for what the cases measure, to be shown beside ours.
#pragma once

#include <array>
#include <string_view>

namespace assay::bench {

struct Published {
  std::string_view gpu;   ///< Whole words of the model's name.
  std::string_view what;  ///< As the speed table names it.
  double rate = 0;        ///< FLOP/s or byte/s.
  std::string_view source;
};

/// Dense products, the best shape of each; memory as decode sweep, BabelStream (dot for read) or
/// bandwidthTest measured it; attention as a library has it, causal, 64 and 8 heads of 8192. Of
/// products on RTX PRO 6000 SE none was found.
inline constexpr std::array<Published, 18> k_published{
    {{"B200", "bf16", 1745e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"B200", "fp8_e4m3", 3432.5e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"B200", "read", 7238.5e9, "decode sweep, NVIDIA/cudnn-frontend 2026-09-18"},
     {"B200", "copy", 6000e9, "bandwidthTest, newmind.ai"},
     {"B200", "attention, own kernel", 1401e12, "cuDNN's, NVIDIA/cudnn-frontend 2026-09-18"},
     {"B300", "bf16", 1769e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"B300", "fp8_e4m3", 3353e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"H100", "bf16", 794.5e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"H100", "fp8_e4m3", 1402.6e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"H100", "read", 3.18e12, "BabelStream dot, Azure/AI-benchmarking-guide"},
     {"H100", "copy", 2.90e12, "BabelStream, Azure/AI-benchmarking-guide"},
     {"H100", "triad", 2.97e12, "BabelStream, Azure/AI-benchmarking-guide"},
     {"H200", "fp8_e4m3", 1453.4e12, "MAMF, stas00/ml-engineering @744d01e"},
     {"H200", "read", 4.48e12, "BabelStream dot, Azure/AI-benchmarking-guide"},
     {"H200", "copy", 4.01e12, "BabelStream, Azure/AI-benchmarking-guide"},
     {"H200", "triad", 4.15e12, "BabelStream, Azure/AI-benchmarking-guide"},
     {"RTX PRO 6000", "read", 1532.7e9, "decode sweep, NVIDIA/cudnn-frontend"},
     {"RTX PRO 6000", "copy", 1480e9, "dcgmproftester, NVIDIA/DCGM diag-skus 2bb5"}}};

/// Whether the model is the one that was measured: a GB200 is no B200.
[[nodiscard]] constexpr bool is_of(const Published& one, std::string_view model) {
  const std::size_t at = model.find(one.gpu);
  const std::size_t end = at + one.gpu.size();
  return at != std::string_view::npos && (at == 0 || model[at - 1] == ' ') &&
         (end == model.size() || model[end] == ' ');
}
static_assert(is_of(k_published[0], "NVIDIA B200") && !is_of(k_published[0], "NVIDIA GB200"));

}  // namespace assay::bench
