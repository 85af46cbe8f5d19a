#include "kernels/host/storage_team.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace assay::storage {

Result<StorageTeam> StorageTeam::make(const QueueMaker& maker, const StorageProblem& problem) {
  StorageTeam team;
  for (std::uint64_t i = 0; i < problem.clients; ++i) {
    auto client = StorageClient::make(maker, static_cast<std::uint32_t>(problem.depth),
                                      problem.request_bytes);
    if (!client) {
      return client.error();
    }
    team.clients_.push_back(std::move(*client));
  }
  return team;
}

std::string StorageTeam::queue_names() const {
  std::string first(clients_.front().queue_name());
  for (const StorageClient& client : clients_) {
    if (client.queue_name() != first) {
      return first + "+" + std::string(client.queue_name());
    }
  }
  return first;
}

Result<Done> StorageTeam::each(const std::function<bool(std::size_t)>& is_concerned,
                               const std::function<Result<Done>(std::size_t)>& work) {
  std::vector<Result<Done>> ended(clients_.size(), Done{});
  const auto run = [&](std::size_t client) { ended[client] = work(client); };
  std::vector<std::thread> threads;
  std::string no_thread;
  for (std::size_t client = 1; client < clients_.size() && no_thread.empty(); ++client) {
    if (is_concerned(client)) {
      try {
        threads.emplace_back(run, client);
      } catch (const std::system_error& error) {
        no_thread = error.code().message();
      }
    }
  }
  if (is_concerned(0) && no_thread.empty()) {
    run(0);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (!no_thread.empty()) {
    return Error{Error::Code::io, "a client's thread could not be started: " + no_thread};
  }
  const auto failed =
      std::find_if(ended.begin(), ended.end(), [](const Result<Done>& end) { return !end; });
  return failed == ended.end() ? Result<Done>(Done{}) : *failed;
}

Result<Done> StorageTeam::move_own(std::size_t client, std::span<const Extent> extents,
                                   std::span<BlockFindings> found) {
  if (auto moved = clients_[client].move(extents, found); !moved) {
    return moved;
  }
  std::set<int> synced;
  for (const Extent& extent : extents) {
    if (extent.is_written && synced.insert(extent.file).second && ::fsync(extent.file) != 0) {
      return Error{Error::Code::io, "file " + std::to_string(extent.first.file) +
                                        " could not be made durable (fsync): " +
                                        std::generic_category().message(errno)};
    }
  }
  return Done{};
}

Result<std::vector<BlockFindings>> StorageTeam::move(std::span<const Extent> extents) {
  std::vector<std::vector<Extent>> shares(clients_.size());
  std::vector<std::vector<BlockFindings>> found(clients_.size());
  for (const Extent& extent : extents) {
    shares[extent.client].push_back(extent);
  }
  const auto moved = each([&](std::size_t client) { return !shares[client].empty(); },
                          [&](std::size_t client) {
                            found[client].resize(shares[client].size());
                            return move_own(client, shares[client], found[client]);
                          });
  if (!moved) {
    return moved.error();
  }
  std::vector<BlockFindings> in_order;
  std::vector<std::size_t> next(clients_.size());
  for (const Extent& extent : extents) {
    in_order.push_back(std::move(found[extent.client][next[extent.client]++]));
  }
  return in_order;
}

}  // namespace assay::storage
