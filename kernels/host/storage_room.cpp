#include "kernels/host/storage_room.h"

#include <string>

#include "kernels/host/keyed_block.h"

namespace assay::storage {
namespace {

constexpr std::uint64_t k_most_clients = 1024, k_most_depth = 4096;
constexpr std::uint64_t k_most_files = std::uint64_t{1} << 20U;
constexpr std::uint64_t k_most_request = std::uint64_t{1} << 30U;
constexpr std::uint64_t k_most_written_percent = 50;  // a batch then writes no place twice

bool divides(std::uint64_t part, std::uint64_t whole) {
  return part > 0 && whole > 0 && whole % part == 0;
}

bool is_within(std::uint64_t number, std::uint64_t most) {
  return number >= 1 && number <= most;
}

}  // namespace

Result<Done> check_sizes(const StorageProblem& problem) {
  const auto bad = [](const char* why) { return Error{Error::Code::bad_input, why}; };
  if (is_metadata(problem.op)) {
    return is_within(problem.files, k_most_files) && is_within(problem.clients, k_most_clients)
               ? Result<Done>(Done{})
               : bad("there are 1 to 1024 clients, each with 1 to 1048576 files");
  }
  if (!divides(k_block, problem.request_bytes) || problem.request_bytes > k_most_request) {
    return bad("a request is a multiple of 4 KiB, and at most 1 GiB");
  }
  if (!divides(problem.request_bytes, problem.extent_bytes)) {
    return bad("an extent is made of whole requests");
  }
  if (!divides(problem.extent_bytes, problem.file_bytes)) {
    return bad("a file is made of whole extents");
  }
  if (!is_within(problem.clients, k_most_clients) || !is_within(problem.depth, k_most_depth)) {
    return bad("there are 1 to 1024 clients, each with 1 to 4096 requests in flight");
  }
  if (is_checkpoint(problem.op) && problem.file_bytes != problem.extent_bytes) {
    return bad("a shard is written and read as a whole");
  }
  if (problem.op == StorageProblem::Op::mixed &&
      !is_within(problem.write_percent, k_most_written_percent)) {
    return bad("1 to 50 % of the requests of a mix write");
  }
  if (problem.op == StorageProblem::Op::mixed && problem.file_bytes < 2 * problem.request_bytes) {
    return bad("the files of a mix hold two requests at least: one half is read, one written");
  }
  return Done{};
}

Natural room_for(const StorageProblem& problem) {
  if (is_metadata(problem.op)) {
    return Natural{k_directories_kept} * problem.clients * problem.files * k_block;
  }
  return Natural{is_checkpoint(problem.op) ? k_checkpoints_kept + 1 : 1} * problem.clients *
         problem.file_bytes;
}

Result<Done> check_problem(const StorageProblem& problem) {
  auto sizes = check_sizes(problem);
  return sizes ? check_room(problem) : sizes;
}

Result<Done> check_room(const StorageProblem& problem) {
  if (problem.directory.empty()) {
    return Error{Error::Code::unsupported, "no scratch directory was named"};
  }
  const auto file_system = file_system_of(problem.directory);
  if (!file_system) {
    return file_system.error();
  }
  if (file_system->read_only) {
    return Error{Error::Code::unsupported, "the scratch directory " + problem.directory +
                                               " is on a file system that is mounted read-only"};
  }
  const Natural needed = room_for(problem);
  if (needed > file_system->available_bytes) {
    return Error{Error::Code::unsupported,
                 "the files need " + to_decimal(needed >> 20U) + " MiB, and the file system of " +
                     problem.directory + " has " +
                     std::to_string(file_system->available_bytes >> 20U) + " MiB left"};
  }
  return Done{};
}

Result<Done> check_device(const FileSystem& file_system, bool writes) {
  if (!file_system.device_of_memory.empty()) {
    return Error{Error::Code::not_witnessed,
                 "the file system of the scratch directory is on " + file_system.device_of_memory +
                     ", which is memory or a file: what would be measured may be a page cache"};
  }
  if (writes && !file_system.syncs) {
    return Error{Error::Code::not_witnessed,
                 "the file system of the scratch directory (" + file_system.type +
                     ") is mounted so that fsync makes nothing durable (nobarrier or volatile)"};
  }
  return Done{};
}

}  // namespace assay::storage
