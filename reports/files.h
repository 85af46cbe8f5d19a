// Reading and writing whole files so that nothing is half read or half written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "harness/model/result.h"

namespace assay {

/// The whole of a regular file of at most `cap` bytes, not through a symbolic link. Fails with
/// not_found, bad_input (no regular file, too large) or io.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t cap);

/// As read_file, for a file that the user himself has named: a symbolic link is followed.
[[nodiscard]] Result<std::string> read_named_file(const std::string& path, std::size_t cap);

/// Writes a temporary file beside `path`, fsyncs it, renames it over `path` and fsyncs the folder:
/// afterwards the file holds all of `bytes` or is as it was. `mode` as for open(2).
[[nodiscard]] Result<Done> write_file(const std::string& path, std::string_view bytes,
                                      unsigned mode = 0644);

/// Makes the folder and those above it. No error if it is there.
[[nodiscard]] Result<Done> make_folder(const std::string& path);

}  // namespace assay
