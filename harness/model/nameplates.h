// What the makers state that their GPUs can do at most, and where each figure comes from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/model/natural.h"
#include "harness/model/quantity.h"

namespace assay {

/// What a peak can be stated in. f64 is named by its units, which differ: of the tensor cores on
/// Hopper it is twice that of the vector units. `half` is bf16 and f16, whose peaks are one.
enum class Precision { f64_vector, f64_tensor, f32, tf32, half, fp8, fp6, fp4, int8 };

/// 2:4 structured sparsity: two of four values are zero, and all four are counted as work.
enum class Sparsity { dense, sparse };

/// How near a figure is to its maker.
enum class FigureOrigin {
  stated,   ///< Read in a document or repository of the maker.
  copied,   ///< Read in a copy of the maker's table.
  derived,  ///< Worked out from such figures, as the source says.
  assumed   ///< By no source that was read.
};

struct Nameplate {
  Natural per_second = 0;  ///< FLOP/s; OP/s for int8. Of one GPU.
  FigureOrigin origin = FigureOrigin::stated;
  std::string_view source;
};

/// "FP64 vector", "BF16/FP16", ...
[[nodiscard]] std::string_view name_of(Precision precision);
[[nodiscard]] std::string_view name_of(Sparsity sparsity);
[[nodiscard]] std::string_view name_of(FigureOrigin origin);

/// From wide to narrow.
[[nodiscard]] std::span<const Precision> all_precisions();

/// FLOP/s, but OP/s for int8.
[[nodiscard]] Dimension dimension_of(Precision precision);

/// None where the GPU lacks the type, or no figure of it is known. `model` is as the driver calls
/// it, as in a contract's inventory: "NVIDIA B200".
[[nodiscard]] std::optional<Nameplate> nameplate_of(std::string_view model, Precision precision,
                                                    Sparsity sparsity);

/// Whether any nameplate of it is known.
[[nodiscard]] bool has_nameplates(std::string_view model);

/// "NVIDIA B200, NVIDIA B300 SXM6 AC, ...": for messages and documents.
[[nodiscard]] std::string models_with_nameplates();

}  // namespace assay
