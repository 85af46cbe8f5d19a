// What the checks of several steps found, as one result; and what makes steps well-formed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "kernels/backend.h"

namespace assay {

/// found[i]: the first difference in step i. `log2_miss` is that of one full check, if any was
/// made.
[[nodiscard]] CheckResult summed_up(std::vector<std::optional<Mismatch>> found, std::uint64_t full,
                                    double log2_miss);

/// Fails with bad_input, naming it, if a tuple, a slot or an index into the steps does not exist.
[[nodiscard]] Result<Done> well_formed(const Kernel& kernel, std::span<const Step> steps,
                                       std::span<const std::uint32_t> full = {});

/// Fails with bad_input, naming it, if the slot has no such bit.
[[nodiscard]] Result<Done> has_bit(const Kernel& kernel, std::uint32_t slot, std::uint64_t bit);

}  // namespace assay
