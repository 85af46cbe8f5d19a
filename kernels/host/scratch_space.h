// A folder for the files of one run: gone with it, and if the run was killed, with the next one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/model/result.h"

namespace assay::storage {

/// Held by a lock on a file in it, which the system lets go when the process ends, however it ends.
class ScratchSpace {
 public:
  /// Removes what killed runs left in `directory`, and makes a folder of its own there. Fails with
  /// unsupported, naming the directory, where nothing can be made.
  static Result<std::unique_ptr<ScratchSpace>> make(const std::string& directory);
  ScratchSpace(const ScratchSpace&) = delete;
  ScratchSpace& operator=(const ScratchSpace&) = delete;
  ~ScratchSpace();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  ScratchSpace(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

/// Folders of runs that were killed, in `directory`; returns how many it removed. Those of runs
/// that still go on, here or on another node, stay.
std::uint32_t remove_left_spaces(const std::string& directory);

}  // namespace assay::storage
