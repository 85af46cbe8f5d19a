// A folder for what lives no longer than one run: in memory where the system has such a place.
#pragma once

#include <string>

#include "harness/model/result.h"

namespace assay {

/// Gone with this object, and everything in it. What a process left that was killed is removed by
/// the next one of its user that makes such a folder: the lock in it is free then.
class RunFolder {
 public:
  RunFolder() = default;  ///< None.
  /// Fails with io.
  [[nodiscard]] static Result<RunFolder> make();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&& other) noexcept;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  int lock_ = -1;
};

}  // namespace assay
