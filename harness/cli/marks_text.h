// Marks beside a decision: whoever reads the one reads the other.
#pragma once

#include <string>
#include <vector>

namespace assay {

/// " (simulated, replayed: never an acceptance)"; "" without marks.
[[nodiscard]] inline std::string marked(const std::vector<std::string>& marks) {
  std::string text;
  for (const std::string& mark : marks) {
    text += (text.empty() ? " (" : ", ") + mark;
  }
  return text.empty() ? "" : text + ": never an acceptance)";
}

}  // namespace assay
