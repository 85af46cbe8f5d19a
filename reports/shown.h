// Foreign text as it may stand in a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay {

/// At most `enough` bytes of well-formed UTF-8, with nothing in it that a terminal would act on:
/// control characters and marks that turn the direction of writing become '?'.
[[nodiscard]] std::string shown(std::string_view text, std::size_t enough = 60);

}  // namespace assay
