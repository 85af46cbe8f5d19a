// Whole lines over pipes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// Writes `line` and its end to a descriptor. False if the other side is gone.
[[nodiscard]] bool write_line(int descriptor, std::string_view line);

/// Collects bytes and gives them out line by line.
class LineBuffer {
 public:
  /// Reads once. False at the end of the stream and on a failure. May block.
  [[nodiscard]] bool fill_from(int descriptor);
  /// The next whole line, without its end.
  [[nodiscard]] std::optional<std::string> next();
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  /// What was read and not yet given out.
  [[nodiscard]] const std::string& rest() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t searched_ = 0;
};

}  // namespace assay
