#include "kernels/host/storage_client.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace assay::storage {
namespace {

std::string place_of(const BlockName& first) {
  return "byte " + std::to_string(first.offset) + " of file " + std::to_string(first.file);
}

Error fault(bool writes, const BlockName& first, std::uint64_t bytes, std::int64_t result) {
  const std::string place = place_of(first);
  if (result >= 0) {
    return {Error::Code::io, writes ? "of " + std::to_string(bytes) + " bytes written at " + place +
                                          " only " + std::to_string(result) + " were taken"
                                    : "of " + std::to_string(bytes) + " bytes at " + place +
                                          " only " + std::to_string(result) +
                                          " are there: the file was cut underneath the run"};
  }
  const auto error = static_cast<int>(-result);
  if (writes && (error == ENOSPC || error == EDQUOT)) {
    return {Error::Code::io,
            "the file system of the scratch directory is full: " + place + " could not be written"};
  }
  if (writes && error == EROFS) {
    return {Error::Code::io, "the file system of the scratch directory became read-only: " + place +
                                 " could not be written"};
  }
  return {Error::Code::io, place + " could not be " + (writes ? "written" : "read") + ": " +
                               std::generic_category().message(error)};
}

}  // namespace

Result<StorageClient> StorageClient::make(const QueueMaker& maker, std::uint32_t depth,
                                          std::uint64_t request_bytes) {
  StorageClient client;
  client.request_bytes_ = request_bytes;
  auto memory = Buffer::of_bytes(depth * request_bytes);
  if (!memory) {
    return memory.error();
  }
  client.memory_ = std::move(*memory);
  client.flights_.resize(depth);
  auto queue = maker(depth);
  if (!queue) {
    return queue.error();
  }
  client.queue_ = std::move(*queue);
  return client;
}

Result<Done> StorageClient::launch(Course& course, std::size_t slot) {
  const Extent& extent = course.extents[course.extent];
  Flight& flight = flights_[slot];
  flight.extent = course.extent;
  flight.first = extent.first;
  flight.first.offset += course.offset;
  flight.bytes = std::min(request_bytes_, extent.bytes - course.offset);
  auto* const words = memory_.as<std::uint64_t>(slot * request_bytes_);
  if (extent.is_written) {
    fill_blocks(flight.first, flight.bytes / k_block, words);
  }
  course.offset += flight.bytes;
  if (course.offset == extent.bytes) {
    ++course.extent;
    course.offset = 0;
  }
  return queue_->submit({.kind = extent.is_written ? IoRequest::Kind::write : IoRequest::Kind::read,
                         .file = extent.file,
                         .data = words,
                         .offset = flight.first.offset,
                         .bytes = static_cast<std::uint32_t>(flight.bytes),
                         .tag = slot});
}

Result<Done> StorageClient::land(const Course& course, const IoCompletion& completion) {
  const Flight& flight = flights_[completion.tag];
  const bool is_written = course.extents[flight.extent].is_written;
  if (completion.result != static_cast<std::int64_t>(flight.bytes)) {
    return fault(is_written, flight.first, flight.bytes, completion.result);
  }
  if (!is_written) {
    course.found[flight.extent].add(
        check_blocks(flight.first, flight.bytes / k_block,
                     memory_.as<std::uint64_t>(completion.tag * request_bytes_)));
  }
  return Done{};
}

Result<Done> StorageClient::move(std::span<const Extent> extents, std::span<BlockFindings> found) {
  Course course{.extents = extents, .found = found};
  std::size_t in_flight = 0;
  std::optional<Error> failed;
  for (; in_flight < flights_.size() && course.extent < course.extents.size() && !failed;) {
    auto launched = launch(course, in_flight);
    if (launched) {
      ++in_flight;
    } else {
      failed = launched.error();
    }
  }
  // After a failure what is in flight is still waited for: its memory is used again.
  while (in_flight > 0) {
    const auto completion = queue_->wait();
    if (!completion) {
      return completion.error();
    }
    --in_flight;
    auto landed = land(course, *completion);
    if (landed && !failed && course.extent < course.extents.size()) {
      landed = launch(course, completion->tag);
      in_flight += landed ? 1U : 0U;
    }
    if (!landed && !failed) {
      failed = landed.error();
    }
  }
  return failed ? Result<Done>(*failed) : Result<Done>(Done{});
}

}  // namespace assay::storage
