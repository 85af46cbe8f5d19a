// How far a campaign is, on one line of a terminal; nothing where no person looks.
#pragma once

#include <cstdint>
#include <string>

#include "harness/cli/console.h"
#include "harness/run/campaign_run.h"

namespace assay {

class ProgressLine : public Progress {
 public:
  explicit ProgressLine(const Console& console) : console_(console) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() override;
  void event(const ProgressEvent& event) override;

 private:
  void show(const std::string& text);
  void clear();

  const Console& console_;
  bool shown_ = false;
};

/// "0:07", "12:40", "3:05:00".
[[nodiscard]] std::string minutes_and_seconds(std::int64_t nanoseconds);

}  // namespace assay
