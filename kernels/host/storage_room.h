// Whether a problem of files makes sense, and whether there is room for it.
#pragma once

#include "kernels/backend.h"
#include "kernels/host/storage_files.h"

namespace assay::storage {

/// Fails with bad_input on sizes that make no sense.
[[nodiscard]] Result<Done> check_sizes(const StorageProblem& problem);

inline constexpr std::uint32_t k_checkpoints_kept = 2;  ///< Beside the one that is being saved.
inline constexpr std::uint32_t k_directories_kept =
    2;  ///< Of metadata, with `files` of each client.

/// Bytes that the files of a problem take at most.
[[nodiscard]] Natural room_for(const StorageProblem& problem);

/// Fails with unsupported, naming the directory, where it can't be written to or is too small.
[[nodiscard]] Result<Done> check_room(const StorageProblem& problem);

/// Both of the above.
[[nodiscard]] Result<Done> check_problem(const StorageProblem& problem);

/// Fails with not_witnessed, in one sentence, where the file system is on memory or, if it is
/// written to, where fsync on it makes nothing durable.
[[nodiscard]] Result<Done> check_device(const FileSystem& file_system, bool writes);

}  // namespace assay::storage
