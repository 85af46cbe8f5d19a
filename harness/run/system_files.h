// Small reads of /proc and /sys, where a missing file is an ordinary answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// The first line of a file, without its end; "" if there is none.
[[nodiscard]] std::string system_line(const std::string& path);
/// The whole number that a file begins with.
[[nodiscard]] std::optional<std::int64_t> system_number(const std::string& path);
/// Names in a folder that begin with `prefix` and go on with a digit, sorted; none if there is no
/// such folder.
[[nodiscard]] std::vector<std::string> system_folder(const std::string& path,
                                                     const std::string& prefix);

}  // namespace assay
