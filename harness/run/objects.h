// What code a process runs: every file mapped as a program or library, by digest.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/result.h"

namespace assay {

/// A mapped file as /proc/<pid>/maps names it.
struct MappedFile {
  std::string path;
  std::string device;  ///< "fe:01"
  std::string inode;

  friend auto operator<=>(const MappedFile&, const MappedFile&) = default;
};

/// The files with an executable mapping in the text of /proc/<pid>/maps, sorted, each once.
[[nodiscard]] std::vector<MappedFile> executable_files(std::string_view maps);

/// An object as the journal states it. No folder: paths can hold a user's name.
struct ObjectDigest {
  std::string name;
  std::string sha256;

  friend auto operator<=>(const ObjectDigest&, const ObjectDigest&) = default;
};

/// Digests of mapped files. Reads a file again only when it has changed since.
class ObjectDigests {
 public:
  /// Fails with device if a mapped file is gone or was exchanged, so that its digest would be that
  /// of other code than runs.
  Result<std::vector<ObjectDigest>> of(const std::vector<MappedFile>& files);

  /// Hex digest of this program's file.
  static Result<std::string> of_program();

 private:
  std::map<std::string, std::string> known_;  ///< Path and state of the file to its digest.
};

}  // namespace assay
