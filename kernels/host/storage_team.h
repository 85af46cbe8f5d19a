// The clients of one node: threads that move extents at the same time.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/host/storage_client.h"

namespace assay::storage {

class StorageTeam {
 public:
  /// Fails with io.
  static Result<StorageTeam> make(const QueueMaker& maker, const StorageProblem& problem);

  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  /// "io_uring", "posix" or both: where the one runs out, the next client may get the other.
  [[nodiscard]] std::string queue_names() const;

  /// Each client moves its extents, in a thread of its own; what was written is durable then.
  /// Returns what each extent came to. Fails with io.
  Result<std::vector<BlockFindings>> move(std::span<const Extent> extents);

  /// Does it for every client that is_concerned at the same time; the first failure is the result.
  Result<Done> each(const std::function<bool(std::size_t)>& is_concerned,
                    const std::function<Result<Done>(std::size_t client)>& work);

  /// Those of one client, from within each(): moves, syncs what was written.
  Result<Done> move_own(std::size_t client, std::span<const Extent> extents,
                        std::span<BlockFindings> found);

 private:
  std::vector<StorageClient> clients_;
};

}  // namespace assay::storage
