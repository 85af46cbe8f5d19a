// One thread that writes and reads keyed extents of files, with several requests in flight. What a
// write needs is made, and what a read found is compared, while other requests are under way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/model/result.h"
#include "kernels/host/buffer.h"
#include "kernels/host/io_queue.h"
#include "kernels/host/keyed_block.h"

namespace assay::storage {

/// A contiguous part of a file that is all of one generation.
struct Extent {
  std::uint32_t client = 0;  ///< Whose file it is in.
  int file = -1;             ///< Descriptor.
  BlockName first;           ///< Of its first block; says where in the file it begins.
  std::uint64_t bytes = 0;
  bool is_written = false;  ///< Or read.
};

class StorageClient {
 public:
  /// Requests of `request_bytes`, `depth` of them in flight. Fails with io.
  static Result<StorageClient> make(const QueueMaker& maker, std::uint32_t depth,
                                    std::uint64_t request_bytes);

  [[nodiscard]] std::string_view queue_name() const { return queue_->name(); }

  /// Writes the extents that are to be written and compares every word of the others: found[i] is
  /// what extent i came to. Fails with io, saying which file, where and why.
  Result<Done> move(std::span<const Extent> extents, std::span<BlockFindings> found);

 private:
  struct Flight {
    std::size_t extent = 0;
    BlockName first;
    std::uint64_t bytes = 0;
  };
  /// The requests of some extents, one after the other.
  struct Course {
    std::span<const Extent> extents;
    std::span<BlockFindings> found;
    std::size_t extent = 0;
    std::uint64_t offset = 0;  ///< Within the extent.
  };

  Result<Done> launch(Course& course, std::size_t slot);
  Result<Done> land(const Course& course, const IoCompletion& completion);

  std::uint64_t request_bytes_ = 0;
  Buffer memory_;
  std::vector<Flight> flights_;     ///< By slot of the memory.
  std::unique_ptr<IoQueue> queue_;  ///< Goes first: its requests use the memory.
};

}  // namespace assay::storage
